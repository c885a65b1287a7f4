// Times of one run, in Node or a page: `bench(rlx, peers, report)`. Minimum and median of calls after a warm-up.

const clock = () => performance.now();

async function times(work, least = 400, most = 200) {
  for (let i = 0; i < 3; i += 1) {
    await work();
  }
  const all = [];
  const begun = clock();
  while ((clock() - begun < least || all.length < 5) && all.length < most) {
    const start = clock();
    await work();
    all.push(clock() - start);
  }
  all.sort((a, b) => a - b);
  return { min: all[0], median: all[all.length >> 1], count: all.length };
}

function noise(n) {
  let state = 7;
  return Float32Array.from({ length: n }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  });
}

export async function bench(rlx, peers, report) {
  const n = 2 ** 22;
  const x = noise(n);
  const wide = Float64Array.from(x);
  const welch = async (name, signal, nperseg) => {
    const { min, median } = await times(() => rlx.welch(signal, { nperseg }));
    const samples = Math.floor(2 * signal.length / nperseg - 1) * nperseg;
    report({ name, ms_min: min, ms_median: median, giga_segment_samples_per_s: samples / min / 1e6 });
    return samples / min;
  };
  const own = await welch('welch f32 1024', x, 1024);
  await welch('welch f32 1000', x, 1000);
  await welch('welch f32 256', x, 256);
  await welch('welch f64 1024', wide, 1024);
  await welch('welch f64 1000', wide, 1000);

  // The same PSD by FFT packages: window, transform, powers, as tight as their interface allows.
  const short = x.subarray(0, 2 ** 19);
  for (const { name, psd } of peers) {
    const { min, median } = await times(() => psd(short), 400, 50);
    const samples = Math.floor(2 * short.length / 1024 - 1) * 1024;
    report({ name, ms_min: min, ms_median: median, giga_segment_samples_per_s: samples / min / 1e6, rlx_fft_is_faster_by: own / (samples / min) });
  }

  const speech = noise(480_000);
  const { min, median } = await times(() => rlx.logMel(speech, 'whisper'));
  report({ name: 'log-mel whisper, 30 s', ms_min: min, ms_median: median });

  // Eight signals of four million samples on one worker and on two.
  const rows = Array.from({ length: 8 }, () => x);
  const by = {};
  for (const size of [1, 2]) {
    const pool = new rlx.Pool(size);
    by[size] = await times(() => pool.map('welch', rows, { nperseg: 1024 }), 1500, 20);
    await pool.end();
    report({ name: `8 × welch f32 1024, ${size} worker${size > 1 ? 's' : ''}`, ms_min: by[size].min, ms_median: by[size].median });
  }
  report({ name: 'two workers against one', ratio_min: by[1].min / by[2].min, ratio_median: by[1].median / by[2].median });
}

/** Averages |FFT|² of Hann-windowed halves-overlapping segments of 1024; `transform(segment)` gives re, im interleaved. */
export function psdBy(transform) {
  const window = Float32Array.from({ length: 1024 }, (_, i) => 0.5 - 0.5 * Math.cos((2 * Math.PI * i) / 1024));
  const scale = 1 / window.reduce((sum, w) => sum + w * w, 0);
  return (x) => {
    const sums = new Float64Array(513);
    const segment = new Float32Array(1024);
    const count = Math.floor((2 * x.length) / 1024) - 1;
    for (let s = 0; s < count; s += 1) {
      const at = 512 * s;
      let mean = 0;
      for (let i = 0; i < 1024; i += 1) {
        mean += x[at + i];
      }
      mean /= 1024;
      for (let i = 0; i < 1024; i += 1) {
        segment[i] = (x[at + i] - mean) * window[i];
      }
      const out = transform(segment);
      for (let k = 0; k <= 512; k += 1) {
        sums[k] += out[2 * k] * out[2 * k] + out[2 * k + 1] * out[2 * k + 1];
      }
    }
    return sums.map((v, k) => (v * scale * (k === 0 || k === 512 ? 1 : 2)) / count);
  };
}

// What must hold, in Node and in a browser alike: `cases(rlx, read)` where `read(path)` gives a repository file's bytes.

import { lcg, signal, voice, wav } from './signals.js';

const EPSILON = { f32: 2 ** -23, f64: 2 ** -52 };

function assert(ok, message) {
  if (!ok) {
    throw new Error(message);
  }
}

function relativeL2(got, want) {
  assert(got.length === want.length, `${got.length} values, ${want.length} are right`);
  let [error, size] = [0, 0];
  want.forEach((w, i) => {
    error += (got[i] - w) ** 2;
    size += w * w;
  });
  return error === 0 ? 0 : Math.sqrt(error / size);
}

/** c·ε·log2 N, and in f64 the digits that an offset costs: the bound of the native tests. */
function bound(type, x, nfft, detrend) {
  const log = Math.max(1, Math.log2(nfft));
  const largest = x.reduce((most, v) => Math.max(most, Math.abs(v)), 0);
  let rest = Float64Array.from(x);
  if (detrend !== 'none') {
    const mean = rest.reduce((a, b) => a + b, 0) / rest.length;
    rest = rest.map((v) => v - mean);
  }
  if (detrend === 'linear' && rest.length > 1) {
    const middle = (rest.length - 1) / 2;
    const slope = rest.reduce((a, v, i) => a + v * (i - middle), 0) / rest.reduce((a, _, i) => a + (i - middle) ** 2, 0);
    rest = rest.map((v, i) => v - slope * (i - middle));
  }
  const rms = Math.sqrt(rest.reduce((a, v) => a + v * v, 0) / rest.length);
  return 4 * EPSILON[type] * log + (4 * EPSILON.f64 * log * largest) / rms;
}

function fails(work, argument) {
  try {
    work();
  } catch (error) {
    assert(error instanceof Error && error.argument === argument, `${error.argument} is blamed, not ${argument}: ${error.message}`);
    assert(error.message.startsWith(`${argument}: `), error.message);
    return;
  }
  throw new Error(`nothing was refused; ${argument} is wrong`);
}

async function rejects(promise, pattern) {
  try {
    await promise;
  } catch (error) {
    assert(error instanceof Error && pattern.test(error.message), `another message: ${error.message}`);
    return error;
  }
  throw new Error(`nothing was refused; a message like ${pattern} is right`);
}

const windowOf = (text) => {
  const [name, value] = text.split(':');
  return value === undefined ? name : [name, Number(value)];
};

export function cases(rlx, read) {
  const golden = async (name) => JSON.parse(new TextDecoder().decode(await read(`crates/dsp/tests/golden/${name}`))).cases;
  const typed = (type, x) => (type === 'f32' ? Float32Array.from(x) : x);
  const options = (c) => ({
    fs: c.sample_rate, window: windowOf(c.window), nperseg: c.segment_len, noverlap: c.segment_len - c.hop, nfft: c.n_fft,
    detrend: c.detrend === 'none' ? false : c.detrend, scaling: c.scaling, average: c.average, return_onesided: c.sides !== 'two',
  });
  const real = (c) => !c.complex && c.periodic && c.hop <= c.segment_len;

  async function spectra(file) {
    let count = 0;
    for (const c of (await golden(file)).filter(real)) {
      const x = typed(c.type, signal(c, c.seed));
      const { freqs, values } = rlx.welch(x, options(c));
      // Not all of them are in the file.
      const first = c.frequencies ?? [];
      assert(freqs.length === values.length && relativeL2(freqs.subarray(0, first.length), first) < 1e-14, 'frequencies');
      const [error, most] = [relativeL2(values, c.psd), bound(c.type, x, c.n_fft, c.detrend)];
      assert(error <= most, `${c.type} n=${c.n} nperseg=${c.segment_len} ${c.window}: ${error} > ${most}`);
      assert(values.constructor === x.constructor, 'the type of the samples');
      count += 1;
    }
    assert(count > 10, `only ${count} cases`);
  }

  return {
    'welch is SciPy’s': () => spectra('scipy/welch.json'),
    'one segment is SciPy’s periodogram': () => spectra('scipy/periodogram.json'),

    'csd and coherence are SciPy’s': async () => {
      for (const c of (await golden('scipy/cross.json')).filter(real)) {
        const [x, z] = [signal(c, c.seed), signal(c, c.seed + 50)].map((s) => typed(c.type, s));
        const y = x.map((_, i) => x[(i + x.length - 3) % x.length] + 0.5 * z[i]);
        const { re, im } = rlx.csd(x, y, options(c));
        const parts = (a, b) => [...a].flatMap((v, i) => [v, b[i]]);
        const most = bound(c.type, x, c.n_fft, c.detrend);
        assert(relativeL2(parts(re, im), parts(c.re, c.im)) <= most, `${c.type} ${c.window} ${c.average}`);
        if (c.average === 'mean' && c.sides !== 'two') {
          const { scaling, average, return_onesided, ...rest } = options(c);
          assert(relativeL2(rlx.coherence(x, y, rest).values, c.coherence) <= 100 * most, 'coherence');
        }
      }
    },

    'spectrogram is SciPy’s': async () => {
      let count = 0;
      for (const c of (await golden('stft/spectrogram.json')).filter((one) => one.kind === 'scipy')) {
        const x = lcg(7, c.n).map((v, i) => v + c.offset + 0.01 * i);
        for (const type of ['f32', 'f64']) {
          const { values, shape, times } = rlx.spectrogram(typed(type, x), c.args);
          // The golden values are [times][freqs].
          const [frames, bins] = c.shape;
          assert(shape.join() === [bins, frames].join(), `shape ${shape}, not ${[bins, frames]}`);
          const want = c.data.map((_, i) => c.data[(i % frames) * bins + Math.floor(i / frames)]);
          assert(relativeL2(times, c.times) < 1e-12, 'times');
          const most = bound(type, x, c.args.nfft ?? c.args.nperseg, c.args.detrend === false ? 'none' : 'constant');
          assert(relativeL2(values, want) <= 2 * most + (type === 'f32' ? 2e-7 * Math.abs(c.offset) : 0), `${type} ${JSON.stringify(c.args)}`);
        }
        count += 1;
      }
      assert(count > 2, `only ${count} cases`);
    },

    'stft inverts and has the power of the spectrogram': () => {
      const x = lcg(3, 1000);
      const o = { fs: 100, nperseg: 64, noverlap: 48, boundary: null, padded: false };
      const { re, im, shape, times } = rlx.stft(x, o);
      const power = rlx.spectrogram(x, { fs: 100, nperseg: 64, noverlap: 48, window: 'hann', detrend: false, scaling: 'spectrum' });
      assert(shape.join() === power.shape.join() && relativeL2(times, power.times) < 1e-14, 'shape and times');
      const mine = re.map((v, i) => (v * v + im[i] * im[i]) * ([0, 32].includes(Math.floor(i / shape[1])) ? 1 : 2));
      assert(relativeL2(mine, power.values) < 1e-13, 'powers');
      const padded = rlx.stft(x, { nperseg: 64 });
      assert(padded.times[0] === 0 && padded.shape[1] === 33, `${padded.shape} frames from ${padded.times[0]}`);
    },

    'findPeaks is SciPy’s': async () => {
      let count = 0;
      for (const c of await golden('peaks/find_peaks.json')) {
        const { kind, seed, n } = c.signal;
        const make = {
          noise: () => lcg(seed, n),
          steps: () => lcg(seed, n).map((v) => Math.floor(v * 3)),
          walk: () => {
            let sum = 0;
            return lcg(seed, n).map((v) => (sum += v));
          },
        }[kind];
        const plain = Object.values(c.params).every((v) => typeof v === 'number' || (Array.isArray(v) && v.length === 2));
        if (make && plain) {
          const { peaks, properties } = rlx.findPeaks(make(), c.params);
          assert([...peaks].join() === c.positions.join(), `${JSON.stringify(c.params)}: ${[...peaks]}`);
          for (const [name, values] of Object.entries(c.properties)) {
            if (values.every((v) => typeof v === 'number') && values.length) {
              assert(relativeL2(properties[name], values) < 1e-12, `${name} with ${JSON.stringify(c.params)}`);
            }
          }
          count += 1;
        }
      }
      assert(count > 50, `only ${count} cases`);
    },

    'logMel is that of Whisper, NeMo, Kaldi, librosa and torchaudio': async () => {
      const seen = new Set();
      for (const c of await golden('mel/log_mel.json')) {
        const x = { noise: () => lcg(11, c.n).map((v) => 0.5 * v), voice: () => voice(c.n, c.rate) }[c.signal];
        const others = Object.keys(c.args).filter((name) => !['n_mels', 'normalise'].includes(name) || c.args.normalise === false);
        if (x && others.length === 0) {
          const { values, shape } = rlx.logMel(Float32Array.from(x()), c.preset, c.args.n_mels ? { n_mels: c.args.n_mels } : {});
          assert(shape.join() === c.shape.join(), `${c.preset}: shape ${shape}, not ${c.shape}`);
          // Whisper cuts what is far below the maximum; elsewhere single precision has fewer digits there.
          const [low, high] = c.data.reduce(([a, b], v) => [Math.min(a, v), Math.max(b, v)], [Infinity, -Infinity]);
          const near = high - 0.3 * (high - low);
          c.data.forEach((want, i) => {
            const most = c.preset === 'whisper' ? 5e-5 : want >= near ? 2e-3 : 0.1;
            assert(Math.abs(values[i] - want) <= most, `${c.preset} ${c.signal}: ${values[i]}, not ${want}`);
          });
          seen.add(c.preset);
        }
      }
      assert(seen.has('whisper') && seen.size >= 3, `only ${[...seen]}`);
    },

    'lengths without a kernel of their own give the same spectra': () => {
      // A large prime factor, an odd length, one beyond the kernels: against f64, whose path is another.
      for (const nperseg of [251, 509 * 2, 999, 17 * 64, 32768]) {
        const x = lcg(5, 3 * nperseg);
        const wide = rlx.welch(x, { nperseg }).values;
        const narrow = rlx.welch(Float32Array.from(x), { nperseg }).values;
        assert(relativeL2(narrow, wide) <= 4 * EPSILON.f32 * Math.log2(nperseg), `${nperseg}: ${relativeL2(narrow, wide)}`);
        const power = wide.reduce((a, b) => a + b, 0) / nperseg;
        const { values } = rlx.welch(x, { nperseg, window: new Float64Array(nperseg).fill(1), noverlap: 0 });
        assert(Math.abs(values.reduce((a, b) => a + b, 0) / nperseg / power - 1) < 0.2, `the power at ${nperseg}`);
      }
    },

    'an accumulator gives what whole signals give, in blocks and merged': () => {
      const x = Float32Array.from(lcg(9, 10_000));
      const whole = rlx.welch(x, { nperseg: 128, fs: 10 });
      const all = new rlx.WelchAccumulator({ nperseg: 128, fs: 10 });
      for (let at = 0; at < x.length; at += 777) {
        all.push(x.subarray(at, at + 777));
      }
      const early = all.snapshot();
      const late = all.finish();
      assert(relativeL2(late.values, whole.values) < 4 * EPSILON.f32 && relativeL2(early.values, late.values) === 0, 'blocks');
      assert(relativeL2(late.freqs, whole.freqs) < 1e-14 && late.segments === 155, `${late.segments} segments`);
      const half = (part) => new rlx.WelchAccumulator({ nperseg: 128, type: 'f64' }).push(Float64Array.from(part));
      const merged = half(x.subarray(0, 64 * 80 + 64)).merge(half(x.subarray(64 * 80))).finish();
      const once = rlx.welch(Float64Array.from(x), { nperseg: 128 });
      assert(relativeL2(merged.values, once.values) < 1e-13, 'merged');
      fails(() => all.push(x), 'accumulator');
      fails(() => all.finish(), 'accumulator');
    },

    'welchPeaks finds tones': () => {
      const x = Float32Array.from({ length: 8192 }, (_, i) => Math.sin(2 * Math.PI * 0.125 * i) + 0.5 * Math.sin(2 * Math.PI * 0.25 * i));
      const { bins, freqs, values } = rlx.welchPeaks(x, { fs: 1000, k: 4, nperseg: 256 });
      assert(bins[0] === 32 && freqs[0] === 125 && bins.includes(64) && bins.length === 4, `${bins}`);
      assert(values[0] >= values[1] && values[1] >= values[2], 'the strongest first');
    },

    'errors name the argument': () => {
      const x = new Float32Array(1000);
      fails(() => rlx.welch([1, 2, 3]), 'x');
      fails(() => rlx.welch(new Float32Array(0)), 'x');
      fails(() => rlx.welch(x, { fs: 0 }), 'fs');
      fails(() => rlx.welch(x, { fs: NaN }), 'fs');
      fails(() => rlx.welch(x, { nperseg: 0 }), 'nperseg');
      fails(() => rlx.welch(x, { nperseg: 2.5 }), 'nperseg');
      fails(() => rlx.welch(x, { nperseg: 64, noverlap: 64 }), 'noverlap');
      fails(() => rlx.welch(x, { nperseg: 64, nfft: 32 }), 'nfft');
      fails(() => rlx.welch(x, { window: 'hahn' }), 'window');
      fails(() => rlx.welch(x, { window: ['kaiser', -1] }), 'window');
      fails(() => rlx.welch(x, { window: new Float64Array(2000) }), 'window');
      fails(() => rlx.welch(x, { detrend: 'cubic' }), 'detrend');
      fails(() => rlx.welch(x, { average: 'mode' }), 'average');
      fails(() => rlx.welch(x, { nperseq: 64 }), 'nperseq');
      fails(() => rlx.welch(x.map(() => NaN), { nan_policy: 'raise' }), 'x');
      fails(() => rlx.csd(x, new Float64Array(1000)), 'y');
      fails(() => rlx.findPeaks(x, { height: NaN }), 'height');
      fails(() => rlx.findPeaks(x, { distance: 0 }), 'distance');
      fails(() => rlx.logMel(x, 'shout'), 'preset');
      fails(() => rlx.welchPeaks(x, { k: 0 }), 'k');
      assert(rlx.welch(x.map(() => NaN)).values.every(Number.isNaN), 'NaN goes on, as in SciPy');
    },

    'a file is read in slices and gives its spectrum': async () => {
      const tone = Float64Array.from({ length: 96_000 }, (_, i) => 0.5 * Math.sin((2 * Math.PI * 1000 * i) / 48_000));
      const bytes = wav(tone, 48_000);
      for (const source of [bytes, new Blob([bytes])]) {
        const file = await rlx.open(source, { name: 'tone.wav' });
        const [about] = file.info.recordings;
        assert(about.format === 'wav' && about.sample_rate === 48_000 && about.frames === 96_000, JSON.stringify(about));
        const [{ peaks }] = await file.peaks({ nperseg: 4096 });
        assert(Math.abs(peaks[0].freq - 1000) < 6, `${peaks[0].freq} Hz`);
        const { freqs, channels } = await file.psd({ nperseg: 1024, start: 0.5, duration: 1 });
        const direct = rlx.welch(Float32Array.from((await file.samples()).subarray(24_000, 72_000)), { fs: 48_000, nperseg: 1024 });
        assert(relativeL2(channels[0].values, direct.values) < 1e-6 && freqs.length === 513, 'psd');
        const grid = await file.spectrogram({ nperseg: 512, start: 1 });
        assert(grid.shape[0] === 257 && Math.abs(grid.times[0] - (1 + 256 / 48_000)) < 1e-9, `${grid.shape} ${grid.times[0]}`);
        await rejects(file.psd({ channel: 3 }), /^channel: /);
        await rejects(file.psd({ duration: 0.001, nperseg: 1024 }).then(() => file.psd({ start: 99 })), /^x: /);
        await file.close();
      }
    },

    'formats': async () => {
      const folder = 'crates/io/tests/data';
      for (const [name, format, frames] of [['pcm16.flac', 'flac'], ['lame.mp3', 'mp3'], ['plain.edf', 'edf'], ['plus.bdf', 'bdf'], ['pcm16.aiff', 'aiff'], ['ima.wav', 'wav']]) {
        const file = await rlx.open(await read(`${folder}/${name}`), { name });
        assert(file.info.recordings[0].format === format && file.info.recordings[0].frames > 0, `${name}: ${JSON.stringify(file.info.recordings[0])}`);
        await file.close();
      }
      const npy = await rlx.open(await read('examples/data/ecg.npy'), { name: 'ecg.npy', rate: 360 });
      assert(npy.info.recordings[0].frames === 1024, 'npy');
      await npy.close();
      const table = await rlx.open(await read('examples/data/ppg_100hz.csv'), { name: 'ppg.csv', rate: 100 });
      const [{ peaks }] = await table.peaks({ nperseg: 1024 });
      // The pulse of the README's example.
      assert(peaks[0].freq >= 0.9 && peaks[0].freq <= 1.05, `${peaks[0].freq} Hz`);
      await table.close();
      const meta = JSON.stringify({ global: { 'core:datatype': 'cf32_le', 'core:sample_rate': 1000, 'core:version': '1.0.0' }, captures: [{ 'core:sample_start': 0 }], annotations: [] });
      const data = Float32Array.from({ length: 8192 }, (_, i) => (i % 2 ? Math.sin : Math.cos)(2 * Math.PI * 0.125 * Math.floor(i / 2)));
      const named = (name, parts) => Object.assign(new Blob(parts), { name });
      const pair = [named('a.sigmf-meta', [meta]), named('a.sigmf-data', [data])];
      const sigmf = await rlx.open(pair);
      assert(sigmf.info.recordings[0].complex, 'sigmf is complex');
      const strongest = (await sigmf.peaks({ nperseg: 512 }))[0].peaks[0];
      assert(Math.abs(strongest.freq - 125) < 2, `${strongest.freq} Hz`);
      await sigmf.close();
      await rejects(rlx.open(pair.slice(0, 1)), /a\.sigmf-data.*open both files together/s);
    },

    'hostile files give messages': async () => {
      const list = JSON.parse(new TextDecoder().decode(await read('CORPUS')));
      let count = 0;
      for (const path of list) {
        try {
          const file = await rlx.open(await read(path), { name: path.split('/').pop(), rate: 100 });
          const { memory } = { memory: await file.memory() };
          assert(memory < 600 * 2 ** 20, `${path}: ${memory} bytes of memory`);
          await file.psd({ nperseg: 2 }).catch((error) => assert(error.message.length > 3, path));
          await file.close();
        } catch (error) {
          assert(error.message.length > 8 && !/undefined/.test(error.message), `${path}: ${error.message}`);
          count += 1;
        }
      }
      assert(list.length > 30 && count > 10, `${count} of ${list.length} were refused`);
      await rejects(rlx.open(new ArrayBuffer(0)), /empty/);
      await rejects(rlx.open(new Uint8Array(1000).fill(7)), /known format/);
      await rejects(rlx.open('a.wav'), /^source: /);
      await rejects(rlx.open(new ArrayBuffer(8), { rate: -1 }), /^rate: /);
    },

    'a pool shares a batch, in order, and replaces a worker that dies': async () => {
      const pool = new rlx.Pool(2);
      const rows = Array.from({ length: 9 }, (_, i) => Float32Array.from(lcg(i + 1, 5000)));
      const results = await pool.map('welch', rows, { nperseg: 256 });
      results.forEach(({ values }, i) => {
        assert(relativeL2(values, rlx.welch(rows[i], { nperseg: 256 }).values) === 0, `row ${i}`);
      });
      assert(rows[0].length === 5000, 'copied unless asked otherwise');
      const moved = rows[0].slice();
      await pool.welch(moved, {}, { transfer: true });
      assert(moved.length === 0, 'transferred');
      const error = await rejects(pool.welch(rows[0], { fs: -1 }), /^fs: /);
      assert(error.argument === 'fs', 'the argument crosses');
      await Promise.all([0, 1].map((worker) => rejects(pool.crash(worker), /the worker died/)));
      const after = await pool.map('welch', rows, { nperseg: 256 });
      assert(after.length === 9 && relativeL2(after[8].values, results[8].values) === 0, 'after the death');
      await pool.end();
    },
  };
}

/** Runs them; `report(name, error)` after each. Returns how many failed. */
export async function runAll(rlx, read, report, wanted = '') {
  let failed = 0;
  for (const [name, work] of Object.entries(cases(rlx, read))) {
    if (name.includes(wanted)) {
      try {
        await work();
        report(name, null);
      } catch (error) {
        failed += 1;
        report(name, error);
      }
    }
  }
  return failed;
}

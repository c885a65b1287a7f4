// Whisper's features beside those of transformers.js, equal to 1e-4, and how long either takes for 30 s:
//
//   npm install @huggingface/transformers && node whisper.mjs
//
// RLX_FFT is where this package is, if it is not installed.

import { WhisperFeatureExtractor } from '@huggingface/transformers';

const { init, logMel } = await import(process.env.RLX_FFT ?? 'rlx-fft');
await init();

const config = { feature_size: 80, sampling_rate: 16_000, hop_length: 160, chunk_length: 30, n_fft: 400, n_samples: 480_000, nb_max_frames: 3000 };
const theirs = new WhisperFeatureExtractor(config);

// Five seconds of a gliding voice in faint noise; both pad it to thirty.
let state = 1;
const x = Float32Array.from({ length: 80_000 }, (_, i) => {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  const t = i / 16_000;
  let sum = 1e-4 * (state / 2 ** 31 - 1);
  for (let h = 1; h < 12; h += 1) {
    sum += (0.2 / h) * Math.sin(2 * Math.PI * h * (140 * t + 12 * t * t));
  }
  return sum;
});

const ours = logMel(x, 'whisper', { length: config.n_samples });
const { input_features: features } = await theirs(x);
const [, mels, frames] = features.dims;
if (ours.shape.join() !== [mels, frames].join()) {
  throw new Error(`shapes differ: ${ours.shape} and ${features.dims}`);
}
const worst = ours.values.reduce((most, v, i) => Math.max(most, Math.abs(v - features.data[i])), 0);

async function fastest(work, times) {
  let least = Infinity;
  for (let i = 0; i < times; i += 1) {
    const start = performance.now();
    await work();
    least = Math.min(least, performance.now() - start);
  }
  return least;
}
const [mine, other] = [
  await fastest(() => logMel(x, 'whisper', { length: config.n_samples }), 20), await fastest(() => theirs(x), 3)];
console.log(`shape ${ours.shape}; largest difference ${worst.toExponential(1)}; ${mine.toFixed(2)} ms, transformers.js ${other.toFixed(0)} ms`);
process.exitCode = worst <= 1e-4 ? 0 : 1;

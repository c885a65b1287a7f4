// A live spectrum of what a Web Audio graph plays or a microphone hears.

import { failure } from './core.js';
import { segments, whole } from './arguments.js';

/**
 * Adds the worklet to `context` and returns its node. `node.onspectrum({freqs, values, time})` is called every
 * `interval` seconds with the average since the last time, with `samples` also what was heard since then; other options
 * are those of `welch`.
 */
export async function createSpectrumNode(context, module, { interval = 0.1, processor, samples = false, ...options } = {}) {
  if (!(interval > 0 && interval <= 60)) {
    throw failure(`interval: must be 0 … 60 s, got ${interval}`);
  }
  const all = segments(Number.MAX_SAFE_INTEGER, { fs: context.sampleRate, ...options });
  whole('nperseg', all.nperseg, 1);
  await context.audioWorklet.addModule(processor ?? new URL('./worklet.js', import.meta.url));
  const node = new AudioWorkletNode(context, 'rlx-fft-spectrum', {
    numberOfInputs: 1,
    numberOfOutputs: 1,
    processorOptions: { module, segments: all, interval, samples: Boolean(samples) },
  });
  node.port.onmessage = ({ data }) => {
    if (data.error) {
      node.dispatchEvent(new CustomEvent('spectrumerror', { detail: failure(data.error) }));
    } else {
      node.onspectrum?.(data);
    }
  };
  return node;
}

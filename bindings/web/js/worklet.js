// Runs on the audio thread: what comes in goes out unchanged, and every so often its averaged spectrum to the page.

import { Core } from './core.js';

class Spectrum extends AudioWorkletProcessor {
  constructor({ processorOptions: { module, segments, interval, samples } }) {
    super();
    this.core = new Core(module);
    this.segments = segments;
    this.every = Math.max(segments.nperseg, Math.round(interval * segments.fs));
    this.block = new Float32Array(this.every + 4096);
    this.filled = 0;
    this.samples = samples;
    /** Samples of the block that were reported before. */
    this.known = 0;
  }

  process([input], [output]) {
    input.forEach((channel, i) => output[i]?.set(channel));
    const [first] = input;
    if (!first) {
      return true;
    }
    this.block.set(first, this.filled);
    this.filled += first.length;
    if (this.filled >= this.every) {
      this.report();
    }
    return true;
  }

  report() {
    const { weights, ...rest } = this.segments;
    const segments = weights ? { ...rest, weights: this.core.put(weights).id } : rest;
    try {
      const { values } = this.core.call({ fn: 'psd', x: this.block.subarray(0, this.filled), segments });
      const step = rest.fs / rest.nfft;
      const freqs = Float64Array.from(values, (_, k) => k * step);
      const report = { freqs, values, time: currentTime };
      if (this.samples) {
        report.samples = this.block.slice(this.known, this.filled);
      }
      this.port.postMessage(report, Object.values(report).flatMap((part) => part.buffer ?? []));
    } catch (error) {
      this.port.postMessage({ error: error.message });
    }
    // Segments go on across reports.
    const kept = rest.nperseg - rest.hop;
    this.block.copyWithin(0, this.filled - kept, this.filled);
    this.filled = kept;
    this.known = kept;
  }
}

registerProcessor('rlx-fft-spectrum', Spectrum);

// What is shown: the recording, the stretch of time and of frequency, and how spectra are estimated.

import { frequencyScale } from './axes.js';

const SHORTEST = 16;

export class View {
  constructor() {
    Object.assign(this, {
      recordings: [], recording: 0, channel: 0,
      start: 0, end: 1, low: 0, high: 1,
      nFft: 1024, overlap: 0.5, window: 'hann', detrend: 'constant', aggregate: 'max',
      layout: 'one', scale: 'linear', colours: 'viridis', auto: true, range: [-120, 0],
      selection: null, markers: [], cursor: null,
    });
    this.listeners = new Set();
  }

  get file() {
    return this.recordings[this.recording];
  }

  get rate() {
    return this.file.sample_rate;
  }

  get duration() {
    return this.file.frames / this.rate;
  }

  /** Lowest and highest frequency that there is. */
  get band() {
    const { complex, center_freq: center } = this.file;
    return complex ? [center - this.rate / 2, center + this.rate / 2] : [0, this.rate / 2];
  }

  get bins() {
    return this.file.complex ? this.nFft : Math.floor(this.nFft / 2) + 1;
  }

  get step() {
    return this.rate / this.nFft;
  }

  get hop() {
    return Math.max(1, this.nFft - Math.round(this.nFft * this.overlap));
  }

  get scaleName() {
    return this.file.complex ? 'linear' : this.scale;
  }

  frequencies() {
    return frequencyScale(this.scaleName, this.low, this.high, this.step);
  }

  /** What a request about a stretch of the signal carries. */
  estimate(scaling = 'density') {
    return { n_fft: this.nFft, hop: this.hop, window: this.window, detrend: this.detrend, scaling };
  }

  /** Changes fields and tells everyone; `what` is 'view', 'estimate', 'selection', 'cursor', 'style' or 'file'. */
  change(fields, what = 'view') {
    Object.assign(this, fields);
    this.listeners.forEach((listener) => listener(what));
  }

  fit() {
    const [low, high] = this.band;
    this.change({ start: 0, end: Math.max(this.duration, SHORTEST / this.rate), low, high });
  }

  /** Shows start … end as far as it exists, with the length kept. */
  showTime(start, end) {
    const whole = Math.max(this.duration, SHORTEST / this.rate);
    const length = Math.min(Math.max(end - start, SHORTEST / this.rate), whole);
    const first = Math.min(Math.max(start, 0), whole - length);
    this.change({ start: first, end: first + length });
  }

  zoomTime(factor, at = (this.start + this.end) / 2) {
    const length = (this.end - this.start) * factor;
    const share = (at - this.start) / (this.end - this.start);
    this.showTime(at - share * length, at + (1 - share) * length);
  }

  showBand(low, high) {
    const [bottom, top] = this.band;
    const length = Math.min(Math.max(high - low, 4 * this.step), top - bottom);
    const first = Math.min(Math.max(low, bottom), top - length);
    this.change({ low: first, high: first + length });
  }

  zoomBand(factor, at = (this.low + this.high) / 2) {
    const length = (this.high - this.low) * factor;
    const share = (at - this.low) / (this.high - this.low);
    this.showBand(at - share * length, at + (1 - share) * length);
  }

  /** A stretch of time in s and of frequency in Hz, in any order; `null` clears it. */
  select(selection) {
    if (selection) {
      const clamp = (x, [lo, hi]) => Math.min(Math.max(x, lo), hi);
      const times = [selection.start, selection.end].map((t) => clamp(t, [0, this.duration]));
      const bands = [selection.low, selection.high].map((f) => clamp(f, this.band));
      const [start, end] = [Math.min(...times), Math.max(...times)];
      const [low, high] = [Math.min(...bands), Math.max(...bands)];
      selection = end > start && high > low ? { start, end, low, high } : null;
    }
    this.change({ selection }, 'selection');
  }

  /** The selection, or everything visible, as a request's fields. */
  stretch() {
    const { start, end, low, high } = this.selection ?? this;
    const first = Math.round(start * this.rate);
    const whole = !this.selection && low === this.band[0] && high === this.band[1];
    return {
      recording: this.recording,
      channels: [this.channel],
      start: first,
      count: Math.max(0, Math.round(end * this.rate) - first),
      ...(whole ? {} : { band: [low, high] }),
    };
  }
}

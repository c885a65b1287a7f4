// SciPy's estimates over one instance of the module.

import { failure } from './core.js';
import { bounds, choice, frequencies, native, only, samples, segments, whole } from './arguments.js';

const PLAIN = ['fs', 'window', 'nperseg', 'noverlap', 'nfft', 'detrend', 'return_onesided', 'scaling', 'average',
  'nan_policy'];
const without = (...names) => PLAIN.filter((name) => !names.includes(name));
/** Samples beyond which a signal goes in block by block, and samples of a block. */
const [LONG, BLOCK] = [2 ** 20, 2 ** 19];
const MELS = ['n_mels', 'length'];

/** Columns become rows: `[rows][columns]` of `values` to `[columns][rows]`, in tiles that stay in the cache. */
function turned(values, rows, columns, Type = values.constructor) {
  const out = new Type(values.length);
  const tile = 32;
  for (let top = 0; top < rows; top += tile) {
    const bottom = Math.min(rows, top + tile);
    for (let column = 0; column < columns; column += 1) {
      for (let row = top; row < bottom; row += 1) {
        out[column * rows + row] = values[row * columns + column];
      }
    }
  }
  return out;
}

/** The functions of the package, bound to an instance. */
export function estimates(core) {
  const psd = (x, all) => ({ freqs: frequencies(all), values: x.length > LONG && all.average !== 'median' ? long(x, all)
    : core.call({ fn: 'psd', x, segments: native(core, all) }).values });

  /** Long signals go in block by block, so that a copy stays in the cache until it is transformed. */
  function long(x, all) {
    const type = x instanceof Float32Array ? 'f32' : 'f64';
    const accumulator = core.call({ fn: 'accumulator', type, segments: native(core, all) });
    try {
      for (let at = 0; at < x.length; at += BLOCK) {
        core.call({ fn: 'push', accumulator, x: x.subarray(at, at + BLOCK) });
      }
    } catch (error) {
      try {
        core.call({ fn: 'drop', accumulator });
      } catch {
        // It went with its instance.
      }
      throw error;
    }
    return core.call({ fn: 'average', accumulator, finish: true }).values;
  }

  /** `scipy.signal.welch`. */
  function welch(x, options = {}) {
    return psd(samples('x', x), segments(x.length, options));
  }

  /** `scipy.signal.periodogram`. */
  function periodogram(x, options = {}) {
    samples('x', x);
    only(options, without('nperseg', 'noverlap', 'average'));
    const { nfft } = options;
    const used = nfft && whole('nfft', nfft, 1) < x.length ? x.subarray(0, nfft) : x;
    const all = segments(used.length, { ...options, nperseg: used.length, noverlap: 0 }, { window: 'boxcar' });
    return psd(used, all);
  }

  function pair(x, y, options, coherence) {
    samples('x', x);
    samples('y', y);
    if (x.constructor !== y.constructor) {
      throw failure('y: not of the type of x');
    }
    const n = Math.max(x.length, y.length);
    const padded = (signal) => {
      if (signal.length === n) {
        return signal;
      }
      const longer = new signal.constructor(n);
      longer.set(signal);
      return longer;
    };
    const all = segments(n, options, {}, coherence ? without('return_onesided', 'scaling', 'average') : PLAIN);
    const request = { fn: 'cross', x: padded(x), y: padded(y), segments: native(core, all), coherence };
    return { freqs: frequencies(all), ...core.call(request) };
  }

  /** `scipy.signal.csd`: the average of conj(X)·Y, its parts in `re` and `im`. */
  function csd(x, y, options = {}) {
    return pair(x, y, options, false);
  }

  /** `scipy.signal.coherence`. */
  function coherence(x, y, options = {}) {
    return pair(x, y, options, true);
  }

  /** `scipy.signal.spectrogram` with `mode='psd'`: `values` is `[freqs][times]`, row after row. */
  function spectrogram(x, options = {}) {
    samples('x', x);
    const defaults = { window: ['tukey', 0.25], overlap: (length) => Math.floor(length / 8) };
    const all = segments(x.length, options, defaults, without('average', 'return_onesided'));
    const { frames, bins, values } = core.call({ fn: 'spectrogram', x, segments: native(core, all) });
    const times = Float64Array.from({ length: frames }, (_, i) => (all.nperseg / 2 + i * all.hop) / all.fs);
    return { freqs: frequencies(all), times, values: turned(values, frames, bins), shape: [bins, frames] };
  }

  /** `scipy.signal.stft`: `re` and `im` are `[freqs][times]`, row after row. */
  function stft(x, options = {}) {
    samples('x', x);
    const names = ['fs', 'window', 'nperseg', 'noverlap', 'nfft', 'detrend', 'boundary', 'padded', 'scaling'];
    only(options, names);
    const { boundary = 'zeros', padded = true, scaling = 'spectrum', ...rest } = options;
    choice('boundary', boundary, ['zeros', null]);
    choice('scaling', scaling, ['spectrum', 'psd']);
    const all = segments(x.length, rest, { detrend: false });
    const edge = boundary === 'zeros' ? Math.floor(all.nperseg / 2) : 0;
    const length = x.length + 2 * edge;
    const behind = padded ? (all.hop - ((length - all.nperseg) % all.hop)) % all.hop % all.nperseg : 0;
    const signal = new x.constructor(length + behind);
    signal.set(x, edge);
    const reply = core.call({ fn: 'stft', x: signal, segments: native(core, all) });
    const { frames, bins, values } = reply;
    const factor = scaling === 'spectrum' ? 1 / reply.window_sum : Math.sqrt(1 / (all.fs * reply.window_squares));
    const part = (offset) => {
      const out = new x.constructor(frames * bins);
      for (let i = 0; i < out.length; i += 1) {
        out[i] = values[2 * i + offset] * factor;
      }
      return turned(out, frames, bins);
    };
    const first = all.nperseg / 2 - (boundary === 'zeros' ? all.nperseg / 2 : 0);
    const times = Float64Array.from({ length: frames }, (_, i) => (first + i * all.hop) / all.fs);
    return { freqs: frequencies(all), times, re: part(0), im: part(1), shape: [bins, frames] };
  }

  /** `scipy.signal.find_peaks`: positions, and the properties that were asked for. */
  function findPeaks(x, options = {}) {
    samples('x', x);
    const ranges = ['height', 'threshold', 'prominence', 'width', 'plateau_size'];
    only(options, [...ranges, 'distance', 'wlen', 'rel_height']);
    const request = { fn: 'findPeaks', x };
    ranges.forEach((name) => {
      request[name] = bounds(name, options[name]);
    });
    for (const name of ['distance', 'rel_height', 'wlen']) {
      const value = options[name] ?? undefined;
      if (value !== undefined && (typeof value !== 'number' || !Number.isFinite(value))) {
        throw failure(`${name}: must be a number, got ${value}`);
      }
      request[name] = name === 'wlen' && value !== undefined ? whole('wlen', Math.ceil(value), 2) : value;
    }
    const { peaks, properties } = core.call(request);
    return { peaks: Int32Array.from(peaks), properties };
  }

  /** The `k` strongest bins of a Welch spectrum, the strongest first. */
  function welchPeaks(x, { k = 8, ...options } = {}) {
    const all = segments(samples('x', x).length, options);
    const found = core.call({ fn: 'welchPeaks', x, k: whole('k', k, 1), segments: native(core, all) });
    return { ...found, bins: Int32Array.from(found.bins) };
  }

  /** Log-mel features as another system computes them; `length` pads with zeros or cuts to so many samples. */
  function logMel(x, preset = 'whisper', options = {}) {
    samples('x', x);
    only(options, MELS);
    const { n_mels, length } = options;
    let signal = x instanceof Float32Array ? x : Float32Array.from(x);
    if (length !== undefined && whole('length', length, 1) !== signal.length) {
      const other = new Float32Array(length);
      other.set(signal.subarray(0, length));
      signal = other;
    }
    const request = { fn: 'logMel', x: signal, preset, n_mels: n_mels && whole('n_mels', n_mels, 1) };
    const { values, n_mels: mels, n_frames: frames, mels_first, fs } = core.call(request);
    return { values, shape: mels_first ? [mels, frames] : [frames, mels], fs };
  }

  return { welch, periodogram, csd, coherence, spectrogram, stft, findPeaks, welchPeaks, logMel };
}

/** An average that grows block by block and merges with others: see `scipy.signal.welch` for the arguments. */
export class Accumulator {
  #core;
  #id;
  #type;

  constructor(core, { type = 'f32', ...options }) {
    choice('type', type, ['f32', 'f64']);
    const all = segments(Number.MAX_SAFE_INTEGER, options);
    this.#core = core;
    this.#type = type;
    this.#id = core.call({ fn: 'accumulator', type, segments: native(core, all) });
  }

  /** Continues the signal. */
  push(x) {
    const Type = this.#type === 'f32' ? Float32Array : Float64Array;
    if (!(x instanceof Type)) {
      throw failure(`x: must be a ${Type.name}`);
    }
    this.#core.call({ fn: 'push', accumulator: this.#id, x });
    return this;
  }

  /** Says that samples are missing here: no segment spans this place. */
  gap() {
    this.#core.call({ fn: 'gap', accumulator: this.#id });
    return this;
  }

  /** Adds what another one has averaged, and ends that one. */
  merge(other) {
    this.#core.call({ fn: 'merge', accumulator: this.#id, other: other.#id });
    return this;
  }

  /** The average so far. */
  snapshot() {
    return this.#core.call({ fn: 'average', accumulator: this.#id, finish: false });
  }

  /** The average; ends this accumulator. */
  finish() {
    return this.#core.call({ fn: 'average', accumulator: this.#id, finish: true });
  }

  /** Ends this accumulator without an average. */
  free() {
    this.#core.call({ fn: 'drop', accumulator: this.#id });
  }
}

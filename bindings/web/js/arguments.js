// SciPy's arguments: names, defaults, what they default to and what is refused.

import { failure } from './core.js';

const SEGMENTS = ['fs', 'window', 'nperseg', 'noverlap', 'nfft', 'detrend', 'return_onesided', 'scaling', 'average',
  'nan_policy'];

/** Refuses options that do not exist: a misspelt one would silently be a default. */
export function only(options, names) {
  if (options === null || typeof options !== 'object') {
    throw failure('options: not an object');
  }
  for (const name of Object.keys(options)) {
    if (!names.includes(name)) {
      throw failure(`${name}: no such option; there are ${names.join(', ')}`);
    }
  }
}

export function choice(name, value, among) {
  if (!among.includes(value)) {
    throw failure(`${name}: ${JSON.stringify(value)} is none of ${among.map((x) => JSON.stringify(x)).join(', ')}`);
  }
  return value;
}

export function whole(name, value, least = 0) {
  if (!Number.isInteger(value) || value < least || value > 2 ** 31) {
    throw failure(`${name}: must be a whole number of at least ${least}, got ${value}`);
  }
  return value;
}

export function samples(name, x) {
  if (!(x instanceof Float32Array || x instanceof Float64Array)) {
    throw failure(`${name}: must be a Float32Array or a Float64Array`);
  }
  return x;
}

/** `'hann'`, `['kaiser', 8.6]` or an array of weights. */
function windowOf(given) {
  if (typeof given === 'string') {
    return { window: given };
  }
  if (ArrayBuffer.isView(given)) {
    return { weights: Float64Array.from(given) };
  }
  if (Array.isArray(given) && given.every((value) => typeof value === 'number')) {
    return { weights: Float64Array.from(given) };
  }
  if (Array.isArray(given) && typeof given[0] === 'string' && given.length <= 2) {
    return { window: given.join(':') };
  }
  throw failure('window: must be a name, [name, parameter] or an array of weights');
}

function detrendOf(given) {
  return given === false ? 'none' : choice('detrend', given, ['constant', 'linear']);
}

/** The segments of a signal of `n` samples, complete, as SciPy would cut them. */
export function segments(n, options, defaults = {}, names = SEGMENTS) {
  only(options, names);
  const given = { ...options };
  Object.keys(given).forEach((name) => (given[name] === undefined || given[name] === null) && delete given[name]);
  const all = { fs: 1, window: 'hann', detrend: 'constant', return_onesided: true, scaling: 'density', average: 'mean',
    nan_policy: 'propagate', ...defaults, ...given };
  if (typeof all.fs !== 'number' || !(all.fs > 0) || !Number.isFinite(all.fs)) {
    throw failure(`fs: must be finite and positive, got ${all.fs}`);
  }
  const shape = windowOf(all.window);
  let { nperseg } = all;
  if (shape.weights) {
    nperseg ??= shape.weights.length;
    if (whole('nperseg', nperseg, 1) !== shape.weights.length) {
      throw failure(`nperseg: ${nperseg} segments' samples, but the window has ${shape.weights.length} weights`);
    }
    if (nperseg > n) {
      throw failure(`window: ${nperseg} weights are more than the ${n} samples`);
    }
  } else {
    nperseg = whole('nperseg', nperseg ?? 256, 1);
    if (nperseg > n) {
      if (given.nperseg !== undefined) {
        console.warn(`nperseg: ${nperseg} is more than the ${n} samples; ${n} are used`);
      }
      nperseg = n;
    }
  }
  if (n === 0) {
    throw failure('x: no samples');
  }
  const nfft = whole('nfft', all.nfft ?? nperseg, 1);
  if (nfft < nperseg) {
    throw failure(`nfft: ${nfft} is less than nperseg ${nperseg}`);
  }
  const overlap = all.noverlap ?? (defaults.overlap ?? ((length) => Math.floor(length / 2)))(nperseg);
  if (whole('noverlap', overlap) >= nperseg) {
    throw failure(`noverlap: ${overlap} is not less than nperseg ${nperseg}`);
  }
  return {
    ...shape,
    fs: all.fs,
    nperseg,
    hop: nperseg - overlap,
    nfft,
    detrend: detrendOf(all.detrend),
    scaling: choice('scaling', all.scaling, ['density', 'spectrum', 'raw']),
    average: choice('average', all.average, ['mean', 'median', 'max', 'min']),
    onesided: Boolean(all.return_onesided),
    nan_policy: choice('nan_policy', all.nan_policy, ['propagate', 'raise', 'omit']),
  };
}

/** What goes to the instance: weights by their number. */
export function native(core, { weights, ...rest }) {
  return weights ? { ...rest, weights: core.put(weights).id } : rest;
}

/** Frequencies of the bins, as `numpy.fft.rfftfreq` or `fftfreq`. */
export function frequencies({ nfft, fs, onesided }) {
  const step = fs / nfft;
  if (onesided) {
    return Float64Array.from({ length: Math.floor(nfft / 2) + 1 }, (_, k) => k * step);
  }
  const positive = Math.ceil(nfft / 2);
  return Float64Array.from({ length: nfft }, (_, k) => (k < positive ? k : k - nfft) * step);
}

/** `3`, `[lowest, highest]` or nothing, as SciPy's conditions of peaks. */
export function bounds(name, given) {
  if (given === undefined || given === null) {
    return undefined;
  }
  const ends = Array.isArray(given) ? given : [given, null];
  const valid = (end) => end === null || end === undefined || (typeof end === 'number' && !Number.isNaN(end));
  if (ends.length !== 2 || !ends.every(valid)) {
    throw failure(`${name}: must be a number or [lowest, highest]`);
  }
  const [low, high] = ends.map((end) => end ?? null);
  // JSON has no infinity: one that excludes everything stays as large a number as there is.
  const finite = (end) => (end === null || Number.isFinite(end) ? end : Math.sign(end) * Number.MAX_VALUE);
  return [low === -Infinity ? null : finite(low), high === Infinity ? null : finite(high)];
}

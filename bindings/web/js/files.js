// Recordings, read in slices by a worker of their own: never as a whole.

import { failure } from './core.js';
import { choice, only, segments, whole } from './arguments.js';
import { Remote } from './remote.js';

const OPEN = ['rate', 'raw', 'channels', 'format', 'iq', 'name'];
const STRETCH = ['channel', 'start', 'duration'];
const ESTIMATE = ['window', 'nperseg', 'noverlap', 'detrend', 'scaling'];
/** Bytes of one slice on its way to a worker that cannot read a Blob by itself. */
const SLICE = 1 << 20;
/** Samples of one request. */
const PIECE = 1 << 22;

/** The files as a worker takes them. */
function sourcesOf(given, name, blobs) {
  const list = Array.isArray(given) ? given : [given];
  if (list.length === 0) {
    throw failure('source: no files');
  }
  // FileReaderSync is what a worker of a browser reads slices with; elsewhere this thread reads them for it.
  const direct = typeof FileReader !== 'undefined';
  const transfer = [];
  const sources = list.map((source) => {
    if (source instanceof Blob) {
      const about = { name: source.name ?? name ?? 'recording', size: source.size };
      if (direct) {
        return { ...about, blob: source };
      }
      const shared = new SharedArrayBuffer(SLICE + 8);
      blobs.push({ blob: source, shared });
      return { ...about, shared };
    }
    if (source instanceof ArrayBuffer || ArrayBuffer.isView(source)) {
      const bytes = source instanceof ArrayBuffer ? source.slice(0)
        : source.buffer.slice(source.byteOffset, source.byteOffset + source.byteLength);
      transfer.push(bytes);
      blobs.push(null);
      return { name: name ?? 'recording', size: bytes.byteLength, bytes };
    }
    throw failure('source: must be a File, a Blob or an ArrayBuffer, or an array of those');
  });
  return { sources, transfer };
}

/** Opens what a recording consists of; the first file is the one that names the others, if there are several. */
export async function open(module, source, options = {}) {
  only(options, OPEN);
  const { name, ...rest } = options;
  if (rest.rate !== undefined && !(rest.rate > 0 && Number.isFinite(rest.rate))) {
    throw failure(`rate: must be finite and positive, got ${rest.rate}`);
  }
  const blobs = [];
  const { sources, transfer } = sourcesOf(source, name, blobs);
  const worker = new Remote(module, async ({ read, offset, length }) => {
    const { blob, shared } = blobs[read - 1];
    const state = new Int32Array(shared, 0, 2);
    try {
      const bytes = new Uint8Array(await blob.slice(offset, offset + length).arrayBuffer());
      new Uint8Array(shared, 8).set(bytes);
      Atomics.store(state, 1, bytes.length);
    } catch {
      Atomics.store(state, 1, -1);
    }
    Atomics.store(state, 0, 1);
    Atomics.notify(state, 0);
  });
  try {
    const { engine } = await worker.call({ job: 'open', sources, options: rest }, transfer);
    const info = await worker.call({ job: 'ask', engine, request: { method: 'info' } });
    return new Recordings(worker, engine, info);
  } catch (error) {
    await worker.end();
    throw error;
  }
}

/** An open file. It may hold several recordings (rates, parts); `recording` in options is 0 by default. */
export class Recordings {
  #worker;
  #engine;
  #generation;

  constructor(worker, engine, info) {
    this.#worker = worker;
    this.#engine = engine;
    this.#generation = worker.generation;
    this.info = info;
  }

  /** A request of the viewer's engine, see its documentation. */
  ask(request) {
    if (this.#worker.generation !== this.#generation) {
      return Promise.reject(new Error('the worker that had the recording died: open it again'));
    }
    return this.#worker.call({ job: 'ask', engine: this.#engine, request });
  }

  /** Bytes of WebAssembly memory that the recording's worker has. */
  memory() {
    return this.#worker.call({ job: 'memory' });
  }

  #query(given, names) {
    only(given, [...STRETCH, 'recording', ...names]);
    const { recording = 0, channel, start = 0, duration, average = 'mean', ...estimate } = given;
    const about = this.info.recordings[recording];
    if (!about) {
      throw failure(`recording: ${recording} of ${this.info.recordings.length}`);
    }
    const count = about.channels.length;
    if (channel !== undefined && whole('channel', channel) >= count) {
      throw failure(`channel: ${channel} of ${count}`);
    }
    for (const [name, value] of [['start', start], ['duration', duration]]) {
      if (value !== undefined && !(value >= 0 && Number.isFinite(value))) {
        throw failure(`${name}: must be a number of seconds, got ${value}`);
      }
    }
    const first = Math.min(Math.round(start * about.sample_rate), about.frames);
    const left = about.frames - first;
    const length = duration === undefined ? left : Math.min(left, Math.round(duration * about.sample_rate));
    return { recording, channel, first, length, about, average, estimate };
  }

  #selection(options, names) {
    const { recording, channel, first, length, about, average, estimate } = this.#query(options, names);
    const own = Object.fromEntries(Object.entries(estimate).filter(([name]) => ESTIMATE.includes(name)));
    const all = segments(length, { ...own, fs: about.sample_rate });
    if (all.weights) {
      throw failure('window: a recording needs the name of a window');
    }
    const channels = channel === undefined ? about.channels.map((_, i) => i) : [channel];
    return {
      recording, channels, start: first, count: length, n_fft: all.nperseg, hop: all.hop, window: all.window,
      detrend: all.detrend, scaling: all.scaling, average: choice('average', average, ['mean', 'median', 'max', 'min']),
    };
  }

  /** Welch spectra of a stretch, in s: `{freqs, channels: [{name, values}], …}`. */
  async psd(options = {}) {
    const request = { method: 'psd', ...this.#selection(options, [...ESTIMATE, 'average']) };
    const result = await this.ask(request);
    const freqs = Float64Array.from(result.channels[0]?.freq ?? []);
    const channels = result.channels.map(({ name, psd, segments: count }) => (
      { name, values: Float64Array.from(psd), segments: count }));
    return { freqs, channels, unit: result.unit, notes: result.notes };
  }

  /** The strongest peaks of each channel, as the program's `peaks` writes them. */
  async peaks({ k = 10, prominence = 3, ...options } = {}) {
    const selection = this.#selection(options, [...ESTIMATE, 'average']);
    const result = await this.ask({ method: 'peaks', ...selection, k: whole('k', k, 1), prominence });
    return result.channels.map(({ name, frames }) => ({ name, peaks: frames[0]?.peaks ?? [] }));
  }

  /** Samples of one channel as Float32Array. */
  async samples(options = {}) {
    const { recording, channel = 0, first, length } = this.#query(options, []);
    const out = new Float32Array(length);
    for (let at = 0; at < length; at += PIECE) {
      const count = Math.min(PIECE, length - at);
      const bytes = await this.ask({ method: 'samples', recording, channel, start: first + at, count });
      out.set(new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4), at);
    }
    return out;
  }

  /** `scipy.signal.spectrogram` of a stretch of one channel. */
  async spectrogram(options = {}) {
    const { start, duration, channel = 0, recording = 0, ...estimate } = options;
    const x = await this.samples({ start, duration, channel, recording });
    const fs = this.info.recordings[recording].sample_rate;
    const result = await this.#worker.call({ job: 'run', name: 'spectrogram', values: [x], options: [{ ...estimate, fs }] }, [x.buffer]);
    result.times = result.times.map((t) => t + (start ?? 0));
    return result;
  }

  /** Ends the recording's worker. */
  close() {
    return this.#worker.end();
  }
}

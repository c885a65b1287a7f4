// rlx-fft: spectra, peaks and log-mel features in WebAssembly. `await init()` comes first.

import { Core, compile, failure } from './core.js';
import { Accumulator, estimates } from './estimates.js';
import { open as openFiles } from './files.js';
import { Pool as WorkerPool } from './pool.js';

let core = null;
let bound = null;

/** Loads the module; a URL, bytes or a compiled module may be given. Later calls change nothing. */
export async function init(source) {
  if (!core) {
    const module = await compile(source, 'rlx_fft.wasm');
    core ??= new Core(module);
    bound ??= estimates(core);
  }
}

function ready() {
  if (!core) {
    throw failure('init: await init() comes first');
  }
  return bound;
}

export const welch = (x, options) => ready().welch(x, options);
export const periodogram = (x, options) => ready().periodogram(x, options);
export const csd = (x, y, options) => ready().csd(x, y, options);
export const coherence = (x, y, options) => ready().coherence(x, y, options);
export const spectrogram = (x, options) => ready().spectrogram(x, options);
export const stft = (x, options) => ready().stft(x, options);
export const findPeaks = (x, options) => ready().findPeaks(x, options);
export const welchPeaks = (x, options) => ready().welchPeaks(x, options);
export const logMel = (x, preset, options) => ready().logMel(x, preset, options);

export class WelchAccumulator extends Accumulator {
  constructor(options = {}) {
    ready();
    super(core, options);
  }
}

/** Workers that share batches. */
export class Pool extends WorkerPool {
  constructor(size) {
    ready();
    super(core.module, size);
  }
}

let filesModule = null;

/**
 * Loads what `open` needs, which does so by itself: the readers are a module of their own. A URL, bytes or a compiled module
 * may be given.
 */
export function initFiles(source) {
  filesModule ??= compile(source, 'rlx_fft_files.wasm').catch((error) => {
    filesModule = null;
    throw error;
  });
  return filesModule;
}

/** Opens a recording: a File, Blob or ArrayBuffer, or an array of those it consists of. */
export async function open(source, options) {
  return openFiles(await initFiles(), source, options);
}

/** A node of Web Audio that reports spectra of what it hears. */
export async function createSpectrumNode(context, options = {}) {
  ready();
  const audio = await import('./audio.js');
  return audio.createSpectrumNode(context, core.module, options);
}

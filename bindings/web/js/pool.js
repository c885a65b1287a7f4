// Workers that share a batch of calls.

import { failure } from './core.js';
import { whole } from './arguments.js';
import { Remote } from './remote.js';

const cores = () => globalThis.navigator?.hardwareConcurrency ?? 4;
const ONE = ['welch', 'periodogram', 'spectrogram', 'stft', 'findPeaks', 'welchPeaks', 'logMel'];
const TWO = ['csd', 'coherence'];

export class Pool {
  #workers;

  constructor(module, size = cores()) {
    whole('size', size, 1);
    this.#workers = Array.from({ length: size }, () => new Remote(module));
  }

  get size() {
    return this.#workers.length;
  }

  /**
   * Calls a function of the package in the worker that has least to do: `pool.run('welch', [x], [{ fs }])`. With
   * `transfer` the arrays' buffers move to the worker and are empty here afterwards; otherwise they are copied.
   */
  run(name, values, options = [], { transfer = false } = {}) {
    if (!(ONE.includes(name) ? values.length === 1 : TWO.includes(name) && values.length === 2)) {
      return Promise.reject(failure(`name: ${name} of ${values.length} arrays is no function of a pool`));
    }
    // A view of a part of a buffer is copied alone; what is transferred is whole.
    const sent = values.map((x) => (transfer && x.byteLength === x.buffer.byteLength ? x : x.slice()));
    const worker = this.#workers.reduce((best, next) => (next.load < best.load ? next : best));
    return worker.call({ job: 'run', name, values: sent, options }, [...new Set(sent.map((x) => x.buffer))]);
  }

  /** One call for each of `rows`; the results in their order. */
  map(name, rows, ...options) {
    return Promise.all(rows.map((x) => this.run(name, [x], options)));
  }

  welch(x, options, how) {
    return this.run('welch', [x], [options], how);
  }

  logMel(x, preset, options, how) {
    return this.run('logMel', [x], [preset, options], how);
  }

  /** Has a worker fail, for tests of what happens then. */
  crash(index) {
    return this.#workers[index].call({ crash: true });
  }

  /** Ends the workers. */
  async end() {
    await Promise.all(this.#workers.map((worker) => worker.end()));
  }
}

// Calls of a worker, with an answer for each.

import { failure } from './core.js';
import { startWorker } from './thread.js';

/** One worker. If it dies, its calls fail and a new one takes its place at the next call. */
export class Remote {
  #module;
  #thread = null;
  #pending = new Map();
  #last = 0;
  #onread;
  #generation = 0;

  constructor(module, onread = () => {}) {
    this.#module = module;
    this.#onread = onread;
  }

  /** Calls that were not answered yet. */
  get load() {
    return this.#pending.size;
  }

  /** Rises when a new worker has taken the place of one that died. */
  get generation() {
    return this.#generation;
  }

  async #start() {
    this.#generation += 1;
    let ready;
    const begun = new Promise((resolve, reject) => {
      ready = { resolve, reject };
    });
    const thread = await startWorker(
      (data) => {
        if (data.ready) {
          ready.resolve();
        } else if (data.read !== undefined) {
          this.#onread(data);
        } else {
          this.#settle(data, thread);
        }
      },
      (error) => {
        ready.reject(error);
        this.#thread = null;
        const all = [...this.#pending.values()];
        this.#pending.clear();
        all.forEach(({ reject }) => reject(new Error(`the worker died: ${error.message}`, { cause: error })));
      },
    );
    await begun;
    thread.post({ id: 0, job: 'start', module: this.#module });
    return thread;
  }

  #settle({ id, result, error }, thread) {
    const call = this.#pending.get(id);
    this.#pending.delete(id);
    if (this.#pending.size === 0) {
      thread?.keepAlive(false);
    }
    if (error) {
      const made = failure(error.message, error.cancelled);
      call?.reject(made);
    } else {
      call?.resolve(result);
    }
  }

  async call(job, transfer = []) {
    this.#last += 1;
    const id = this.#last;
    const answer = new Promise((resolve, reject) => {
      this.#pending.set(id, { resolve, reject });
    });
    try {
      this.#thread ??= this.#start();
      const thread = await this.#thread;
      thread.keepAlive(true);
      thread.post({ id, ...job }, transfer);
    } catch (error) {
      this.#thread = null;
      this.#settle({ id, error: { message: `the worker could not be used: ${error.message}` } });
    }
    return answer;
  }

  async end() {
    const thread = await this.#thread;
    this.#thread = null;
    const all = [...this.#pending.values()];
    this.#pending.clear();
    all.forEach(({ reject }) => reject(new Error('the worker was ended')));
    await thread?.end();
  }
}

// A worker of either kind: of browsers, Deno and Bun, or of Node.

const isNode = typeof process !== 'undefined' && Boolean(process.versions?.node) && typeof Deno === 'undefined'
  && typeof Bun === 'undefined';

/** Starts worker.js; `onmessage(data)` and `ondeath(error)` are called with what comes. */
export async function startWorker(onmessage, ondeath) {
  const url = new URL('./worker.js', import.meta.url);
  let alive = true;
  const died = (error) => {
    if (alive) {
      alive = false;
      ondeath(error instanceof Error ? error : new Error(String(error?.message ?? error)));
    }
  };
  if (isNode) {
    const { Worker: NodeWorker } = await import('node:worker_threads');
    const worker = new NodeWorker(url);
    worker.on('message', onmessage);
    worker.on('error', died);
    worker.on('exit', (code) => died(new Error(`the worker ended with ${code}`)));
    return {
      post: (data, transfer = []) => worker.postMessage(data, transfer),
      // A worker that waits for work does not keep the process alive.
      keepAlive: (on) => (on ? worker.ref() : worker.unref()),
      end: () => {
        alive = false;
        return worker.terminate();
      },
    };
  }
  const worker = new Worker(url, { type: 'module' });
  worker.onmessage = ({ data }) => onmessage(data);
  worker.onerror = (event) => {
    event.preventDefault?.();
    died(new Error(event.message || 'the worker could not be started'));
    worker.terminate();
  };
  return {
    post: (data, transfer = []) => worker.postMessage(data, transfer),
    keepAlive: (on) => (on ? worker.ref?.() : worker.unref?.()),
    end: () => {
      alive = false;
      worker.terminate();
    },
  };
}

/** What a worker uses of its parent: `post` to it and `listen` to it. */
export async function parent() {
  if (isNode) {
    const { parentPort } = await import('node:worker_threads');
    return {
      post: (data, transfer = []) => parentPort.postMessage(data, transfer),
      listen: (work) => parentPort.on('message', work),
    };
  }
  return {
    post: (data, transfer = []) => globalThis.postMessage(data, transfer),
    listen: (work) => globalThis.addEventListener('message', ({ data }) => work(data)),
  };
}

/** The buffers of all typed arrays in a result. */
export function buffers(value, found = new Set()) {
  if (ArrayBuffer.isView(value)) {
    found.add(value.buffer);
  } else if (value instanceof ArrayBuffer) {
    found.add(value);
  } else if (value && typeof value === 'object') {
    Object.values(value).forEach((inner) => buffers(inner, found));
  }
  return [...found].filter((buffer) => buffer instanceof ArrayBuffer);
}

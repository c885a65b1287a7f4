// A worker: estimates of arrays that were sent here, and recordings that are read from here.

import { Core } from './core.js';
import { estimates } from './estimates.js';
import { buffers, parent } from './thread.js';

const port = await parent();
/** Files by number: bytes, a Blob, or a Blob whose slices only the parent can read. */
const files = new Map();
/** The last block of each file, and the bytes of one. */
const blocks = new Map();
const BLOCK = 2 ** 20;
let core = null;
let bound = null;

/** Fills `into` from a file; it has to be synchronous. */
function read(file, offset, into) {
  const source = files.get(file);
  try {
    if (source instanceof Uint8Array) {
      const part = source.subarray(offset, offset + into.length);
      into.set(part);
      return part.length;
    }
    const { at, bytes } = blocks.get(file) ?? { at: 0, bytes: new Uint8Array(0) };
    const end = at + bytes.length;
    if (offset < at || offset + into.length > end) {
      // A read costs a millisecond, however short it is; pictures go forward in small steps.
      const near = offset >= at && offset <= end + BLOCK;
      const wanted = Math.max(into.length, near ? BLOCK : 0);
      const block = new Uint8Array(wanted);
      const got = source.shared ? ask(source, file, offset, block) : slice(source, offset, block);
      if (got < 0) {
        return -1;
      }
      blocks.set(file, { at: offset, bytes: block.subarray(0, got) });
    }
    const known = blocks.get(file);
    const part = known.bytes.subarray(offset - known.at, offset - known.at + into.length);
    into.set(part);
    return part.length;
  } catch {
    return -1;
  }
}

function slice(blob, offset, into) {
  const part = new FileReaderSync().readAsArrayBuffer(blob.slice(offset, offset + into.length));
  into.set(new Uint8Array(part));
  return part.byteLength;
}

/** Has the parent read a slice into shared memory, and waits for it: [state, length], then the bytes. */
function ask({ shared }, file, offset, into) {
  const state = new Int32Array(shared, 0, 2);
  let done = 0;
  while (done < into.length) {
    const length = Math.min(into.length - done, shared.byteLength - 8);
    Atomics.store(state, 0, 0);
    port.post({ read: file, offset: offset + done, length });
    Atomics.wait(state, 0, 0);
    const got = Atomics.load(state, 1);
    if (got < 0) {
      return -1;
    }
    into.set(new Uint8Array(shared, 8, got), done);
    done += got;
    if (got < length) {
      break;
    }
  }
  return done;
}

/** The newest view of each recording's pictures and selections: requests of older ones are not begun. */
const newest = new Map();
const kind = (method) => (['tile', 'envelope'].includes(method) ? 'picture' : 'selection');
const waiting = [];
let working = false;

const jobs = {
  start({ module }) {
    core = new Core(module, read);
    bound = estimates(core);
  },
  run: ({ name, values, options }) => bound[name](...values, ...options),
  open({ sources, options }) {
    const numbered = sources.map(({ name, size, bytes, blob, shared }) => {
      const file = files.size + 1;
      files.set(file, bytes ? new Uint8Array(bytes) : shared ? { shared } : blob);
      return { name, size, file };
    });
    return { engine: core.call({ fn: 'open', files: numbered, ...options }), numbers: numbered.map((f) => f.file) };
  },
  ask({ engine, request }) {
    const { json, bytes } = core.call({ fn: 'engine', engine, request: JSON.stringify(request) });
    return json ? JSON.parse(new TextDecoder().decode(bytes)) : bytes;
  },
  close: ({ engine }) => core.call({ fn: 'close', engine }),
  memory: () => core.memory,
};

function work() {
  const job = waiting.shift();
  if (!job) {
    working = false;
    return;
  }
  const { id, request } = job;
  const view = request?.view;
  try {
    if (view !== undefined && view < (newest.get(kind(request.method)) ?? 0)) {
      throw Object.assign(new Error('cancelled'), { cancelled: true });
    }
    const result = jobs[job.job](job);
    port.post({ id, result }, buffers(result));
  } catch (error) {
    const { message, argument, cancelled } = error;
    port.post({ id, error: { message, argument, cancelled } });
  }
  // Messages that came meanwhile are seen before the next job begins.
  setTimeout(work);
}

port.listen((job) => {
  if (job.crash) {
    throw new Error('this worker was asked to end');
  }
  const { request } = job;
  if (request?.view !== undefined) {
    const of = kind(request.method);
    newest.set(of, Math.max(newest.get(of) ?? 0, request.view));
  }
  waiting.push(job);
  if (!working) {
    working = true;
    work();
  }
});
port.post({ ready: true });

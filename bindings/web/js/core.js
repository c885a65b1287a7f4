// The WebAssembly instance: arrays in, a request in JSON, arrays out. Everything else is written in terms of `call`.

const ARRAYS = { f32: Float32Array, f64: Float64Array, u8: Uint8Array };

/** Compiles a module: from a given source, or from the file of this name beside this one. */
export async function compile(source, name) {
  if (source instanceof WebAssembly.Module) {
    return source;
  }
  if (source instanceof ArrayBuffer || ArrayBuffer.isView(source)) {
    return WebAssembly.compile(source);
  }
  const url = new URL(source ?? name, import.meta.url);
  if (url.protocol === 'file:') {
    const { readFile } = await import('node:fs/promises');
    return WebAssembly.compile(await readFile(url));
  }
  const response = await fetch(url);
  if (!response.ok) {
    throw new Error(`init: ${url} answered ${response.status}`);
  }
  // A server that does not know the media type must not keep the page from working.
  const streams = response.headers.get('Content-Type')?.startsWith('application/wasm');
  return streams ? WebAssembly.compileStreaming(response) : WebAssembly.compile(await response.arrayBuffer());
}

/** UTF-8 without TextEncoder, which audio worklets lack: escapes what is not ASCII, which JSON allows. */
function encode(text) {
  const plain = text.replace(/[\u0080-\uffff]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);
  const bytes = new Uint8Array(plain.length);
  for (let i = 0; i < plain.length; i += 1) {
    bytes[i] = plain.charCodeAt(i);
  }
  return bytes;
}

function decode(bytes) {
  if (typeof TextDecoder !== 'undefined') {
    return new TextDecoder().decode(bytes);
  }
  let text = '';
  bytes.forEach((byte) => {
    text += `%${byte.toString(16).padStart(2, '0')}`;
  });
  return decodeURIComponent(text);
}

/** One instance of the module. A trap ends the instance; the next call starts a fresh one. */
export class Core {
  #module;
  #exports = null;
  #panic = '';
  #read;

  /** `read(file, offset, bytes)` fills `bytes` from a file and returns how many it got, negative if it failed. */
  constructor(module, read = () => -1) {
    this.#module = module;
    this.#read = read;
  }

  get module() {
    return this.#module;
  }

  /** Bytes of memory that the instance has. */
  get memory() {
    return this.#exports?.memory.buffer.byteLength ?? 0;
  }

  #start() {
    const bytes = (at, length) => new Uint8Array(this.#exports.memory.buffer, at >>> 0, length >>> 0);
    const host = {
      read: (file, offset, at, length) => this.#read(file, offset, bytes(at, length)),
      panicked: (at, length) => {
        this.#panic = decode(bytes(at, length).slice());
      },
    };
    this.#exports = new WebAssembly.Instance(this.#module, { host }).exports;
  }

  /** Puts an array into the instance; `{id, type}` names it in a request. */
  put(values) {
    if (!this.#exports) {
      this.#start();
    }
    const type = values instanceof Float32Array ? 'f32' : values instanceof Float64Array ? 'f64' : 'u8';
    const id = this.#exports.array_new(values.byteLength);
    new values.constructor(this.#exports.memory.buffer, this.#exports.array_at(id) >>> 0, values.length).set(values);
    return { id, type };
  }

  #take({ array: id, type }) {
    const { memory, array_at, array_len, array_free } = this.#exports;
    const Type = ARRAYS[type];
    const length = (array_len(id) >>> 0) / Type.BYTES_PER_ELEMENT;
    const copy = new Type(memory.buffer, array_at(id) >>> 0, length).slice();
    array_free(id);
    return copy;
  }

  /** Answers `request`, whose values that are typed arrays go into the instance. Throws what the instance reports. */
  call(request) {
    try {
      const text = JSON.stringify(request, (_, value) => (ArrayBuffer.isView(value) ? this.put(value) : value));
      const { id } = this.put(encode(text));
      const reply = this.#exports.call(id);
      const answer = JSON.parse(decode(this.#take({ array: reply, type: 'u8' })), (_, value) => {
        const isArray = value !== null && typeof value === 'object' && typeof value.array === 'number' && value.type;
        return isArray ? this.#take(value) : value;
      });
      if (answer.error) {
        throw failure(answer.error.message, answer.error.cancelled);
      }
      return answer.ok;
    } catch (error) {
      if (error instanceof WebAssembly.RuntimeError || error instanceof RangeError) {
        const why = this.#panic || error.message;
        this.#exports = null;
        this.#panic = '';
        throw new Error(`rlx-fft failed and starts afresh: ${why}`, { cause: error });
      }
      throw error;
    }
  }
}

/** An error whose `argument` is the name before the colon, where the message has one. */
export function failure(message, cancelled = false) {
  const error = new Error(message);
  const named = /^([a-z_][a-z0-9_]*): /i.exec(message);
  if (named) {
    error.argument = named[1];
  }
  if (cancelled) {
    error.cancelled = true;
  }
  return error;
}

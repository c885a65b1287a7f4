// The engine's interface. The page talks to nothing else: a local server is one engine, a WebAssembly worker another. Every method takes a plain object with the fields of the Rust type of the same name (rlx_view::Request)
// and returns a promise; positions are in samples. A request of a newer `view` makes older ones fail with
// `error.cancelled`.
//
//   info()            → {recordings: [{name, format, sample_rate, frames, channels, complex, …}], failures, following}
//   tile(query)       → {columns, rows, exact, levels: Int16Array [columns][rows] in 0.01 dB,
//                        pairs: Float32Array [columns][min, max]}
//   envelope(query)   → {channels, columns, exact, values: Float32Array [channels][columns][min, max]}
//   psd(query), peaks(query), measure(query) → results with the names of the program's JSON
//   exportFile(query) → Blob
//   command(query)    → text
//   samples(query)    → Float32Array
//   annotate(query)   → path of the file that was written

export const NONE = -32768;
export const TILE_COLUMNS = 256;

/** What engines have in common; they differ in how a request gets there: `json(method, query)` and `bytes(method, query)`. */
export class Engine {
  info() {
    return this.json('info');
  }

  async tile(query) {
    return decodeTile(await this.bytes('tile', query));
  }

  async envelope(query) {
    const bytes = await this.bytes('envelope', query);
    const [channels, columns, exact] = new Uint32Array(bytes, 0, 4);
    return { channels, columns, exact: exact === 1, values: new Float32Array(bytes, 16) };
  }

  psd(query) {
    return this.json('psd', query);
  }

  peaks(query) {
    return this.json('peaks', query);
  }

  measure(query) {
    return this.json('measure', query);
  }

  async exportFile(query) {
    return new Blob([await this.bytes('export', query)]);
  }

  command(query) {
    return this.json('command', query);
  }

  async samples(query) {
    return new Float32Array(await this.bytes('samples', query));
  }

  annotate(query) {
    return this.json('annotate', query);
  }
}

/** The engine behind the address that the page was loaded from. */
export class HttpEngine extends Engine {
  constructor() {
    super();
    this.session = Math.floor(Math.random() * 2 ** 48).toString(36);
  }

  async #post(method, query = {}) {
    const response = await fetch(`api?session=${this.session}`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ method, ...query }),
    });
    if (response.status === 204) {
      throw Object.assign(new Error('cancelled'), { cancelled: true });
    }
    if (!response.ok) {
      throw new Error((await response.text()) || `the server answered ${response.status}`);
    }
    return response;
  }

  async json(method, query) {
    const answer = await (await this.#post(method, query)).json();
    if (answer && typeof answer.error === 'string') {
      throw new Error(answer.error);
    }
    return answer;
  }

  async bytes(method, query) {
    const response = await this.#post(method, query);
    if (response.headers.get('Content-Type')?.startsWith('application/json')) {
      throw new Error((await response.json()).error);
    }
    return response.arrayBuffer();
  }
}

function decodeTile(bytes) {
  const [columns, rows, exact] = new Uint32Array(bytes, 0, 6);
  const levels = new Int16Array(bytes, 24, columns * rows);
  // The pairs need not be aligned.
  const pairs = new Float32Array(bytes.slice(24 + 2 * columns * rows));
  return { columns, rows, exact: exact === 1, levels, pairs };
}

// Tiles: which ones a view needs, what is at hand, and fetching the rest, coarse pictures first.

import { TILE_COLUMNS } from './engine.js';

const KEPT_BYTES = 96 * 2 ** 20;
const AT_ONCE = 4;

/** How the visible stretch is cut into columns: samples per frame step, frames per column, bins per row. */
export function grid(view, pixels, height) {
  const perPixel = ((view.end - view.start) * view.rate) / Math.max(pixels, 1);
  let { hop } = view;
  // Deep inside, frames overlap more so that the picture stays as fine as the screen.
  while (hop % 2 === 0 && hop > perPixel && hop > view.nFft / 32) {
    hop /= 2;
  }
  const frames = 2 ** Math.max(0, Math.floor(Math.log2(perPixel / hop)));
  const visible = (view.bins * (view.high - view.low)) / (view.band[1] - view.band[0]);
  let fold = 1;
  while (view.bins / fold > 16384 || (visible / (2 * fold) > 2 * height && view.bins / fold > 1024)) {
    fold *= 2;
  }
  // Columns stand where the middles of their frames are.
  return { hop, frames, fold, width: hop * frames, lead: (view.nFft - hop) / 2 };
}

export class Tiles {
  constructor(engine, changed, failed) {
    Object.assign(this, { engine, changed, failed, kept: new Map(), bytes: 0, view: 0, queue: [], running: 0 });
  }

  clear() {
    this.kept.clear();
    this.bytes = 0;
  }

  key(view, channel, grid, index) {
    return [view.recording, channel, view.nFft, view.window, view.detrend, view.aggregate,
      grid.hop, grid.frames, grid.fold, index].join(' ');
  }

  get(view, channel, grid, index) {
    const key = this.key(view, channel, grid, index);
    const found = this.kept.get(key);
    if (found) {
      this.kept.delete(key);
      this.kept.set(key, found);
    }
    return found;
  }

  /** Numbers of the tiles that start … end (in s) needs. */
  static range(view, grid, start = view.start, end = view.end) {
    const column = (t) => Math.floor((t * view.rate - grid.lead) / grid.width);
    const last = Math.floor((view.file.frames - 1) / grid.width);
    const clamp = (c) => Math.min(Math.max(c, 0), last);
    return [Math.floor(clamp(column(start)) / TILE_COLUMNS), Math.floor(clamp(column(end)) / TILE_COLUMNS)];
  }

  /** Asks for what the view needs and does not have: first pictures of all tiles, then every frame. */
  want(view, channels, grid, frames = view.file.frames) {
    this.view += 1;
    const [first, last] = Tiles.range(view, grid);
    const middle = (first + last) / 2;
    const wanted = [];
    for (let index = first; index <= last && wanted.length < 512; index++) {
      for (const channel of channels) {
        const key = this.key(view, channel, grid, index);
        const tile = this.kept.get(key);
        const end = Math.min(frames, ((index + 1) * TILE_COLUMNS) * grid.width + view.nFft);
        const stale = tile && tile.end < end;
        const query = { recording: view.recording, channel, ...view.estimate(), hop: grid.hop, frames: grid.frames,
          fold: grid.fold, aggregate: view.aggregate, index };
        const distance = Math.abs(index - middle);
        if (!tile || stale) {
          wanted.push({ key, query, end, exact: false, order: distance });
        }
        if (!tile?.exact || stale) {
          wanted.push({ key, query, end, exact: true, order: 1e6 + distance });
        }
      }
    }
    this.queue = wanted.sort((a, b) => a.order - b.order);
    this.pump();
  }

  /** Whether tiles of the newest view are still to come. */
  get busy() {
    return this.queue.length + this.running;
  }

  pump() {
    while (this.running < AT_ONCE && this.queue.length) {
      const job = this.queue.shift();
      const known = this.kept.get(job.key);
      if (known?.exact && known.end >= job.end) {
        continue;
      }
      this.running += 1;
      this.load(job, this.view).finally(() => {
        this.running -= 1;
        this.pump();
        this.changed();
      });
    }
  }

  async load({ key, query, end, exact }, view) {
    try {
      const tile = await this.engine.tile({ ...query, exact, view });
      this.keep(key, Object.assign(tile, { end }));
    } catch (error) {
      if (!error.cancelled) {
        this.queue = this.queue.filter((job) => job.key !== key);
        this.failed(error);
      }
    }
  }

  keep(key, tile) {
    const size = (t) => 2 * t.levels.length + 8 * t.columns;
    const old = this.kept.get(key);
    if (old) {
      this.bytes -= size(old);
      this.kept.delete(key);
    }
    this.kept.set(key, tile);
    this.bytes += size(tile);
    for (const [oldest, gone] of this.kept) {
      if (this.bytes <= KEPT_BYTES) {
        break;
      }
      this.kept.delete(oldest);
      this.bytes -= size(gone);
    }
  }
}

// From tiles to pixels: one spectrogram of one channel.

import { NONE, TILE_COLUMNS } from './engine.js';
import { table } from './colours.js';
import { Tiles } from './tiles.js';

/** The automatic range: from the noise floor to just above the strongest levels of these tiles. */
export function automaticRange(tiles, rowsOf) {
  const values = [];
  for (const tile of tiles) {
    const [from, to] = rowsOf(tile);
    const step = Math.max(1, Math.floor(tile.levels.length / 4000)) | 1;
    for (let i = 0; i < tile.levels.length; i += step) {
      const row = i % tile.rows;
      if (tile.levels[i] !== NONE && row >= from && row <= to) {
        values.push(tile.levels[i]);
      }
    }
  }
  if (values.length < 8) {
    return null;
  }
  values.sort((a, b) => a - b);
  const at = (share) => values[Math.min(values.length - 1, Math.floor(share * values.length))] / 100;
  const top = Math.max(at(0.999), at(1) - 20) + 1;
  // Silence is no floor worth showing.
  const bottom = Math.max(at(0.15) - 3, top - 110);
  return top - bottom < 20 ? [top - 20, top] : [bottom, top];
}

/**
 * Draws the tiles that are at hand into `image` (ImageData); pixels without a tile stay transparent.
 * Returns whether every pixel had one.
 */
export function drawSpectrogram(image, view, tiles, channel, grid, range) {
  const { width, height } = image;
  const pixels = new Uint32Array(image.data.buffer);
  const colours = table(view.colours);
  const [low, high] = [range[0] * 100, range[1] * 100];
  const gain = 255 / Math.max(high - low, 1);
  const scale = view.frequencies();
  const base = view.band[0];
  // Rows of the tile under each line of pixels, from the top.
  const rowAt = (unit) => (scale.toFrequency(unit) - base) / view.step / grid.fold;
  const from = new Int32Array(height);
  const to = new Int32Array(height);
  for (let y = 0; y < height; y++) {
    const [bottom, top] = [rowAt(1 - (y + 1) / height), rowAt(1 - y / height)];
    from[y] = Math.round(bottom);
    to[y] = Math.max(from[y] + 1, Math.round(top));
  }
  const perPixel = ((view.end - view.start) * view.rate) / width;
  const first = view.start * view.rate - grid.lead;
  let whole = true;
  let column = new Int16Array(0);
  for (let x = 0; x < width; x++) {
    const c0 = Math.floor((first + x * perPixel) / grid.width);
    const c1 = Math.max(c0 + 1, Math.floor((first + (x + 1) * perPixel) / grid.width));
    let filled = 0;
    let rows = 0;
    let single = null;
    for (let c = Math.max(c0, 0); c < c1; c++) {
      const tile = tiles.get(view, channel, grid, Math.floor(c / TILE_COLUMNS));
      const at = c % TILE_COLUMNS;
      if (!tile) {
        whole = false;
        continue;
      }
      if (at >= tile.columns) {
        continue;
      }
      rows = tile.rows;
      const levels = tile.levels.subarray(at * rows, (at + 1) * rows);
      if (filled === 0) {
        single = levels;
      } else {
        if (column.length !== rows) {
          column = new Int16Array(rows);
        }
        const other = single;
        for (let i = 0; i < rows; i++) {
          column[i] = other[i] > levels[i] ? other[i] : levels[i];
        }
        single = column;
      }
      filled += 1;
    }
    if (!filled) {
      continue;
    }
    for (let y = 0; y < height; y++) {
      let best = NONE;
      const end = Math.min(to[y], rows);
      for (let row = Math.max(from[y], 0); row < end; row++) {
        best = single[row] > best ? single[row] : best;
      }
      if (best !== NONE) {
        const index = (best - low) * gain;
        pixels[y * width + x] = colours[index <= 0 ? 0 : index >= 255 ? 255 : index | 0];
      }
    }
  }
  return whole;
}

/** Level in dB under a moment and a frequency, or null. */
export function levelAt(view, tiles, channel, grid, seconds, frequency) {
  const column = Math.floor((seconds * view.rate - grid.lead) / grid.width);
  const tile = column < 0 ? null : tiles.get(view, channel, grid, Math.floor(column / TILE_COLUMNS));
  const at = column % TILE_COLUMNS;
  if (!tile || at >= tile.columns) {
    return null;
  }
  const row = Math.round((frequency - view.band[0]) / view.step / grid.fold - (grid.fold > 1 ? 0.5 : 0));
  const level = tile.levels[at * tile.rows + Math.min(Math.max(row, 0), tile.rows - 1)];
  return level === NONE ? null : level / 100;
}

/** Tiles of the visible stretch that are at hand. */
export function visibleTiles(view, tiles, channels, grid) {
  const [first, last] = Tiles.range(view, grid);
  const found = [];
  for (let index = first; index <= last; index++) {
    for (const channel of channels) {
      const tile = tiles.get(view, channel, grid, index);
      if (tile) {
        found.push(tile);
      }
    }
  }
  return found;
}

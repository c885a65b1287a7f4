// The envelope below the spectrogram, and stacked traces of all channels.

import { TILE_COLUMNS } from './engine.js';
import { LINES } from './colours.js';
import * as format from './format.js';

/** Smallest and largest sample of every pixel column, from the tiles that the spectrogram has. */
export function fromTiles(view, tiles, channel, grid, width) {
  const values = new Float32Array(2 * width).fill(NaN);
  const perPixel = ((view.end - view.start) * view.rate) / width;
  for (let x = 0; x < width; x++) {
    // The envelope belongs to the samples themselves, not to the middles of frames.
    const c0 = Math.max(0, Math.floor((view.start * view.rate + x * perPixel) / grid.width));
    const c1 = Math.max(c0 + 1, Math.floor((view.start * view.rate + (x + 1) * perPixel) / grid.width));
    for (let c = c0; c < c1; c++) {
      const tile = tiles.get(view, channel, grid, Math.floor(c / TILE_COLUMNS));
      const at = 2 * (c % TILE_COLUMNS);
      if (!tile || at >= tile.pairs.length) {
        continue;
      }
      values[2 * x] = least(values[2 * x], tile.pairs[at]);
      values[2 * x + 1] = most(values[2 * x + 1], tile.pairs[at + 1]);
    }
  }
  return values;
}

const least = (a, b) => (a < b || Number.isNaN(b) ? a : b);
const most = (a, b) => (a > b || Number.isNaN(b) ? a : b);

/** Fetches envelopes of the visible stretch; the newest request wins. */
export class Envelopes {
  constructor(engine, changed, failed) {
    Object.assign(this, { engine, changed, failed, latest: null, number: 0 });
  }

  clear() {
    this.latest = null;
  }

  async want(view, channels, width, number) {
    const samples = Math.max(1, Math.floor(((view.end - view.start) * view.rate) / width));
    const start = Math.floor(view.start * view.rate);
    const columns = Math.min(16384, Math.ceil(((view.end - view.start) * view.rate) / samples) + 1);
    const key = [view.recording, channels, start, samples, columns, view.file.frames].join(' ');
    if (this.latest?.key === key && this.latest.exact) {
      return;
    }
    this.number += 1;
    const own = this.number;
    try {
      for (const exact of [false, true]) {
        const query = { recording: view.recording, channels, start, samples, columns, exact, view: number };
        const answer = await this.engine.envelope(query);
        if (own !== this.number) {
          return;
        }
        this.latest = { key, ...answer, start, samples, shown: channels.join() };
        this.changed();
        if (answer.exact) {
          return;
        }
      }
    } catch (error) {
      if (!error.cancelled) {
        this.failed(error);
      }
    }
  }
}

/** Draws one envelope (pairs per pixel column) into `rect`; returns the range that it spans. */
export function drawEnvelope(context, rect, values, colour, range) {
  let [low, high] = range ?? spanOf(values);
  if (!(high > low)) {
    [low, high] = [low - 1, high + 1];
  }
  const y = (v) => rect.y + rect.height * (1 - (v - low) / (high - low));
  const count = values.length / 2;
  context.save();
  context.beginPath();
  context.rect(rect.x, rect.y, rect.width, rect.height);
  context.clip();
  context.strokeStyle = colour;
  context.fillStyle = colour;
  context.lineWidth = 1;
  context.beginPath();
  let before = null;
  for (let i = 0; i < count; i++) {
    if (Number.isNaN(values[2 * i])) {
      before = null;
      continue;
    }
    const x = rect.x + ((i + 0.5) * rect.width) / count;
    const [bottom, top] = [y(values[2 * i]), y(values[2 * i + 1])];
    if (before === null) {
      context.moveTo(x, top);
    } else {
      context.lineTo(x, Math.abs(before - top) < Math.abs(before - bottom) ? top : bottom);
    }
    context.lineTo(x, top);
    context.lineTo(x, bottom);
    before = bottom;
  }
  context.stroke();
  context.restore();
  return [low, high];
}

export function spanOf(values) {
  let [low, high] = [Infinity, -Infinity];
  for (const value of values) {
    low = value < low ? value : low;
    high = value > high ? value : high;
  }
  return low <= high ? [low, high] : [-1, 1];
}

/** The waveform of one channel with its unit. */
export function drawWaveform(context, rect, values, view, style) {
  const [low, high] = drawEnvelope(context, rect, values, style.line, null);
  context.save();
  context.font = '11px system-ui, sans-serif';
  context.fillStyle = style.axis;
  context.textAlign = 'right';
  context.textBaseline = 'top';
  context.fillText(format.value(high), rect.x - 6, rect.y);
  context.textBaseline = 'bottom';
  context.fillText(format.value(low), rect.x - 6, rect.y + rect.height);
  const unit = view.file.channels[view.channel].unit;
  if (unit) {
    context.textBaseline = 'middle';
    context.fillText(unit, rect.x - 6, rect.y + rect.height / 2);
  }
  context.restore();
}

/** Traces of several channels, one below the other, each on the same scale of its unit. */
export function drawStack(context, rect, view, channels, envelope, style) {
  const { values, columns, start, samples } = envelope;
  const height = rect.height / channels.length;
  const spans = channels.map((_, i) => spanOf(values.subarray(2 * columns * i, 2 * columns * (i + 1))));
  const largest = new Map();
  channels.forEach((c, i) => {
    const unit = view.file.channels[c].unit ?? '';
    largest.set(unit, Math.max(largest.get(unit) ?? 0, spans[i][1] - spans[i][0]));
  });
  const scale = rect.width / ((view.end - view.start) * view.rate);
  const x0 = rect.x + (start - view.start * view.rate) * scale;
  context.save();
  context.font = '11px system-ui, sans-serif';
  channels.forEach((c, i) => {
    const part = values.subarray(2 * columns * i, 2 * columns * (i + 1));
    const middle = (spans[i][0] + spans[i][1]) / 2;
    const half = (largest.get(view.file.channels[c].unit ?? '') || 2) / 2;
    const own = { x: x0, y: rect.y + i * height, width: columns * samples * scale, height };
    context.save();
    context.beginPath();
    context.rect(rect.x, rect.y, rect.width, rect.height);
    context.clip();
    drawEnvelope(context, own, part, LINES[c % LINES.length], [middle - half, middle + half]);
    context.restore();
    context.fillStyle = style.axis;
    context.textAlign = 'right';
    context.textBaseline = 'middle';
    context.fillText(view.file.channels[c].name.slice(0, 10), rect.x - 6, own.y + height / 2, rect.x - 8);
  });
  context.restore();
}

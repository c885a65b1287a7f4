// Scales of the frequency axis, ticks, and drawing of both axes.

import * as format from './format.js';

const MEL = 2595;
const scales = {
  linear: { forward: (f) => f, back: (y) => y },
  log: { forward: (f) => Math.log10(Math.max(f, 1e-12)), back: (y) => 10 ** y },
  mel: { forward: (f) => MEL * Math.log10(1 + Math.max(f, 0) / 700), back: (y) => 700 * (10 ** (y / MEL) - 1) },
};

/** Maps frequencies low … high to 0 … 1 and back. */
export function frequencyScale(name, low, high, step) {
  const scale = scales[name] ?? scales.linear;
  // A logarithm has no 0: it begins at the first bin.
  const bottom = name === 'log' ? Math.max(low, step) : low;
  const [a, b] = [scale.forward(bottom), scale.forward(Math.max(high, bottom + step))];
  return {
    low: bottom,
    toUnit: (f) => (scale.forward(f) - a) / (b - a),
    toFrequency: (unit) => scale.back(a + unit * (b - a)),
  };
}

/** Round numbers in low … high, about `count` of them. */
export function ticks(low, high, count) {
  const raw = (high - low) / Math.max(count, 1);
  if (!(raw > 0) || !Number.isFinite(raw)) {
    return { step: 1, values: [] };
  }
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].map((m) => m * power).find((s) => s >= raw) ?? 10 * power;
  return { step, values: sequence(low, high, step) };
}

const CLOCK = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400];

/** Round times: in clocks above a second. */
export function timeTicks(low, high, count) {
  const raw = (high - low) / Math.max(count, 1);
  if (raw < 1) {
    return ticks(low, high, count);
  }
  const step = CLOCK.find((s) => s >= raw) ?? 86400 * Math.ceil(raw / 86400);
  return { step, values: sequence(low, high, step) };
}

function sequence(low, high, step) {
  const values = [];
  for (let k = Math.ceil(low / step); k * step <= high && values.length < 200; k++) {
    values.push(k * step);
  }
  return values;
}

/** Ticks of a frequency axis: per decade where it is logarithmic. */
export function frequencyTicks(name, low, high, count) {
  if (name !== 'log' || high / Math.max(low, 1e-12) < 8) {
    return ticks(low, high, count);
  }
  const values = [];
  for (let decade = Math.floor(Math.log10(Math.max(low, 1e-12))); decade <= Math.log10(high); decade++) {
    for (const m of [1, 2, 5]) {
      const f = m * 10 ** decade;
      if (f >= low && f <= high) {
        values.push(f);
      }
    }
  }
  return { step: 0, values };
}

/** Draws both axes around `rect` (CSS pixels); colours come from the page's style. */
export function drawAxes(context, rect, view, scaleName, scale, style, { times = true, title = '' } = {}) {
  context.save();
  context.font = '11px system-ui, sans-serif';
  context.fillStyle = style.axis;
  context.strokeStyle = style.axis;
  context.lineWidth = 1;
  const { step, values } = frequencyTicks(scaleName, scale.low, view.high, rect.height / 42);
  context.textAlign = 'right';
  context.textBaseline = 'middle';
  const big = Math.max(Math.abs(scale.low), Math.abs(view.high));
  const [factor, unit] = big >= 1e9 ? [1e9, 'GHz'] : big >= 1e6 ? [1e6, 'MHz'] : big >= 2e3 ? [1e3, 'kHz'] : [1, 'Hz'];
  const digits = step ? Math.max(0, Math.ceil(-Math.log10(step / factor) - 1e-9)) : 0;
  for (const f of values) {
    const y = rect.y + rect.height * (1 - scale.toUnit(f));
    tick(context, rect.x - 4, y, rect.x, y);
    const text = step ? (f / factor).toFixed(Math.min(digits, 6)) : String(Number((f / factor).toPrecision(2)));
    if (y > rect.y + 12 || !title) {
      context.fillText(text, rect.x - 6, Math.min(Math.max(y, rect.y + 5), rect.y + rect.height - 4));
    }
  }
  context.save();
  context.translate(11, rect.y + rect.height / 2);
  context.rotate(-Math.PI / 2);
  context.textAlign = 'center';
  context.fillText(unit, 0, 0);
  context.restore();
  if (title) {
    context.textAlign = 'left';
    context.fillText(title, rect.x + 4, rect.y - 6);
  }
  if (times) {
    const { step, values } = timeTicks(view.start, view.end, rect.width / 90);
    context.textAlign = 'center';
    context.textBaseline = 'top';
    for (const t of values) {
      const x = rect.x + (rect.width * (t - view.start)) / (view.end - view.start);
      tick(context, x, rect.y + rect.height, x, rect.y + rect.height + 4);
      const text = format.time(t, Math.min(step, 1));
      const half = context.measureText(text).width / 2;
      context.fillText(text, Math.min(x, rect.x + rect.width + 6 - half), rect.y + rect.height + 6);
    }
  }
  context.restore();
}

function tick(context, x0, y0, x1, y1) {
  context.beginPath();
  context.moveTo(x0, y0);
  context.lineTo(x1, y1);
  context.stroke();
}

// The selection's numbers: fields, powers, the spectrum with its max-hold, and the table of peaks.

import * as format from './format.js';
import { LINES } from './colours.js';

const WAIT = 250;

export class SelectionPanel {
  constructor(view, engine, failed) {
    Object.assign(this, { view, engine, failed, number: 0, plot: null });
    this.fields = Object.fromEntries(['start', 'duration', 'low', 'high'].map((n) => [n, document.getElementById(`sel-${n}`)]));
    for (const field of Object.values(this.fields)) {
      field.addEventListener('change', () => this.typed());
    }
    this.style = getComputedStyle(document.documentElement);
  }

  /** A selection by numbers, for keyboards. */
  typed() {
    const read = (field, other) => {
      const number = Number(field.value.replace(',', '.'));
      return field.value.trim() === '' || Number.isNaN(number) ? other : number;
    };
    const { view, fields } = this;
    const start = read(fields.start, view.start);
    const length = read(fields.duration, view.end - start);
    view.select({ start, end: start + length, low: read(fields.low, view.low), high: read(fields.high, view.high) });
  }

  /** Shows the selection at once and its numbers when it has been still for a moment. */
  update() {
    const { selection } = this.view;
    const { fields } = this;
    const put = (field, value) => {
      if (document.activeElement !== field) {
        field.value = value;
      }
    };
    const digits = Math.max(0, Math.ceil(Math.log10(this.view.rate)));
    put(fields.start, selection ? selection.start.toFixed(digits) : '');
    put(fields.duration, selection ? (selection.end - selection.start).toFixed(digits) : '');
    put(fields.low, selection ? format.value(selection.low) : '');
    put(fields.high, selection ? format.value(selection.high) : '');
    document.getElementById('sel-hint').hidden = Boolean(selection);
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.compute(), WAIT);
  }

  async compute() {
    const { view, engine } = this;
    this.number += 1;
    const own = this.number;
    if (!view.selection) {
      this.show(null, null, null, null);
      return;
    }
    const base = { ...view.stretch(), view: own };
    if (base.count < view.nFft) {
      this.show(null, null, null, null);
      this.say(`The selection is shorter than n_fft (${view.nFft} samples).`);
      return;
    }
    this.panel.setAttribute('aria-busy', 'true');
    try {
      const [measure, mean, hold, peaks] = await Promise.all([
        engine.measure({ ...base, ...view.estimate() }),
        engine.psd({ ...base, ...view.estimate() }),
        engine.psd({ ...base, ...view.estimate(), average: 'max' }),
        engine.peaks({ ...base, ...view.estimate('spectrum'), k: 20 }),
      ]);
      if (own === this.number) {
        this.show(measure[0], mean, hold, peaks);
      }
    } catch (error) {
      if (!error.cancelled && own === this.number) {
        this.say(error.message);
      }
    } finally {
      if (own === this.number) {
        this.panel.removeAttribute('aria-busy');
      }
    }
  }

  get panel() {
    return document.getElementById('panel');
  }

  say(text) {
    const hint = document.getElementById('sel-hint');
    hint.textContent = text;
    hint.hidden = false;
  }

  show(measure, mean, hold, peaks) {
    const list = document.getElementById('measures');
    list.replaceChildren();
    const rows = measure ? [
      ['Band power', `${format.level(measure.level_db)} re 1 ${measure.unit}`],
      ['', `${format.value(measure.power)} ${measure.unit}`],
      ['SNR', measure.snr_db === null ? 'not above the noise' : format.level(measure.snr_db)],
      ['Segments', String(measure.segments)],
    ] : [];
    for (const [name, value] of rows) {
      list.append(element('dt', name), element('dd', value));
    }
    this.drawSpectrum(mean, hold);
    const body = document.querySelector('#peaks tbody');
    body.replaceChildren();
    const found = peaks?.channels[0].frames[0].peaks ?? [];
    for (const peak of found) {
      const row = element('tr');
      row.dataset.freq = String(peak.freq);
      row.append(element('td', String(peak.rank)), element('td', format.frequency(peak.freq, this.view.step / 100)),
        element('td', format.level(peak.level_db)),
        element('td', peak.prominence_db === null ? '' : format.level(peak.prominence_db)),
        element('td', peak.width === null ? '' : format.frequency(peak.width, this.view.step / 100)));
      body.append(row);
    }
    if (mean && !found.length) {
      const cell = element('td', 'No local maximum rises 3 dB above its surroundings.');
      cell.colSpan = 5;
      const row = element('tr');
      row.append(cell);
      body.append(row);
    }
    document.getElementById('peaks').hidden = !mean;
  }

  drawSpectrum(mean, hold) {
    const place = document.getElementById('spectrum');
    this.plot?.destroy();
    this.plot = null;
    if (!mean) {
      place.replaceChildren();
      return;
    }
    const levels = (result) => result.channels[0].psd.map((p) => 10 * Math.log10(Math.max(p, 1e-40)));
    const { freq } = mean.channels[0];
    const colour = this.style.getPropertyValue('--text').trim();
    const grid = { stroke: this.style.getPropertyValue('--line').trim(), width: 1 };
    const axis = { stroke: colour, grid, ticks: grid, font: '11px system-ui', size: 34 };
    this.plot = new uPlot({
      width: place.clientWidth || 320, height: 190,
      scales: { x: { time: false, distr: this.view.scaleName === 'log' && freq[0] > 0 ? 3 : 1 } },
      axes: [{ ...axis, size: 28 }, { ...axis, size: 46 }],
      series: [
        { label: 'Hz', value: (_, v) => (v === null || v === undefined ? '' : format.frequency(v, this.view.step)) },
        { label: `mean, dB re 1 ${mean.header?.unit ?? mean.unit}`, stroke: LINES[0], width: 1.5, value: (_, v) => v?.toFixed(1) ?? '' },
        { label: 'max-hold', stroke: LINES[1], width: 1, value: (_, v) => v?.toFixed(1) ?? '' },
      ],
      cursor: { drag: { x: true, y: false } },
    }, [freq, levels(mean), levels(hold)], place);
  }
}

export function element(name, text = '') {
  const made = document.createElement(name);
  made.textContent = text;
  return made;
}

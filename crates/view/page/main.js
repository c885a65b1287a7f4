// The page: wires the view, the engine and the canvases together.

import { createEngine } from './source.js';
import { View } from './view.js';
import { Tiles, grid } from './tiles.js';
import { automaticRange, drawSpectrogram, levelAt, visibleTiles } from './picture.js';
import { drawAxes, frequencyScale } from './axes.js';
import { Envelopes, drawStack, drawWaveform, fromTiles } from './traces.js';
import { NAMES } from './colours.js';
import { SelectionPanel, element } from './selection.js';
import { addMarker, drawOverlay, showMarkers } from './markers.js';
import { Exports } from './export.js';
import { Player } from './player.js';
import { listen, listenMinimap } from './input.js';
import * as format from './format.js';

const $ = (id) => document.getElementById(id);
const LEFT = 62;
const BOTTOM = 24;
const MOST_SPECTROGRAMS = 8;
const MOST_TRACES = 64;
const POLL = 1000;

const engine = createEngine(() => load(), (error) => failed(error));
const view = new View();
const canvases = { minimap: $('minimap'), spectrogram: $('spectrogram'), traces: $('traces') };
const tiles = new Tiles(engine, () => draw(), failed);
const thumbnails = new Tiles(engine, () => drawMinimap(), failed);
const envelopes = new Envelopes(engine, () => draw(), failed);
const panel = new SelectionPanel(view, engine, failed);
const exports_ = new Exports(view, engine, [canvases.spectrogram, canvases.traces], failed);
const player = new Player(view, engine, failed);
let range = [-120, 0];
let firstTrace = 0;
let before = null;
let pending = false;
let stale = true;

function failed(error) {
  $('message').textContent = error.message;
  $('message').hidden = false;
}

/** Sizes a canvas to its box; gives its context in CSS pixels. */
function prepare(canvas) {
  const ratio = window.devicePixelRatio || 1;
  const [width, height] = [canvas.clientWidth, canvas.clientHeight];
  if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
  }
  const context = canvas.getContext('2d');
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
  return { context, width, height, ratio };
}

function style() {
  const all = getComputedStyle(document.documentElement);
  return { axis: all.getPropertyValue('--axis').trim(), line: all.getPropertyValue('--accent').trim() };
}

function spectrogramChannels() {
  if (view.layout !== 'all') {
    return [view.channel];
  }
  return view.file.channels.map((_, i) => i).slice(0, MOST_SPECTROGRAMS);
}

function traceChannels() {
  firstTrace = Math.min(firstTrace, Math.max(0, view.file.channels.length - MOST_TRACES));
  return view.file.channels.map((_, i) => i).slice(firstTrace, firstTrace + MOST_TRACES);
}

/** Moves to other traces of a file with more channels than fit. */
function scrollTraces(by) {
  const last = Math.max(0, view.file.channels.length - MOST_TRACES);
  const first = Math.max(0, Math.min(last, firstTrace + by));
  if (first !== firstTrace) {
    firstTrace = first;
    request();
  }
}

/** Where the spectrogram of each shown channel lies, in CSS pixels. */
function rectangles(width, height) {
  const channels = spectrogramChannels();
  const gap = channels.length > 1 ? 16 : 0;
  const top = channels.length > 1 ? 16 : 6;
  const each = (height - BOTTOM - top - gap * (channels.length - 1)) / channels.length;
  return channels.map((channel, i) => ({
    channel, x: LEFT, y: top + i * (each + gap), width: Math.max(width - LEFT - 8, 10), height: Math.max(each, 10),
  }));
}

function currentGrid() {
  const { clientWidth, clientHeight } = canvases.spectrogram;
  const ratio = window.devicePixelRatio || 1;
  const [rect] = rectangles(clientWidth, clientHeight);
  return grid(view, Math.round(rect.width * ratio), Math.round(rect.height * ratio));
}

/** Draws soon; pixels are computed again unless only what lies over them has changed. */
function draw(pixels = true) {
  stale ||= pixels;
  if (!pending && view.file) {
    pending = true;
    requestAnimationFrame(() => {
      pending = false;
      drawNow();
    });
  }
}

function drawNow() {
  const started = performance.now();
  const { context, width, height, ratio } = prepare(canvases.spectrogram);
  const rects = rectangles(width, height);
  const cut = currentGrid();
  const colours = style();
  const compute = stale || before?.length !== rects.length;
  stale = false;
  if (compute && view.auto) {
    const found = visibleTiles(view, tiles, spectrogramChannels(), cut);
    const row = (f) => (f - view.band[0]) / view.step / cut.fold;
    range = automaticRange(found, () => [row(view.low), row(view.high)]) ?? range;
    $('range-low').value = range[0].toFixed(0);
    $('range-high').value = range[1].toFixed(0);
  } else if (!view.auto) {
    range = view.range;
  }
  const scale = view.frequencies();
  const kept = [];
  for (const rect of rects) {
    context.fillStyle = '#10131a';
    context.fillRect(rect.x, rect.y, rect.width, rect.height);
    const last = rect === rects[rects.length - 1];
    const title = rects.length > 1 ? view.file.channels[rect.channel].name : '';
    context.imageSmoothingEnabled = false;
    if (!compute) {
      const old = before[kept.length];
      context.drawImage(old.sheet, rect.x, rect.y, rect.width, rect.height);
      kept.push(old);
      drawAxes(context, rect, view, view.scaleName, scale, colours, { times: last, title });
      drawSpans(context, rect, scale);
      drawOverlay(context, rect, view, scale, colours);
      continue;
    }
    const image = new ImageData(Math.max(1, Math.round(rect.width * ratio)), Math.max(1, Math.round(rect.height * ratio)));
    const whole = drawSpectrogram(image, view, tiles, rect.channel, cut, range);
    const sheet = new OffscreenCanvas(image.width, image.height);
    const under = before?.find((old) => old.channel === rect.channel && old.recording === view.recording);
    if (!whole && under) {
      drawOld(sheet.getContext('2d'), image, under);
      const over = new OffscreenCanvas(image.width, image.height);
      over.getContext('2d').putImageData(image, 0, 0);
      sheet.getContext('2d').drawImage(over, 0, 0);
    } else {
      sheet.getContext('2d').putImageData(image, 0, 0);
    }
    context.drawImage(sheet, rect.x, rect.y, rect.width, rect.height);
    kept.push({ channel: rect.channel, recording: view.recording, sheet, start: view.start, end: view.end,
      low: view.low, high: view.high, scale: view.scaleName });
    drawAxes(context, rect, view, view.scaleName, scale, colours, { times: last, title });
    drawSpans(context, rect, scale);
    drawOverlay(context, rect, view, scale, colours);
  }
  before = kept;
  if (compute) {
    drawTraces(cut, colours);
    drawMinimap();
  }
  const busy = tiles.busy;
  $('progress').textContent = busy ? `computing, ${busy} tiles to come` : '';
  document.body.dataset.state = busy ? 'busy' : 'ready';
  document.body.dataset.view = [view.start, view.end, view.low, view.high].join(' ');
  document.body.dataset.drawMs = (performance.now() - started).toFixed(1);
}

/** The picture before, moved and scaled to where it belongs now, until the tiles come. */
function drawOld(context, image, old) {
  if (old.scale !== view.scaleName) {
    return;
  }
  const from = frequencyScale(old.scale, old.low, old.high, view.step);
  const to = view.frequencies();
  const x = (t) => (image.width * (t - view.start)) / (view.end - view.start);
  const y = (f) => image.height * (1 - to.toUnit(f));
  const [left, right] = [x(old.start), x(old.end)];
  const [top, bottom] = [y(old.high), y(Math.max(old.low, from.low))];
  context.drawImage(old.sheet, left, top, right - left, bottom - top);
}

/** Gaps and annotations of the file. */
function drawSpans(context, rect, scale) {
  const x = (t) => rect.x + (rect.width * (t - view.start)) / (view.end - view.start);
  context.save();
  context.beginPath();
  context.rect(rect.x, rect.y, rect.width, rect.height);
  context.clip();
  for (const gap of view.file.gaps ?? []) {
    const at = x(gap.frame / view.rate);
    context.strokeStyle = '#ff5d5d';
    context.lineWidth = 2;
    context.setLineDash([2, 3]);
    context.beginPath();
    context.moveTo(at, rect.y);
    context.lineTo(at, rect.y + rect.height);
    context.stroke();
  }
  context.setLineDash([]);
  context.font = '11px system-ui, sans-serif';
  for (const note of view.file.annotations ?? []) {
    const [left, right] = [x(note.start), x(note.start + (note.duration ?? 0))];
    if (right < rect.x - 1 || left > rect.x + rect.width) {
      continue;
    }
    const band = note.band ?? [view.low, view.high];
    const [top, bottom] = [band[1], Math.max(band[0], scale.low)].map((f) => rect.y + rect.height * (1 - scale.toUnit(f)));
    context.strokeStyle = '#ffd24a';
    context.lineWidth = 1.25;
    context.strokeRect(left, top, Math.max(right - left, 1), bottom - top);
    context.lineWidth = 3;
    context.strokeStyle = 'rgba(0, 0, 0, 0.7)';
    const place = [Math.max(left, rect.x) + 3, Math.max(top, rect.y) + 12];
    context.strokeText(note.label, ...place);
    context.fillStyle = '#ffd24a';
    context.fillText(note.label, ...place);
  }
  context.restore();
}

function drawTraces(cut, colours) {
  const { context, width, height, ratio } = prepare(canvases.traces);
  const rect = { x: LEFT, y: 4, width: Math.max(width - LEFT - 8, 10), height: Math.max(height - 8, 10) };
  if (view.layout === 'traces') {
    if (envelopes.latest) {
      const channels = traceChannels();
      if (envelopes.latest.shown === channels.join()) {
        drawStack(context, rect, view, channels, envelopes.latest, colours);
      }
      const count = view.file.channels.length;
      canvases.traces.title = count > MOST_TRACES
        ? `Channels ${firstTrace + 1} to ${firstTrace + channels.length} of ${count}; the wheel, Page Up and Page Down show others`
        : '';
    }
    return;
  }
  const values = fromTiles(view, tiles, view.channel, cut, Math.round(rect.width * ratio));
  drawWaveform(context, rect, values, view, colours);
}

/** Columns of the whole recording, few enough for one request or two. */
function overviewGrid(pixels) {
  const frames = 2 ** Math.max(0, Math.ceil(Math.log2(view.file.frames / view.hop / Math.max(pixels, 1))));
  return { hop: view.hop, frames, fold: 1, width: view.hop * frames, lead: 0 };
}

function whole() {
  const [low, high] = view.band;
  return Object.assign(Object.create(View.prototype), view, { start: 0, end: view.duration, low, high, scale: 'linear' });
}

function drawMinimap() {
  const { context, width, height, ratio } = prepare(canvases.minimap);
  const rect = { x: LEFT, y: 0, width: Math.max(width - LEFT - 8, 10), height };
  const image = new ImageData(Math.max(1, Math.round(rect.width * ratio)), Math.max(1, Math.round(height * ratio)));
  const all = whole();
  const cut = overviewGrid(256);
  const found = visibleTiles(all, thumbnails, [view.channel], cut);
  drawSpectrogram(image, all, thumbnails, view.channel, cut, automaticRange(found, () => [0, Infinity]) ?? range);
  const sheet = new OffscreenCanvas(image.width, image.height);
  sheet.getContext('2d').putImageData(image, 0, 0);
  context.fillStyle = '#10131a';
  context.fillRect(rect.x, 0, rect.width, height);
  context.drawImage(sheet, rect.x, 0, rect.width, height);
  const x = (t) => rect.x + (rect.width * t) / Math.max(view.duration, 1e-12);
  const [left, right] = [x(view.start), Math.max(x(view.end), x(view.start) + 3)];
  context.fillStyle = 'rgba(0, 0, 0, 0.5)';
  context.fillRect(rect.x, 0, left - rect.x, height);
  context.fillRect(right, 0, rect.x + rect.width - right, height);
  context.strokeStyle = '#fff';
  context.strokeRect(left + 0.5, 0.5, Math.max(right - left - 1, 1), height - 1);
}

/** Asks for what is visible. */
function request() {
  if (!view.file) {
    return;
  }
  const cut = currentGrid();
  tiles.want(view, spectrogramChannels(), cut);
  thumbnails.view = tiles.view;
  if (view.layout === 'traces') {
    const width = Math.round((canvases.traces.clientWidth - LEFT - 8) * (window.devicePixelRatio || 1));
    envelopes.want(view, traceChannels(), Math.max(width, 10), tiles.view);
  }
  draw();
}

function requestOverview() {
  const all = whole();
  const cut = overviewGrid(256);
  const [first, last] = Tiles.range(all, cut);
  for (let index = first; index <= last; index++) {
    const key = thumbnails.key(view, view.channel, cut, index);
    const known = thumbnails.kept.get(key);
    if (known && known.end >= view.file.frames) {
      continue;
    }
    const query = { recording: view.recording, channel: view.channel, ...view.estimate(), frames: cut.frames, fold: 1,
      aggregate: view.aggregate, index };
    // Never cancelled: it is small, and a first picture is enough.
    engine.tile(query).then((tile) => {
      thumbnails.keep(key, Object.assign(tile, { end: view.file.frames }));
      drawMinimap();
    }).catch(failed);
  }
}

/** The smallest time worth showing: a pixel. */
function shortest() {
  return Math.max((view.end - view.start) / Math.max(canvases.spectrogram.clientWidth, 1), 1 / view.rate);
}

function readout() {
  const { cursor } = view;
  if (!cursor || !view.file) {
    return;
  }
  const level = levelAt(view, tiles, cursor.channel ?? view.channel, currentGrid(), cursor.t, cursor.f);
  const unit = view.file.channels[cursor.channel ?? view.channel].unit ?? 'unit';
  const parts = [format.time(cursor.t, shortest()), format.moment(view.file.start_ms, cursor.t, shortest()),
    format.frequency(cursor.f, view.step), level === null ? 'no value' : `${format.level(level)} re 1 ${unit}²/Hz`];
  $('readout').textContent = parts.filter(Boolean).join('   ');
}

/** The moment and the frequency under a pointer event. */
function place(event) {
  const box = canvases.spectrogram.getBoundingClientRect();
  const rects = rectangles(box.width, box.height);
  const [px, py] = [event.clientX - box.left, event.clientY - box.top];
  const rect = rects.find((r) => py <= r.y + r.height + 8) ?? rects[rects.length - 1];
  const unit = 1 - (py - rect.y) / rect.height;
  const inside = px >= rect.x && px <= rect.x + rect.width && unit >= 0 && unit <= 1;
  const t = view.start + ((px - rect.x) / rect.width) * (view.end - view.start);
  return { t, f: view.frequencies().toFrequency(Math.min(1, Math.max(0, unit))), inside, channel: rect.channel };
}

const actions = {
  dragMoves: () => document.querySelector('input[name="drag"]:checked').value === 'pan',
  do(name) {
    const verbs = {
      'zoom-in': () => view.zoomTime(0.5),
      'zoom-out': () => view.zoomTime(2),
      fit: () => view.fit(),
      'zoom-selection': () => {
        if (view.selection) {
          const { start, end, low, high } = view.selection;
          view.showTime(start, end);
          view.showBand(low, high);
        }
      },
      marker: () => {
        const at = view.cursor ?? { t: (view.start + view.end) / 2, f: (view.low + view.high) / 2 };
        addMarker(view, at, levelAt(view, tiles, view.channel, currentGrid(), at.t, at.f));
      },
      play: () => player.toggle(),
    };
    verbs[name]?.();
  },
};

function openRecording(index) {
  player.stop();
  before = null;
  view.selection = null;
  Object.assign(view, { recording: index, channel: 0 });
  // A transform that gives the picture some columns, however short the recording is.
  const wanted = 2 ** Math.floor(Math.log2(Math.max(view.file.frames / 64, 16)));
  view.nFft = Math.min(1024, wanted);
  [view.low, view.high] = view.band;
  Object.assign(view, { start: 0, end: Math.max(view.duration, 16 / view.rate) });
  fillChannels();
  view.change({}, 'file');
}

function fillChannels() {
  const options = view.file.channels.map((channel, i) => Object.assign(element('option', channel.name), { value: i }));
  $('channel').replaceChildren(...options);
  $('channel').value = String(view.channel);
  $('n-fft').value = String(view.nFft);
}

function showFile() {
  const { file } = view;
  $('facts').textContent = `${format.frequency(file.sample_rate)}, ${format.time(view.duration, 0.01)}, ${file.channels.length} channel${file.channels.length > 1 ? 's' : ''}`;
  document.title = `${file.name.split(/[/\\]/).pop()} – rlx-fft view`;
  $('notes').replaceChildren(...file.notes.map((note) => element('li', note)));
  $('notes-section').hidden = file.notes.length === 0;
  $('message').hidden = true;
  const list = (file.annotations ?? []).slice(0, 500).map((note) => {
    const item = element('li');
    const button = element('button', `${format.time(note.start, 0.01)}  ${note.label}`);
    button.type = 'button';
    button.addEventListener('click', () => {
      const length = Math.max((note.duration ?? 0) * 2, (view.end - view.start) / 4);
      const middle = note.start + (note.duration ?? 0) / 2;
      view.showTime(middle - length / 2, middle + length / 2);
    });
    item.append(button);
    return item;
  });
  $('annotations').replaceChildren(...list);
  $('annotations-section').hidden = list.length === 0;
  $('annotate-row').hidden = !$('annotate-row').dataset.allowed || file.name === '-';
  player.update();
}

/** A button with a small picture for every recording. */
function fillFiles() {
  $('file').replaceChildren(...view.recordings.map((r, i) => Object.assign(element('option', r.name), { value: i })));
  $('files').replaceChildren(...view.recordings.slice(0, 200).map((r, i) => {
    const button = element('button');
    button.type = 'button';
    const canvas = element('canvas');
    Object.assign(canvas, { width: 180, height: 60 });
    button.append(canvas, element('span', r.name), element('span', format.time(r.frames / r.sample_rate, 0.1)));
    button.addEventListener('click', () => {
      $('file').value = String(i);
      openRecording(i);
    });
    button.dataset.recording = String(i);
    return button;
  }));
  $('files-button').hidden = view.recordings.length < 2;
}

async function drawFiles() {
  for (const button of $('files').children) {
    const index = Number(button.dataset.recording);
    const file = view.recordings[index];
    const canvas = button.querySelector('canvas');
    if (canvas.dataset.done || file.frames < 64) {
      continue;
    }
    canvas.dataset.done = 'yes';
    const nFft = Math.min(512, 2 ** Math.floor(Math.log2(file.frames / 32)));
    const small = Object.assign(new View(), { recordings: view.recordings, recording: index, nFft, aggregate: 'max', colours: view.colours });
    [small.low, small.high] = small.band;
    small.end = small.duration;
    const frames = 2 ** Math.max(0, Math.ceil(Math.log2(file.frames / small.hop / 180)));
    const cut = { hop: small.hop, frames, fold: 1, width: small.hop * frames, lead: 0 };
    const own = new Tiles(engine, () => {}, failed);
    try {
      const tile = await engine.tile({ recording: index, channel: 0, ...small.estimate(), frames, fold: 1, aggregate: 'max', index: 0 });
      own.keep(own.key(small, 0, cut, 0), Object.assign(tile, { end: file.frames }));
      const image = new ImageData(180, 60);
      drawSpectrogram(image, small, own, 0, cut, automaticRange([tile], () => [0, Infinity]) ?? [-120, 0]);
      canvas.getContext('2d').putImageData(image, 0, 0);
    } catch (error) {
      canvas.title = error.message;
    }
  }
}

function toggles() {
  for (const name of ['files', 'settings']) {
    const button = $(`${name}-button`);
    button.addEventListener('click', () => {
      const hidden = !$(name).hidden;
      $(name).hidden = hidden;
      button.setAttribute('aria-expanded', String(!hidden));
      if (name === 'files' && !hidden) {
        drawFiles();
      }
      request();
    });
  }
  $('help-button').addEventListener('click', () => $('help').showModal());
  document.querySelectorAll('[data-do]').forEach((b) => b.addEventListener('click', () => actions.do(b.dataset.do)));
}

function settings() {
  const lengths = [16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384, 32768, 65536];
  $('n-fft').replaceChildren(...lengths.map((n) => Object.assign(element('option', String(n)), { value: n })));
  $('n-fft').value = '1024';
  $('colours').replaceChildren(...NAMES.map((n) => element('option', n)));
  const estimate = { 'n-fft': (v) => ({ nFft: Number(v) }), overlap: (v) => ({ overlap: Number(v) }),
    window: (v) => ({ window: v }), detrend: (v) => ({ detrend: v }), aggregate: (v) => ({ aggregate: v }),
    channel: (v) => ({ channel: Number(v) }) };
  for (const [id, fields] of Object.entries(estimate)) {
    $(id).addEventListener('change', () => {
      before = null;
      view.change(fields($(id).value), 'estimate');
    });
  }
  const picture = { scale: (v) => ({ scale: v }), colours: (v) => ({ colours: v }), layout: (v) => ({ layout: v }) };
  for (const [id, fields] of Object.entries(picture)) {
    $(id).addEventListener('change', () => {
      before = null;
      view.change(fields($(id).value), 'view');
    });
  }
  const ranges = () => view.change({ auto: $('auto-range').checked,
    range: [Number($('range-low').value), Math.max(Number($('range-high').value), Number($('range-low').value) + 1)] }, 'style');
  $('auto-range').addEventListener('change', ranges);
  for (const id of ['range-low', 'range-high']) {
    $(id).addEventListener('change', () => {
      $('auto-range').checked = false;
      ranges();
    });
  }
  $('theme').addEventListener('change', () => {
    document.documentElement.dataset.theme = $('theme').value;
    panel.update();
    draw();
  });
  $('file').addEventListener('change', () => openRecording(Number($('file').value)));
}

view.listeners.add((what) => {
  if (what === 'cursor') {
    readout();
    draw(false);
    return;
  }
  if (what === 'selection') {
    panel.update();
    exports_.updateCommand();
    showMarkers(view, shortest());
    draw(false);
    return;
  }
  if (what === 'style') {
    draw();
    return;
  }
  if (what === 'file') {
    showFile();
  }
  if (what === 'estimate' || what === 'file') {
    panel.update();
    requestOverview();
  }
  $('picture').classList.toggle('many', view.layout === 'traces');
  exports_.updateCommand();
  showMarkers(view, shortest());
  request();
});

/** Growing files: new samples are looked for, and a view that shows the end follows it. */
async function follow() {
  try {
    const all = (await engine.info()).recordings;
    const grown = all.length === view.recordings.length && all[view.recording].frames > view.file.frames;
    if (grown) {
      const atEnd = view.end >= view.duration - 1e-9;
      const showsAll = view.start === 0;
      view.recordings = all;
      showFile();
      if (atEnd && !showsAll) {
        view.showTime(view.duration - (view.end - view.start), view.duration);
      } else if (atEnd) {
        view.change({ end: view.duration });
      }
      requestOverview();
    }
  } catch (error) {
    failed(error);
  }
  setTimeout(follow, POLL);
}

async function start() {
  toggles();
  settings();
  listen(canvases.spectrogram, view, place, actions);
  listenMinimap(canvases.minimap, view, (event) => {
    const box = canvases.minimap.getBoundingClientRect();
    return ((event.clientX - box.left - LEFT) / Math.max(box.width - LEFT - 8, 1)) * view.duration;
  });
  canvases.traces.addEventListener('wheel', (event) => {
    if (view.layout === 'traces' && view.file.channels.length > MOST_TRACES) {
      event.preventDefault();
      scrollTraces(Math.sign(event.deltaY) * 8);
    }
  }, { passive: false });
  document.addEventListener('keydown', (event) => {
    const by = { PageUp: -MOST_TRACES, PageDown: MOST_TRACES }[event.key];
    if (by && view.layout === 'traces' && view.file.channels.length > MOST_TRACES && event.target.tagName !== 'INPUT') {
      event.preventDefault();
      scrollTraces(by);
    }
  });
  new ResizeObserver(() => request()).observe(canvases.spectrogram);
  await load();
}

/** Shows what the engine has now. */
async function load() {
  try {
    const { recordings, failures, following, may_write: mayWrite } = await engine.info();
    view.recordings = recordings;
    const note = failures.map((f) => `${f.name}: ${f.error}`).join('\n');
    [tiles, thumbnails, envelopes].forEach((kept) => kept.clear());
    if (recordings.length) {
      $('annotate-row').dataset.allowed = mayWrite ? 'yes' : '';
      fillFiles();
      openRecording(0);
    } else {
      document.body.dataset.state = note ? 'failed' : 'empty';
    }
    if (note) {
      failed(new Error(note));
    }
    if (following && recordings.length) {
      follow();
    }
  } catch (error) {
    failed(error);
    document.body.dataset.state = 'failed';
  }
}

start();

// Markers and their distances from the first one.

import * as format from './format.js';
import { element } from './selection.js';

/** Sets a marker with the level that was read there. */
export function addMarker(view, at, level) {
  view.change({ markers: [...view.markers, { t: at.t, f: at.f, level, recording: view.recording }] }, 'selection');
}

export function showMarkers(view, shortest) {
  const own = view.markers.filter((m) => m.recording === view.recording);
  const body = document.querySelector('#markers tbody');
  body.replaceChildren();
  own.forEach((marker, i) => {
    const row = element('tr');
    const [dt, df] = [marker.t - own[0].t, marker.f - own[0].f];
    const cells = [`M${i + 1}`, format.time(marker.t, shortest), format.frequency(marker.f, view.step),
      marker.level === null ? '' : format.level(marker.level),
      i ? format.time(dt, shortest) : '', i ? format.frequency(df, view.step) : ''];
    cells.forEach((text) => row.append(element('td', text)));
    const remove = element('button', '×');
    remove.type = 'button';
    remove.setAttribute('aria-label', `Remove marker ${i + 1}`);
    remove.addEventListener('click', () => view.change({ markers: view.markers.filter((m) => m !== marker) }, 'selection'));
    const cell = element('td');
    cell.append(remove);
    row.append(cell);
    body.append(row);
  });
  document.getElementById('markers').closest('section').hidden = own.length === 0;
}

/** Draws the markers, the selection and the cursor over the spectrogram. */
export function drawOverlay(context, rect, view, scale, style) {
  const x = (t) => rect.x + (rect.width * (t - view.start)) / (view.end - view.start);
  const y = (f) => rect.y + rect.height * (1 - scale.toUnit(f));
  context.save();
  context.beginPath();
  context.rect(rect.x, rect.y, rect.width, rect.height);
  context.clip();
  if (view.selection) {
    const { start, end, low, high } = view.selection;
    const [left, right] = [x(start), x(end)];
    const [top, bottom] = [y(high), y(Math.max(low, scale.low))];
    context.fillStyle = 'rgba(255, 255, 255, 0.16)';
    context.fillRect(left, top, right - left, bottom - top);
    context.lineWidth = 3;
    context.strokeStyle = 'rgba(0, 0, 0, 0.65)';
    context.strokeRect(left, top, right - left, bottom - top);
    context.lineWidth = 1.25;
    context.strokeStyle = '#fff';
    context.strokeRect(left, top, right - left, bottom - top);
  }
  context.font = 'bold 11px system-ui, sans-serif';
  view.markers.filter((m) => m.recording === view.recording).forEach((marker, i) => {
    const [mx, my] = [x(marker.t), y(marker.f)];
    for (const [width, colour] of [[3, 'rgba(0, 0, 0, 0.7)'], [1.25, '#fff']]) {
      context.lineWidth = width;
      context.strokeStyle = colour;
      context.beginPath();
      context.moveTo(mx - 7, my);
      context.lineTo(mx + 7, my);
      context.moveTo(mx, my - 7);
      context.lineTo(mx, my + 7);
      context.stroke();
    }
    context.lineWidth = 3;
    context.strokeStyle = 'rgba(0, 0, 0, 0.7)';
    context.strokeText(`M${i + 1}`, mx + 6, my - 6);
    context.fillStyle = '#fff';
    context.fillText(`M${i + 1}`, mx + 6, my - 6);
  });
  if (view.cursor) {
    context.strokeStyle = 'rgba(255, 255, 255, 0.55)';
    context.lineWidth = 1;
    context.setLineDash([4, 4]);
    context.beginPath();
    context.moveTo(x(view.cursor.t), rect.y);
    context.lineTo(x(view.cursor.t), rect.y + rect.height);
    context.moveTo(rect.x, y(view.cursor.f));
    context.lineTo(rect.x + rect.width, y(view.cursor.f));
    context.stroke();
  }
  context.restore();
}

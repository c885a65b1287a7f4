// Draws a report from the data in the page: curves, pictures, tables, benches.
(() => {
  const data = JSON.parse(document.getElementById('data').textContent);
  const style = getComputedStyle(document.documentElement);
  const colour = (name) => style.getPropertyValue(name).trim();
  const LINES = ['#3b8fd6', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9', '#8a8f99'];
  const root = document.getElementById('report');

  const make = (name, text = '', cls = '') => {
    const made = document.createElement(name);
    made.textContent = text;
    made.className = cls;
    return made;
  };
  const short = (x) => {
    if (typeof x !== 'number') {
      return x ?? '';
    }
    const size = Math.abs(x);
    return x !== 0 && (size >= 1e6 || size < 1e-3) ? x.toExponential(3) : String(Number(x.toPrecision(6)));
  };

  /** Lines over x, with zoom by dragging (a double click shows everything) and the values under the cursor. */
  function curves(part) {
    const xs = [...new Set(part.curves.flatMap((c) => c.x))].sort((a, b) => a - b);
    const place = new Map(xs.map((x, i) => [x, i]));
    const spread = (x, y) => {
      const all = new Array(xs.length).fill(null);
      x.forEach((v, i) => { all[place.get(v)] = y[i]; });
      return all;
    };
    const columns = [xs];
    const series = [{ label: part.x_label, value: (_, v) => (v === null || v === undefined ? '' : short(v)) }];
    const bands = [];
    part.curves.forEach((c, i) => {
      const stroke = LINES[i % LINES.length];
      const value = (_, v) => (v === null || v === undefined ? '' : v.toFixed(2));
      columns.push(spread(c.x, c.y));
      series.push({ label: c.name, stroke, width: 1.25, value, spanGaps: true });
      if (c.band) {
        columns.push(spread(c.x, c.band[1]), spread(c.x, c.band[0]));
        const at = series.length;
        series.push({ label: `${c.name} upper`, stroke: `${stroke}80`, width: 0.5, value },
          { label: `${c.name} lower`, stroke: `${stroke}80`, width: 0.5, value });
        bands.push({ series: [at, at + 1], fill: `${stroke}30` });
      }
    });
    if (part.markers.length) {
      const marks = new Array(xs.length).fill(null);
      part.markers.forEach((m) => {
        const near = xs.reduce((best, x, i) => (Math.abs(x - m.x) < Math.abs(xs[best] - m.x) ? i : best), 0);
        marks[near] = m.y;
      });
      columns.push(marks);
      series.push({ label: 'peaks', stroke: LINES[1], paths: () => null, points: { show: true, size: 9, stroke: LINES[1], width: 2 },
        value: (_, v) => (v === null || v === undefined ? '' : v.toFixed(2)) });
    }
    const grid = { stroke: colour('--line'), width: 1 };
    const axis = (label) => ({ label, stroke: colour('--text'), grid, ticks: grid });
    const figure = make('figure');
    root.append(make('h2', part.title), figure);
    const width = () => Math.max(300, root.clientWidth - 4);
    const plot = new uPlot({ width: width(), height: 360, scales: { x: { time: false }, ...(part.y_range ? { y: { range: part.y_range } } : {}) },
      axes: [axis(part.x_label), axis(part.y_label)], series, bands, cursor: { drag: { x: true, y: true, uni: 20 } } }, columns, figure);
    window.addEventListener('resize', () => plot.setSize({ width: width(), height: 360 }));
    figure.append(make('figcaption', 'Drag to zoom, double-click to show everything.'));
  }

  const VIRIDIS = ['440154', '472c7b', '3b518b', '2c718e', '21908d', '27ad81', '5cc863', 'aadc32', 'fde725']
    .map((hex) => [0, 2, 4].map((i) => parseInt(hex.slice(i, i + 2), 16)));
  const viridis = (t) => {
    const x = Math.min(1, Math.max(0, t)) * (VIRIDIS.length - 1);
    const at = Math.min(Math.floor(x), VIRIDIS.length - 2);
    return VIRIDIS[at].map((a, c) => Math.round(a + (VIRIDIS[at + 1][c] - a) * (x - at)));
  };

  /** A picture whose PNG holds levels: red and green are the high and the low byte of (dB + 327.68) · 100, 0 is none. */
  async function picture(part, panel) {
    const image = new Image();
    image.src = panel.png;
    await image.decode();
    const sheet = document.createElement('canvas');
    [sheet.width, sheet.height] = [image.width, image.height];
    const inner = sheet.getContext('2d', { willReadFrequently: true });
    inner.drawImage(image, 0, 0);
    const raw = inner.getImageData(0, 0, image.width, image.height);
    const levels = new Float32Array(image.width * image.height);
    let top = -Infinity;
    for (let i = 0; i < levels.length; i++) {
      const code = raw.data[4 * i] * 256 + raw.data[4 * i + 1];
      levels[i] = code === 0 ? NaN : code / 100 - 327.68;
      top = levels[i] > top ? levels[i] : top;
    }
    for (let i = 0; i < levels.length; i++) {
      const rgb = Number.isNaN(levels[i]) ? [128, 128, 128] : viridis((levels[i] - top + part.span) / part.span);
      [raw.data[4 * i], raw.data[4 * i + 1], raw.data[4 * i + 2]] = rgb;
    }
    inner.putImageData(raw, 0, 0);

    const [x, y] = [panel.x, panel.y];
    let view = { x: [...x], y: [...y] };
    const figure = make('figure');
    const canvas = make('canvas', '', 'picture');
    const readout = make('div', 'Drag to zoom, double-click to show everything.', 'readout');
    figure.append(canvas, readout);
    root.append(make('h2', panel.name ? `${part.title}: ${panel.name}` : part.title), figure);
    const left = 70;
    const bottom = 40;
    let drag = null;
    const frame = () => ({ w: canvas.clientWidth - left - 8, h: canvas.clientHeight - bottom - 8 });
    const inView = (event) => {
      const box = canvas.getBoundingClientRect();
      const { w, h } = frame();
      const u = Math.min(1, Math.max(0, (event.clientX - box.left - left) / w));
      const v = Math.min(1, Math.max(0, 1 - (event.clientY - box.top - 8) / h));
      return [view.x[0] + u * (view.x[1] - view.x[0]), view.y[0] + v * (view.y[1] - view.y[0])];
    };
    const draw = () => {
      const ratio = window.devicePixelRatio || 1;
      [canvas.width, canvas.height] = [canvas.clientWidth * ratio, canvas.clientHeight * ratio];
      const g = canvas.getContext('2d');
      g.scale(ratio, ratio);
      const { w, h } = frame();
      const px = (v) => ((v - x[0]) / (x[1] - x[0])) * image.width;
      const py = (v) => (1 - (v - y[0]) / (y[1] - y[0])) * image.height;
      g.imageSmoothingEnabled = false;
      g.drawImage(sheet, px(view.x[0]), py(view.y[1]), px(view.x[1]) - px(view.x[0]), py(view.y[0]) - py(view.y[1]), left, 8, w, h);
      g.fillStyle = colour('--text');
      g.font = '11px system-ui, sans-serif';
      for (let i = 0; i <= 6; i++) {
        g.textAlign = 'center';
        g.fillText(short(Number((view.x[0] + (i / 6) * (view.x[1] - view.x[0])).toPrecision(4))), left + (w * i) / 6, h + 24);
        g.textAlign = 'right';
        g.fillText(short(Number((view.y[0] + (i / 6) * (view.y[1] - view.y[0])).toPrecision(4))), left - 5, 12 + h - (h * i) / 6);
      }
      g.textAlign = 'center';
      g.fillText(part.x_label, left + w / 2, h + 42);
      g.save();
      g.translate(12, h / 2);
      g.rotate(-Math.PI / 2);
      g.fillText(part.y_label, 0, 0);
      g.restore();
      if (drag?.to) {
        const sx = (v) => left + ((v - view.x[0]) / (view.x[1] - view.x[0])) * w;
        const sy = (v) => 8 + (1 - (v - view.y[0]) / (view.y[1] - view.y[0])) * h;
        g.strokeStyle = '#fff';
        g.strokeRect(sx(drag.from[0]), sy(drag.from[1]), sx(drag.to[0]) - sx(drag.from[0]), sy(drag.to[1]) - sy(drag.from[1]));
      }
    };
    canvas.addEventListener('pointerdown', (event) => {
      canvas.setPointerCapture(event.pointerId);
      drag = { from: inView(event) };
    });
    canvas.addEventListener('pointermove', (event) => {
      const at = inView(event);
      const column = Math.min(image.width - 1, Math.floor(((at[0] - x[0]) / (x[1] - x[0])) * image.width));
      const row = Math.min(image.height - 1, Math.floor((1 - (at[1] - y[0]) / (y[1] - y[0])) * image.height));
      const level = levels[row * image.width + column];
      readout.textContent = `${part.x_label} ${short(at[0])}   ${part.y_label} ${short(at[1])}   ${part.value_label} ${Number.isNaN(level) ? 'none' : level.toFixed(1)}`;
      if (drag) {
        drag.to = at;
        draw();
      }
    });
    canvas.addEventListener('pointerup', () => {
      const sorted = (i) => [Math.min(drag.from[i], drag.to[i]), Math.max(drag.from[i], drag.to[i])];
      if (drag?.to && sorted(0)[1] > sorted(0)[0] && sorted(1)[1] > sorted(1)[0]) {
        view = { x: sorted(0), y: sorted(1) };
      }
      drag = null;
      draw();
    });
    canvas.addEventListener('dblclick', () => {
      view = { x: [...x], y: [...y] };
      draw();
    });
    window.addEventListener('resize', draw);
    draw();
  }

  function table(columns, rows, caption = '') {
    const scroll = make('div', '', 'scroll');
    const made = make('table');
    if (caption) {
      made.append(make('caption', caption));
    }
    const head = make('tr');
    columns.forEach((c) => head.append(make('th', c.unit ? `${c.name} [${c.unit}]` : c.name)));
    made.append(head);
    for (const row of rows) {
      const line = make('tr');
      row.forEach((cell) => line.append(make('td', short(cell), typeof cell === 'number' ? '' : 'text')));
      made.append(line);
    }
    scroll.append(made);
    root.append(scroll);
  }

  /** What a result says of itself: its caption, and its rows where there are few. */
  function result(part) {
    root.append(make('h2', part.caption[0] ?? ''));
    const list = make('ul', '', 'soft');
    part.caption.slice(1).forEach((line) => list.append(make('li', line)));
    root.append(list);
    if (part.rows.length) {
      table(part.columns, part.rows);
    }
  }

  /** Rows of a bench as a table, and as heat maps of speed where two sizes vary. */
  function bench(part) {
    const all = (part.value.rows ?? []).filter((row) => row && typeof row === 'object');
    const timed = all.filter((row) => typeof row.ms === 'number');
    const paths = [...new Set(timed.map((row) => row.path))];
    const batches = [...new Set(timed.map((row) => row.batch))].sort((a, b) => a - b);
    const lengths = [...new Set(timed.map((row) => row.n_fft))].sort((a, b) => a - b);
    if (paths.length > 1) {
      root.append(make('h2', 'Speed'));
      const choice = make('select');
      paths.forEach((p) => choice.append(make('option', p)));
      if (paths.includes(part.value.relative_to)) {
        choice.value = part.value.relative_to;
      }
      const label = make('label', 'Relative to ');
      label.append(choice);
      const place = make('div', '', 'heats');
      root.append(label, place);
      const draw = () => {
        place.replaceChildren();
        const key = (row) => `${row.n_fft} ${row.batch} ${row.k}`;
        const base = new Map(timed.filter((row) => row.path === choice.value).map((row) => [key(row), row.ms]));
        for (const path of paths) {
          const scroll = make('div', '', 'scroll');
          const heat = make('table', '', 'heat');
          heat.append(make('caption', `${path}: times as fast`));
          const head = make('tr');
          head.append(make('th', 'n_fft \\ batch'));
          batches.forEach((b) => head.append(make('th', String(b))));
          heat.append(head);
          for (const n of lengths) {
            const line = make('tr');
            line.append(make('th', String(n)));
            for (const b of batches) {
              const row = timed.find((r) => r.path === path && r.batch === b && r.n_fft === n);
              const ratio = row && base.has(key(row)) ? base.get(key(row)) / row.ms : null;
              const cell = make('td', ratio === null ? '' : `${ratio < 0.1 ? ratio.toPrecision(2) : ratio.toFixed(2)}×`);
              if (ratio !== null) {
                const [r, g, bl] = viridis(0.5 + Math.log2(ratio) / 6);
                cell.style.background = `rgb(${r}, ${g}, ${bl})`;
                cell.style.color = r + g + bl > 380 ? '#000' : '#fff';
                cell.title = `${short(row.ms)} ms`;
              }
              line.append(cell);
            }
            heat.append(line);
          }
          scroll.append(heat);
          place.append(scroll);
        }
      };
      choice.addEventListener('change', draw);
      draw();
    }
    const scalars = Object.entries(part.value).filter(([, v]) => ['number', 'string', 'boolean'].includes(typeof v));
    const nested = Object.entries(part.value).filter(([, v]) => v && typeof v === 'object' && !Array.isArray(v));
    if (scalars.length || nested.length) {
      root.append(make('h2', 'Parameters and totals'));
      table([{ name: 'name' }, { name: 'value' }], [...scalars, ...nested.map(([n, v]) => [n, JSON.stringify(v)])]);
    }
    for (const name of Object.keys(part.value).filter((n) => Array.isArray(part.value[n]) && part.value[n].length)) {
      const rows = part.value[name].filter((row) => row && typeof row === 'object');
      const flat = (v) => (v !== null && typeof v === 'object' ? JSON.stringify(v) : v);
      const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))];
      if (columns.length) {
        root.append(make('h2', name));
        table(columns.map((c) => ({ name: c })), rows.map((row) => columns.map((c) => flat(row[c]))));
      }
    }
  }

  document.title = data.title;
  root.append(make('h1', data.title), make('p', `${data.tool} ${data.version}`, 'soft'));
  root.append(make('pre', data.command));
  const kinds = { curves, result, bench, heatmap: (part) => Promise.all(part.panels.map((panel) => picture(part, panel))) };
  (async () => {
    for (const part of data.parts) {
      await kinds[part.kind]?.(part);
    }
    document.body.dataset.state = 'ready';
  })();
})();

// Files from the page: pictures of the view, results of the selection, the command line, annotations.

export class Exports {
  constructor(view, engine, canvases, failed) {
    Object.assign(this, { view, engine, canvases, failed });
    for (const button of document.querySelectorAll('[data-export]')) {
      button.addEventListener('click', () => this.run(button.dataset.export).catch(failed));
    }
    const what = document.getElementById('export-what');
    what.addEventListener('change', () => this.updateCommand());
    document.getElementById('copy').addEventListener('click', () => this.copy());
    document.getElementById('annotate').addEventListener('click', () => this.annotate().catch(failed));
  }

  /** The request of the chosen result. */
  query(format) {
    const what = document.getElementById('export-what').value;
    const scaling = what === 'peaks' ? 'spectrum' : 'density';
    return { what, format, ...this.view.stretch(), ...this.view.estimate(scaling), k: 20 };
  }

  async run(format) {
    if (format === 'png' || format === 'svg') {
      const blob = format === 'png' ? await this.png() : await this.svg();
      save(blob, `${this.stem()}.${format}`);
      return;
    }
    const query = this.query(format);
    save(await this.engine.exportFile(query), `${this.stem()}-${query.what}.${format}`);
  }

  stem() {
    const name = this.view.file.name.split(/[/\\]/).pop().replace(/\.[^.]*$/, '');
    return name || 'recording';
  }

  /** Spectrogram and traces, one below the other, on the page's background. */
  compose() {
    const shown = this.canvases.filter((canvas) => canvas.height > 0 && !canvas.hidden);
    const all = document.createElement('canvas');
    all.width = Math.max(...shown.map((c) => c.width));
    all.height = shown.reduce((sum, c) => sum + c.height, 0);
    const context = all.getContext('2d');
    context.fillStyle = getComputedStyle(document.body).backgroundColor;
    context.fillRect(0, 0, all.width, all.height);
    let y = 0;
    for (const canvas of shown) {
      context.drawImage(canvas, 0, y);
      y += canvas.height;
    }
    return all;
  }

  png() {
    return new Promise((resolve) => this.compose().toBlob(resolve, 'image/png'));
  }

  async svg() {
    const all = this.compose();
    const ratio = window.devicePixelRatio || 1;
    const [width, height] = [all.width / ratio, all.height / ratio];
    const escape = (text) => text.replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);
    const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">`
      + `<title>${escape(this.view.file.name)}</title><desc>${escape(document.getElementById('command').value)}</desc>`
      + `<image width="${width}" height="${height}" href="${all.toDataURL('image/png')}"/></svg>`;
    return new Blob([svg], { type: 'image/svg+xml' });
  }

  updateCommand() {
    clearTimeout(this.timer);
    this.timer = setTimeout(async () => {
      const field = document.getElementById('command');
      const { what, ...query } = this.query('csv');
      if (query.count < this.view.nFft) {
        field.value = '';
        return;
      }
      try {
        field.value = await this.engine.command({ what, ...query });
      } catch {
        field.value = '';
      }
    }, 250);
  }

  async copy() {
    const field = document.getElementById('command');
    try {
      await navigator.clipboard.writeText(field.value);
    } catch {
      field.select();
      document.execCommand('copy');
    }
  }

  async annotate() {
    const { recording, start, count, band } = this.view.stretch();
    const field = document.getElementById('annotation-label');
    const label = field.value.trim();
    if (!label) {
      field.focus();
      return;
    }
    const path = await this.engine.annotate({ recording, start, count, band, label });
    field.value = '';
    document.getElementById('readout').textContent = `Written to ${path}.`;
  }
}

function save(blob, name) {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

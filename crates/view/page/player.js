// Plays a stretch of the recording.

const LONGEST = 2 ** 23;

export class Player {
  constructor(view, engine, failed) {
    Object.assign(this, { view, engine, failed, source: null });
    this.button = document.getElementById('play');
  }

  /** Whether the rate is one that can be heard. */
  get possible() {
    return !this.view.file.complex && this.view.rate >= 3000 && this.view.rate <= 384000;
  }

  update() {
    this.button.disabled = !this.possible;
    this.button.textContent = this.source ? 'Stop' : 'Play';
    this.button.title = this.possible ? 'Play the selection (space)' : 'Sample rates of 3 … 384 kHz can be played';
  }

  stop() {
    this.source?.stop();
    this.source = null;
    this.update();
  }

  async toggle() {
    if (this.source) {
      this.stop();
      return;
    }
    if (!this.possible) {
      return;
    }
    const { recording, start, count } = this.view.stretch();
    try {
      const samples = await this.engine.samples({ recording, channel: this.view.channel, start, count: Math.min(count, LONGEST) });
      this.context ??= new AudioContext();
      const buffer = this.context.createBuffer(1, Math.max(samples.length, 1), this.view.rate);
      let peak = 0;
      samples.forEach((v) => { peak = Math.max(peak, Math.abs(v)); });
      // Physical units are brought to full scale; audio keeps its level.
      const gain = peak > 1 ? 1 / peak : 1;
      buffer.copyToChannel(samples.map((v) => (Number.isNaN(v) ? 0 : v * gain)), 0);
      this.source = this.context.createBufferSource();
      this.source.buffer = buffer;
      this.source.connect(this.context.destination);
      this.source.addEventListener('ended', () => this.stop());
      this.source.start();
      this.update();
    } catch (error) {
      this.failed(error);
    }
  }
}

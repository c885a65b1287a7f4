// The microphone as a waterfall. What was heard becomes a recording when listening ends.

import { createSpectrumNode, init } from './rlx-fft/index.js';
import { table } from './colours.js';

const $ = (id) => document.getElementById(id);
/** Decibels below the largest level that are shown. */
const RANGE = 80;
/** Samples that are kept: ten minutes of 48 kHz. */
const MOST = 600 * 48_000;

/** A mono WAV of 32-bit floats. */
function wav(parts, rate) {
  const count = parts.reduce((sum, part) => sum + part.length, 0);
  const head = new DataView(new ArrayBuffer(44));
  const text = (at, four) => [...four].forEach((c, i) => head.setUint8(at + i, c.charCodeAt(0)));
  text(0, 'RIFF');
  head.setUint32(4, 36 + 4 * count, true);
  text(8, 'WAVE');
  text(12, 'fmt ');
  head.setUint32(16, 16, true);
  head.setUint16(20, 3, true);
  head.setUint16(22, 1, true);
  head.setUint32(24, rate, true);
  head.setUint32(28, 4 * rate, true);
  head.setUint16(32, 4, true);
  head.setUint16(34, 32, true);
  text(36, 'data');
  head.setUint32(40, 4 * count, true);
  return new File([head, ...parts], 'microphone.wav');
}

/** One more line at the top of the waterfall. */
function drawLine(canvas, values, colours, state) {
  const context = canvas.getContext('2d');
  const { width, height } = canvas;
  context.drawImage(canvas, 0, 0, width, height - 1, 0, 1, width, height - 1);
  const line = context.createImageData(width, 1);
  const pixels = new Uint32Array(line.data.buffer);
  const levels = Float32Array.from({ length: width }, (_, x) => {
    const [from, to] = [x, x + 1].map((p) => Math.floor((p * values.length) / width));
    let most = 0;
    for (let bin = from; bin < Math.max(to, from + 1); bin += 1) {
      most = Math.max(most, values[bin]);
    }
    return 10 * Math.log10(most + 1e-20);
  });
  state.top = Math.max(Math.max(...levels), (state.top ?? -60) - 0.2);
  levels.forEach((level, x) => {
    const share = Math.min(1, Math.max(0, (level - state.top + RANGE) / RANGE));
    pixels[x] = colours[Math.round(255 * share)];
  });
  context.putImageData(line, 0, 0);
}

/** Makes `button` begin and end listening; `done(files)` gets what was heard. */
export function listenToMicrophone(button, done, failed) {
  let session = null;

  async function stop() {
    const { context, stream, parts } = session;
    session = null;
    stream.getTracks().forEach((track) => track.stop());
    await context.close();
    document.body.classList.remove('listening');
    button.textContent = 'Microphone';
    if (parts.length) {
      await done([wav(parts, context.sampleRate)]);
    }
  }

  async function start() {
    await init();
    const raw = { echoCancellation: false, noiseSuppression: false, autoGainControl: false };
    const stream = await navigator.mediaDevices.getUserMedia({ audio: raw });
    const context = new AudioContext();
    const node = await createSpectrumNode(context, { nperseg: 2048, interval: 0.05, samples: true });
    session = { context, stream, parts: [], kept: 0, top: -60 };
    const own = session;
    const canvas = $('waterfall');
    const colours = table('viridis');
    document.body.classList.add('listening');
    button.textContent = 'Stop and open';
    canvas.width = canvas.clientWidth;
    canvas.height = canvas.clientHeight;
    node.onspectrum = ({ values, samples }) => {
      drawLine(canvas, values, colours, own);
      own.kept += samples.length;
      if (own.kept <= MOST) {
        own.parts.push(samples);
      }
      $('waterfall-facts').textContent = `0 … ${(context.sampleRate / 2000).toFixed(1)} kHz, ${(own.kept / context.sampleRate).toFixed(0)} s`;
    };
    node.addEventListener('spectrumerror', (event) => failed(event.detail));
    context.createMediaStreamSource(stream).connect(node);
  }

  button.addEventListener('click', () => {
    (session ? stop() : start()).catch((error) => {
      document.body.classList.remove('listening');
      failed(new Error(`microphone: ${error.message}`));
    });
  });
}

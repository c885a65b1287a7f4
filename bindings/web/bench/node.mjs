// Times in Node, one JSON object a line: node bindings/web/bench/node.mjs
//
// With PEERS=DIR, where `npm install --prefix DIR fft.js kissfft-wasm @echogarden/pffft-wasm` has put them, the same PSD by
// these packages stands beside ours.

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import * as rlx from '../dist/index.js';
import { bench, psdBy } from './bench.js';

const report = (row) => console.log(JSON.stringify(row));
const peers = [];
if (process.env.PEERS) {
  const folder = `${process.env.PEERS}/node_modules/`;
  const require = createRequire(pathToFileURL(folder));
  const version = (name) => `${name} ${JSON.parse(readFileSync(`${folder}${name}/package.json`)).version}`;

  const FFT = require(`${folder}fft.js`);
  const plan = new FFT(1024);
  const out = plan.createComplexArray();
  peers.push({ name: version('fft.js'), psd: psdBy((segment) => (plan.realTransform(out, segment), out)) });

  const { default: PFFFT } = await import(pathToFileURL(`${folder}@echogarden/pffft-wasm/dist/simd/pffft.js`));
  const pffft = await PFFFT({ wasmBinary: readFileSync(`${folder}@echogarden/pffft-wasm/dist/simd/pffft.wasm`) });
  const setup = pffft._pffft_new_setup(1024, 0);
  const [input, output] = [pffft._pffft_aligned_malloc(4096), pffft._pffft_aligned_malloc(4096)];
  const spectrum = new Float32Array(1026);
  peers.push({
    name: `${version('@echogarden/pffft-wasm')} (SIMD)`,
    psd: psdBy((segment) => {
      pffft.HEAPF32.set(segment, input / 4);
      pffft._pffft_transform_ordered(setup, input, output, 0, 0);
      spectrum.set(pffft.HEAPF32.subarray(output / 4, output / 4 + 1024));
      // The bin at half the rate comes in the place of the imaginary part of bin 0.
      [spectrum[1024], spectrum[1], spectrum[1025]] = [spectrum[1], 0, 0];
      return spectrum;
    }),
  });

  try {
    // It takes a fetch for a sign of a browser.
    const { fetch } = globalThis;
    delete globalThis.fetch;
    const kiss = require(`${folder}kissfft-wasm`);
    await require(`${folder}kissfft-wasm/lib/wasm.js`).waitLoading();
    globalThis.fetch = fetch;
    const config = new kiss.RealFFTConfig(1024);
    const [real, complex] = [new kiss.RealArray(1024), new kiss.ComplexArray(1024)];
    peers.push({
      name: version('kissfft-wasm'),
      psd: psdBy((segment) => {
        real.asFloat32Array().set(segment);
        config.work(real, complex);
        return complex.asFloat32Array();
      }),
    });
  } catch (error) {
    report({ name: version('kissfft-wasm'), skipped: error.message });
  }
}

await rlx.init();
if (peers.length) {
  const x = Float32Array.from({ length: 2 ** 14 }, (_, i) => Math.sin(i * i * 0.001));
  const { values } = rlx.welch(x, { nperseg: 1024 });
  for (const { name, psd } of peers) {
    const other = psd(x);
    const error = Math.hypot(...values.map((v, k) => v - other[k])) / Math.hypot(...values);
    if (!(error < 1e-5)) {
      throw new Error(`${name} computes something else: ${error}`);
    }
  }
}
await bench(rlx, peers, report);

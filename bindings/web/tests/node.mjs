// Runs the tests in Node: node bindings/web/tests/node.mjs [PART OF A NAME]

import { readFile, readdir } from 'node:fs/promises';
import * as rlx from '../dist/index.js';
import { runAll } from './cases.js';

const ROOT = new URL('../../../', import.meta.url);

export async function corpus() {
  const all = [];
  for (const folder of ['wav', 'flac', 'mp3', 'edf', 'bdf', 'csv', 'npy', 'sigmf', 'aiff']) {
    const names = (await readdir(new URL(`fuzz/corpus/${folder}/`, ROOT))).sort();
    all.push(...names.slice(0, 12).map((name) => `fuzz/corpus/${folder}/${name}`));
  }
  return all;
}

async function read(path) {
  const bytes = path === 'CORPUS' ? new TextEncoder().encode(JSON.stringify(await corpus())) : new Uint8Array(await readFile(new URL(path, ROOT)));
  return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
}

await rlx.init();
const failed = await runAll(rlx, read, (name, error) => {
  console.log(error ? `FAILED  ${name}: ${error.stack}` : `ok      ${name}`);
}, process.argv[2]);
process.exitCode = failed ? 1 : 0;

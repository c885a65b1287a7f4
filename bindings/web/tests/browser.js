// Runs the tests in a page; scripts/test_web.py reads what they leave in the body's data.

import * as rlx from '../dist/index.js';
import { runAll } from './cases.js';

async function read(path) {
  const response = await fetch(path === 'CORPUS' ? '/CORPUS' : `/${path}`);
  if (!response.ok) {
    throw new Error(`${path}: ${response.status}`);
  }
  return response.arrayBuffer();
}

const lines = [];
try {
  await rlx.init();
  const failed = await runAll(rlx, read, (name, error) => {
    lines.push(error ? `FAILED  ${name}: ${error.stack}` : `ok      ${name}`);
    document.body.dataset.lines = lines.join('\n');
  }, new URLSearchParams(location.search).get('only') ?? '');
  document.body.dataset.failed = String(failed);
} catch (error) {
  document.body.dataset.lines = error.stack;
  document.body.dataset.failed = 'all';
}

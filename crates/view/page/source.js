// Where the recordings come from: the server that sent the page. A static page has another module of this name.

import { HttpEngine } from './engine.js';

/** The page's engine. `changed` is for engines whose recordings come later. */
export function createEngine(changed, failed) {
  return new HttpEngine();
}

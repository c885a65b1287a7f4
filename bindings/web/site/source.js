// Where the recordings come from: files that are dropped or chosen, and the microphone. Nothing leaves the page.

import { open } from './rlx-fft/index.js';
import { Engine } from './engine.js';
import { listenToMicrophone } from './microphone.js';

const $ = (id) => document.getElementById(id);
const NOTHING = { recordings: [], failures: [], following: false, may_write: false };
/** Descriptions that name other files: they are opened first. */
const DESCRIPTIONS = /\.(sigmf-meta|vhdr|hea)$/i;
/** What belongs to a description and is not a recording of its own. */
const HALVES = /\.(sigmf-data|eeg|vmrk|dat)$/i;

/** A message without the name that it begins with: the page puts it there itself. */
const plain = (message, name) => (message.startsWith(`${name}: `) ? message.slice(name.length + 2) : message);

class WorkerEngine extends Engine {
  constructor(changed) {
    super();
    this.changed = changed;
    this.opened = [];
    this.failures = [];
  }

  /** Takes the place of what was open. */
  async openFiles(files, options = {}) {
    const old = this.opened;
    const described = files.some((file) => DESCRIPTIONS.test(file.name));
    const first = files.filter((file) => !(described && HALVES.test(file.name)));
    const found = await Promise.allSettled(first.map((file) => {
      const together = DESCRIPTIONS.test(file.name) ? [file, ...files.filter((other) => other !== file)] : file;
      return open(together, options);
    }));
    this.opened = found.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
    this.failures = found.flatMap((one, i) => (
      one.status === 'rejected' ? [{ name: first[i].name, error: plain(one.reason.message, first[i].name) }] : []));
    await Promise.all(old.map((one) => one.close()));
    await this.changed();
  }

  /** The recording of a number: which file, and which number there. */
  #find(query) {
    let number = query.recording;
    for (const file of this.opened) {
      const count = file.info.recordings.length;
      if (number < count) {
        return [file, { ...query, recording: number }];
      }
      number -= count;
    }
    throw new Error(`recording: ${query.recording} is not open`);
  }

  async json(method, query) {
    if (method === 'info') {
      const recordings = this.opened.flatMap((file) => file.info.recordings);
      return { ...NOTHING, recordings, failures: this.failures };
    }
    const [file, own] = this.#find(query);
    return file.ask({ method, ...own });
  }

  async bytes(method, query) {
    const [file, own] = this.#find(query);
    const bytes = await file.ask({ method, ...own });
    return bytes.buffer;
  }
}

/** The page's engine; `changed` is called when other files are open. */
export function createEngine(changed, failed) {
  const engine = new WorkerEngine(changed);
  const take = async (files) => {
    const list = [...files];
    if (list.length === 0) {
      return;
    }
    $('message').hidden = true;
    document.body.dataset.state = 'opening';
    $('drop-hint').textContent = `Opening ${list.map((file) => file.name).join(', ')} …`;
    const rate = Number($('rate').value);
    try {
      await engine.openFiles(list, rate > 0 ? { rate } : {});
    } catch (error) {
      failed(error);
      document.body.dataset.state = 'failed';
    }
    $('drop-hint').textContent = 'Drop a recording here';
  };
  addEventListener('dragover', (event) => {
    event.preventDefault();
    document.body.classList.add('dragging');
  });
  addEventListener('dragleave', (event) => {
    if (!event.relatedTarget) {
      document.body.classList.remove('dragging');
    }
  });
  addEventListener('drop', (event) => {
    event.preventDefault();
    document.body.classList.remove('dragging');
    take(event.dataTransfer.files);
  });
  $('choose').addEventListener('click', () => $('chooser').click());
  $('open-button').addEventListener('click', () => $('chooser').click());
  $('chooser').addEventListener('change', () => {
    const files = [...$('chooser').files];
    // The same file may be chosen again.
    $('chooser').value = '';
    take(files);
  });
  listenToMicrophone($('microphone'), take, failed);
  navigator.serviceWorker?.register('./offline.js').catch(() => {
    // The page works without; it is only not there when the network is not.
  });
  return engine;
}

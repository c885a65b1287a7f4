// Mouse, touch and keys over the spectrogram and the minimap.

/** `place(event)` gives {t, f, inside} under an event; `actions` are the page's verbs. */
export function listen(canvas, view, place, actions) {
  const pointers = new Map();
  let drag = null;

  const position = (event) => place(event);

  canvas.addEventListener('pointerdown', (event) => {
    if (event.button > 1) {
      return;
    }
    canvas.focus({ preventScroll: true });
    canvas.setPointerCapture(event.pointerId);
    pointers.set(event.pointerId, event);
    const at = position(event);
    if (pointers.size === 2) {
      drag = pinch(pointers, place, view);
      return;
    }
    const moves = event.button === 1 || event.shiftKey || actions.dragMoves();
    drag = { at, moves, start: view.start, end: view.end, low: view.low, high: view.high, moved: false,
      x: event.clientX, y: event.clientY };
  });

  canvas.addEventListener('pointermove', (event) => {
    const at = position(event);
    if (pointers.has(event.pointerId)) {
      pointers.set(event.pointerId, event);
    }
    if (drag?.pinch) {
      drag.pinch(pointers);
    } else if (drag && pointers.size === 1) {
      drag.moved ||= Math.hypot(event.clientX - drag.x, event.clientY - drag.y) > 3;
      if (drag.moved && drag.moves) {
        const [dt, df] = [at.t - drag.at.t, at.f - drag.at.f];
        view.showTime(view.start - dt, view.end - dt);
        if (view.scaleName === 'linear') {
          view.showBand(view.low - df, view.high - df);
        }
      } else if (drag.moved) {
        view.select({ start: drag.at.t, end: at.t, low: drag.at.f, high: at.f });
      }
    }
    view.change({ cursor: at.inside ? at : null }, 'cursor');
  });

  const up = (event) => {
    pointers.delete(event.pointerId);
    if (drag && !drag.pinch && !drag.moved && event.type === 'pointerup') {
      view.change({ cursor: position(event) }, 'cursor');
    }
    if (pointers.size === 0) {
      drag = null;
    }
  };
  canvas.addEventListener('pointerup', up);
  canvas.addEventListener('pointercancel', up);
  canvas.addEventListener('pointerleave', () => view.change({ cursor: null }, 'cursor'));

  canvas.addEventListener('wheel', (event) => {
    event.preventDefault();
    const at = position(event);
    const amount = Math.max(-1, Math.min(1, (event.deltaY || event.deltaX) / (event.deltaMode ? 3 : 100)));
    if (event.altKey) {
      view.zoomBand(2 ** amount, at.f);
    } else if (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)) {
      const shift = (event.deltaX || event.deltaY) / 800 * (view.end - view.start);
      view.showTime(view.start + shift, view.end + shift);
    } else {
      view.zoomTime(2 ** amount, at.t);
    }
  }, { passive: false });

  canvas.addEventListener('dblclick', () => actions.do('fit'));

  // Keys work without a click on the picture first, but not while something else has the focus.
  document.addEventListener('keydown', (event) => {
    if (event.target !== canvas && event.target !== document.body) {
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey) {
      return;
    }
    const length = (view.end - view.start) / 10;
    const height = (view.high - view.low) / 10;
    const keys = {
      ArrowLeft: () => view.showTime(view.start - length, view.end - length),
      ArrowRight: () => view.showTime(view.start + length, view.end + length),
      ArrowUp: () => view.showBand(view.low + height, view.high + height),
      ArrowDown: () => view.showBand(view.low - height, view.high - height),
      '+': () => (event.shiftKey && event.code === 'NumpadAdd' ? view.zoomBand(0.5) : view.zoomTime(0.5)),
      '=': () => view.zoomTime(0.5),
      '*': () => view.zoomBand(0.5),
      _: () => view.zoomBand(2),
      '-': () => view.zoomTime(2),
      0: () => actions.do('fit'),
      Home: () => actions.do('fit'),
      z: () => actions.do('zoom-selection'),
      m: () => actions.do('marker'),
      Escape: () => view.select(null),
      ' ': () => actions.do('play'),
    };
    const key = keys[event.key] ?? keys[event.key.toLowerCase()];
    if (key) {
      event.preventDefault();
      key();
    }
  });
}

/** Two fingers: what was under them stays under them. */
function pinch(pointers, place, view) {
  const ends = (map) => [...map.values()].slice(0, 2).map((e) => place(e));
  const [a, b] = ends(pointers);
  return {
    moved: true,
    pinch(now) {
      if (now.size < 2) {
        return;
      }
      const [c, d] = ends(now);
      const span = Math.abs(d.t - c.t);
      if (span <= 0) {
        return;
      }
      const factor = Math.min(4, Math.max(0.25, Math.abs(b.t - a.t) / span));
      const length = (view.end - view.start) * factor;
      const share = ((c.t + d.t) / 2 - view.start) / (view.end - view.start);
      const middle = (a.t + b.t) / 2;
      view.showTime(middle - share * length, middle + (1 - share) * length);
    },
  };
}

/** A press on the minimap shows what lies there; dragging moves along. */
export function listenMinimap(canvas, view, timeAt) {
  const go = (event) => {
    const t = timeAt(event);
    const half = (view.end - view.start) / 2;
    view.showTime(t - half, t + half);
  };
  canvas.addEventListener('pointerdown', (event) => {
    canvas.setPointerCapture(event.pointerId);
    go(event);
  });
  canvas.addEventListener('pointermove', (event) => {
    if (event.buttons) {
      go(event);
    }
  });
}

#!/usr/bin/env python3
"""Times of the npm package in headless Chromium, and of the static page's first picture: scripts/bench_web.py

One JSON object per line. Run scripts/build_web.sh and scripts/build_site.py first; bindings/web/bench/node.mjs has the times in
Node and beside other packages.
"""

import json
import pathlib
import random
import statistics
import struct
import sys
import tempfile
import time
from array import array

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from test_web import READY, ROOT, Served  # noqa: E402
from view_test.browser import Browser  # noqa: E402


def hour(path, rate=48000):
    """An hour of noise in 16 bits, mono."""
    random.seed(1)
    noise = array("h", (int(random.gauss(0, 1000)) for _ in range(1 << 18))).tobytes()
    size = 2 * 3600 * rate
    with path.open("wb") as file:
        file.write(struct.pack("<4sI4s4sIHHIIHH4sI", b"RIFF", 36 + size, b"WAVE", b"fmt ", 16, 1, 1, rate, 2 * rate, 2, 16, b"data", size))
        for _ in range(size // len(noise)):
            file.write(noise)
        file.write(noise[: size % len(noise)])


def first_picture(browser, folder, times):
    """Seconds from choosing a one-hour WAV (48 kHz, 16 bit, mono) to a picture of all of it, and to every frame of it."""
    path = pathlib.Path(folder) / "hour.wav"
    hour(path)
    rows = []
    with Served(ROOT / "bindings/web/site-dist") as served:
        for _ in range(times):
            browser.go("about:blank")
            browser.go(served.address)
            browser.wait("return document.body.dataset.state === 'empty'", "the empty page")
            start = time.monotonic()
            browser.choose("#chooser", [path])
            # The page's ground, where no tile has come yet.
            filled = (
                "const c = document.querySelector('#spectrogram'); if (document.body.dataset.state === 'opening' || !c.width) return false;"
                "const d = c.getContext('2d').getImageData(70, c.height / 2 | 0, c.width - 90, 1).data;"
                "for (let i = 0; i < d.length; i += 4) if (['0,0,0', '16,19,26'].includes(d.slice(i, i + 3).join())) return false; return true"
            )
            browser.wait(filled, "a picture", 60)
            first = time.monotonic() - start
            browser.wait(READY, "every frame", 120)
            rows.append((first, time.monotonic() - start))
    for name, values in zip(("first picture", "every frame"), zip(*rows)):
        print(json.dumps({"name": f"one-hour WAV, {name}", "s_min": min(values), "s_median": statistics.median(values)}), flush=True)


def main():
    with tempfile.TemporaryDirectory() as folder, Browser(folder) as browser:
        with Served(ROOT) as served:
            browser.go(f"{served.address}bindings/web/bench/browser.html")
            browser.wait("return document.body && document.body.dataset.done", "the end of the benchmarks", 300)
            for row in json.loads(browser.run("return document.body.dataset.rows")):
                print(json.dumps(row), flush=True)
        first_picture(browser, folder, 5)


if __name__ == "__main__":
    main()

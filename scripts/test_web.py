#!/usr/bin/env python3
"""Tests the npm package in Node and in headless Chromium, and the static page: scripts/test_web.py [--only PART] [--screenshots DIR]

Run scripts/build_web.sh and scripts/build_site.py first. Needs node, chromium and chromedriver; nothing but this machine is contacted.
"""

import argparse
import http.server
import json
import pathlib
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from view_test import signals  # noqa: E402
from view_test.browser import Browser  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parent.parent
FOLDERS = ("wav", "flac", "mp3", "edf", "bdf", "csv", "npy", "sigmf", "aiff")


class Handler(http.server.SimpleHTTPRequestHandler):
    """The repository's files, and the list of hostile ones."""

    extensions_map = {**http.server.SimpleHTTPRequestHandler.extensions_map, ".wasm": "application/wasm", ".js": "text/javascript"}

    def do_GET(self):
        if self.path != "/CORPUS":
            super().do_GET()
            return
        corpus = [p.relative_to(ROOT).as_posix() for f in FOLDERS for p in sorted((ROOT / "fuzz/corpus" / f).iterdir())[:12]]
        body = json.dumps(corpus).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Served:
    """Serves a folder on a free port; `with` ends it."""

    def __init__(self, folder):
        handler = lambda *a, **k: Handler(*a, directory=str(folder), **k)  # noqa: E731
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.address = f"http://localhost:{self.server.server_port}/"

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()


def in_node(only):
    print("-- Node", flush=True)
    subprocess.run(["node", str(ROOT / "bindings/web/tests/node.mjs"), only], check=True)


def in_chromium(browser, only):
    print("-- Chromium", flush=True)
    with Served(ROOT) as served:
        browser.go(f"{served.address}bindings/web/tests/browser.html?only={only}")
        failed = browser.wait("return document.body && document.body.dataset.failed", "the end of the tests", 400)
        print(browser.run("return document.body.dataset.lines"))
        assert failed == "0", f"{failed} failed"


READY = "return document.body.dataset.state === 'ready' && document.querySelector('#facts').textContent"


def the_page(browser, screenshots):
    print("-- the static page", flush=True)
    with tempfile.TemporaryDirectory() as folder, Served(ROOT / "bindings/web/site-dist") as served:
        folder = pathlib.Path(folder)
        browser.go(served.address)
        browser.wait("return document.body.dataset.state === 'empty'", "the empty page")
        if screenshots:
            browser.screenshot(screenshots / "site-empty.png")
        bad = folder / "bad.wav"
        bad.write_bytes(b"RIFF\x10\x00\x00\x00WAVEjunk")
        browser.choose("#chooser", [bad])
        message = browser.wait("return !document.querySelector('#message').hidden && document.querySelector('#message').textContent", "a message")
        assert "bad.wav" in message, message
        tone = folder / "tone.wav"
        signals.wav(tone)
        browser.choose("#chooser", [tone])
        facts = browser.wait(READY, "the picture of a WAV")
        assert "kHz" in facts, facts
        assert browser.run("return document.querySelector('#message').hidden"), "the message stays"
        if screenshots:
            browser.screenshot(screenshots / "site-wav.png")
        browser.run("const set = (id, v) => { const f = document.getElementById(id); f.value = v; f.dispatchEvent(new Event('change')); };"
                    "set('sel-start', '0.5'); set('sel-duration', '1.5'); set('sel-low', '200'); set('sel-high', '3000');")
        browser.wait("return document.querySelectorAll('#peaks tbody tr').length > 0", "the table of peaks")
        if screenshots:
            browser.screenshot(screenshots / "site-selection.png")
        before = set(pathlib.Path(browser.downloads).iterdir())
        browser.run("document.querySelector('[data-export=csv]').click()")
        end = time.time() + 30
        while time.time() < end and not (new := [p for p in set(pathlib.Path(browser.downloads).iterdir()) - before if p.suffix == ".csv"]):
            time.sleep(0.1)
        assert new and "freq" in new[0].read_text().splitlines()[0], "the exported table"
        # Offline: the network is taken away, the page comes from what it kept.
        kept = "navigator.serviceWorker.ready.then(() => { document.body.dataset.kept = 'yes'; }); return document.body.dataset.kept"
        browser.wait(kept, "the service worker")
    browser.go(served.address)
    browser.wait("return document.body.dataset.state === 'empty'", "the page without its server")
    assert browser.run("return document.querySelector('#drop-hint').textContent") == "Drop a recording here"
    print("ok      drop, message, picture, selection, export, offline")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--only", default="")
    parser.add_argument("--screenshots", type=pathlib.Path)
    parser.add_argument("--skip-page", action="store_true")
    given = parser.parse_args()
    in_node(given.only)
    with tempfile.TemporaryDirectory() as downloads, Browser(downloads) as browser:
        browser.downloads = downloads
        in_chromium(browser, given.only)
        if not given.skip_page:
            the_page(browser, given.screenshots)


if __name__ == "__main__":
    main()

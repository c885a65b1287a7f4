#!/usr/bin/env python3
"""Drives `rlx-fft view` in a real browser and attacks its server: scripts/test_view.py PROGRAM [SCREENSHOTS]

Needs chromium and chromedriver. Recordings are made here; nothing but this machine is contacted.
"""

import csv
import math
import os
import pathlib
import re
import shlex
import socket
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from view_test import signals  # noqa: E402
from view_test.browser import Browser  # noqa: E402

READY = "return document.body.dataset.state === 'ready' && document.body.dataset.view"


class Server:
    """A running `rlx-fft view`; `with` ends it by an interrupt and checks how it ended."""

    def __init__(self, program, *arguments):
        command = [program, "view", *map(str, arguments), "--no-open"]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.address = self.process.stdout.readline().strip()
        found = re.fullmatch(r"http://127\.0\.0\.1:(\d+)/([0-9a-f]{32})/", self.address)
        assert found, f"the first line is {self.address!r}"
        self.port, self.token = int(found[1]), found[2]

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        alive = self.process.poll() is None
        self.process.send_signal(2)
        code = self.process.wait(10)
        if kind is None:
            assert alive and code == 130, f"the server was alive: {alive}; an interrupt ended it with {code}"

    def memory(self, field="VmRSS"):
        """Resident memory in KiB; `VmHWM` is the most there was."""
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(rf"{field}:\s+(\d+)", status)[1])

    def talk(self, text):
        """Sends bytes as they are; gives the status line's number, or None if there is no answer."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=20) as s:
            answer = b""
            try:
                s.sendall(text)
                s.shutdown(socket.SHUT_WR)
            except OSError:
                pass
            try:
                answer = s.recv(1 << 16)
            except OSError:
                return None
        found = re.match(rb"HTTP/1\.1 (\d+)", answer)
        return int(found[1]) if found else None


def table(text):
    """A CSV as {(channel, row's key): numbers}."""
    rows = list(csv.DictReader(text.splitlines()))
    assert rows, "the CSV has no rows"
    return rows


def same_table(left, right, what):
    left, right = table(left), table(right)
    assert len(left) == len(right), f"{what}: {len(left)} rows against {len(right)}"
    power = lambda row: float(row["power"] if "power" in row else row["psd"])
    strongest = max(map(power, right))
    for a, b in zip(left, right):
        assert a.keys() == b.keys(), f"{what}: {list(a)} against {list(b)}"
        for name in a:
            try:
                x, y = float(a[name]), float(b[name])
            except ValueError:
                assert a[name] == b[name], f"{what}: {name}: {a[name]!r} against {b[name]!r}"
                continue
            # Sums in another order, rounded to single precision.
            close = abs(x - y) < 1e-3 if name.endswith("_db") else math.isclose(x, y, rel_tol=2e-5)
            # The error of a transform in single precision goes by its strongest bin.
            close |= name in ("power", "level_db") and abs(power(a) - power(b)) < 1e-6 * math.sqrt(power(b) * strongest)
            assert close, f"{what}: {name}: {x} against {y}"


class Page:
    def __init__(self, browser, program, downloads, pictures):
        self.browser, self.program, self.downloads, self.pictures = browser, program, downloads, pictures

    def open(self, address):
        self.browser.go(address)
        self.browser.wait(READY, "the first picture")

    def shown(self):
        return [float(x) for x in self.browser.run("return document.body.dataset.view").split()]

    def box(self):
        """The spectrogram's place on the screen: left, top, width, height of what is inside its axes."""
        x, y, w, h = self.browser.run(
            "const b = document.getElementById('spectrogram').getBoundingClientRect();"
            "return [b.x + 62, b.y + 6, b.width - 70, b.height - 30]")
        return x, y, w, h

    def colours(self):
        """Different colours in the spectrogram."""
        return self.browser.run(
            "const c = document.getElementById('spectrogram'); const g = c.getContext('2d');"
            "const d = new Uint32Array(g.getImageData(80, 10, c.width - 120, c.height - 60).data.buffer);"
            "return new Set(d).size")

    def choose(self, name, value):
        self.browser.run("const s = document.getElementById(arguments[0]); s.value = arguments[1];"
                         "s.dispatchEvent(new Event('change'))", name, str(value))

    def select(self, start, duration, low, high):
        for name, value in (("start", start), ("duration", duration), ("low", low), ("high", high)):
            self.browser.run("document.activeElement.blur(); const f = document.getElementById('sel-' + arguments[0]);"
                             "f.value = arguments[1]", name, str(value))
        self.browser.run("document.getElementById('sel-high').dispatchEvent(new Event('change'))")

    def peaks(self):
        time.sleep(0.4)
        self.browser.wait("return !document.getElementById('panel').hasAttribute('aria-busy')"
                          " && document.querySelector('#peaks tbody tr')", "the table of peaks")
        return self.browser.run("return [...document.querySelectorAll('#peaks tbody tr')].map(r => Number(r.dataset.freq))")

    def export(self, what, form):
        before = set(os.listdir(self.downloads))
        self.choose("export-what", what)
        self.browser.run(f"document.querySelector('[data-export={form}]').click()")
        end = time.monotonic() + 30
        while time.monotonic() < end:
            new = [n for n in set(os.listdir(self.downloads)) - before if not n.endswith((".crdownload", ".tmp"))
                   and not n.startswith(".")]
            if new:
                time.sleep(0.1)
                return pathlib.Path(self.downloads, new[0])
            time.sleep(0.05)
        raise AssertionError(f"no {form} of {what} was downloaded")

    def command(self):
        """Runs the command line that the page shows."""
        time.sleep(0.6)
        line = self.browser.wait("return document.getElementById('command').value", "the command line")
        words = shlex.split(line)
        assert words[0] == "rlx-fft", line
        return subprocess.run([self.program, *words[1:]], check=True, capture_output=True, text=True).stdout

    def picture(self, name):
        if self.pictures:
            self.browser.screenshot(self.pictures / f"{name}.png")

    def quiet(self, what):
        """The console has nothing to complain about."""
        bad = [entry for entry in self.browser.console() if entry["level"] == "SEVERE"]
        assert not bad, f"{what}: the console says {bad}"


def audio(page, server):
    page.open(server.address)
    assert page.colours() > 20, "the spectrogram is blank"
    page.picture("view-wav")
    x, y, w, h = page.box()
    # The event lasts 20 ms of 30 s: one or two of a thousand columns. Its frequency is 15 of 24 kHz.
    start, end, low, high = page.shown()
    assert (start, low, high) == (0, 0, 24000) and abs(end - 30) < 1e-6, page.shown()

    page.browser.wheel((x + w * 2 / 3, y + h / 2), -100)
    page.browser.wheel((x + w * 2 / 3, y + h / 2), -100)
    page.browser.wait("return Number(document.body.dataset.view.split(' ')[1]) < 29", "the zoom")
    start, end, *_ = page.shown()
    assert abs((end - start) - 7.5) < 0.1 and start < 20 < end, (start, end)
    page.browser.keys("0")
    page.browser.wait("return document.body.dataset.view.startsWith('0 30')", "the whole recording")

    page.browser.drag((x + w * 0.1, y + h * 0.98), (x + w * 0.5, y + h * 0.86))
    found = page.peaks()
    assert abs(found[0] - 1000) < 1, f"the first peak of the drag is at {found[0]} Hz"
    page.picture("view-wav-selection")

    page.select(2, 10, 500, 8000)
    found = page.peaks()
    assert abs(found[0] - 1000) < 1 and abs(found[1] - 5000) < 1, found
    for what in ("psd", "peaks"):
        text = page.export(what, "csv").read_text()
        same_table(text, page.command(), f"{what} of the WAV")
    page.select(2, 0.2, 500, 8000)
    page.peaks()
    same_table(page.export("spectrogram", "csv").read_text(), page.command(), "spectrogram of the WAV")
    assert page.export("psd", "npy").read_bytes().startswith(b"\x93NUMPY")
    assert page.export("psd", "png").read_bytes().startswith(b"\x89PNG")
    assert page.export("psd", "svg").read_text().startswith("<svg")

    # The event, found by its own selection at full zoom.
    page.select(19.99, 0.06, 10000, 20000)
    found = page.peaks()
    assert found and abs(found[0] - 15000) < 60, found
    page.quiet("the WAV")


def settings(page):
    page.browser.run("document.getElementById('settings-button').click()")
    for name, value in (("scale", "log"), ("n-fft", 4096), ("window", "blackman-harris"), ("aggregate", "mean"),
                        ("colours", "magma"), ("overlap", "0.75")):
        page.choose(name, value)
        page.browser.wait(READY, f"the picture with {name} {value}")
        assert page.colours() > 20, f"{name} {value}: blank"
    page.picture("view-settings")
    page.choose("scale", "mel")
    page.browser.wait(READY, "the mel axis")
    page.choose("theme", "dark")
    page.browser.resize(390, 844, mobile=True)
    page.browser.run("document.getElementById('settings-button').click()")
    time.sleep(0.5)
    page.browser.wait(READY, "the picture at phone width")
    wide = page.browser.run("return document.documentElement.scrollWidth - window.innerWidth")
    assert wide <= 0, f"the page is {wide} px wider than a phone"
    page.picture("view-phone")
    page.browser.cdp("Emulation.clearDeviceMetricsOverride", {})
    page.quiet("the settings")


def eeg(page, server):
    page.open(server.address)
    page.choose("file", 1)
    page.choose("channel", 2)
    page.choose("layout", "traces")
    page.browser.wait(READY, "the EDF")
    time.sleep(0.5)
    page.select(5, 40, 4, 30)
    found = page.peaks()
    assert abs(found[0] - 10.5) < 0.1, f"the first peak of O1 is at {found[0]} Hz"
    page.picture("view-edf")
    for what in ("psd", "peaks"):
        text = page.export(what, "csv").read_text()
        same_table(text, page.command(), f"{what} of the EDF")
    page.choose("layout", "all")
    page.browser.wait(READY, "all spectrograms")
    time.sleep(0.3)
    page.picture("view-edf-all")
    page.quiet("the EDF")


def annotations(page, server, path):
    page.open(server.address)
    page.select(1, 2, 900, 1100)
    page.browser.run("document.getElementById('annotation-label').value = 'a tone';"
                     "document.getElementById('annotate').click()")
    page.browser.wait("return document.getElementById('readout').textContent.includes('Written')", "the annotation")
    import json
    meta = json.loads(pathlib.Path(f"{path}.sigmf-meta").read_text())
    (note,) = meta["annotations"]
    assert (note["core:sample_start"], note["core:sample_count"], note["core:label"]) == (48000, 96000, "a tone"), note
    page.quiet("the annotation")


def bad_files(page, program, folder):
    bad, cut = folder / "bad.wav", folder / "cut.wav"
    signals.broken(bad)
    signals.truncated(cut, folder / "tones.wav")
    with Server(program, bad) as server:
        page.browser.go(server.address)
        text = page.browser.wait("return document.getElementById('message').textContent", "a message about the file")
        assert "bad.wav" in text, text
        page.quiet("a broken file")
    with Server(program, cut) as server:
        page.open(server.address)
        notes = page.browser.run("return document.getElementById('notes').textContent")
        assert "promises" in notes, notes
        page.quiet("a truncated file")


def reports(page, program, folder):
    """Each report opens from disk, shows something, and makes no requests."""
    tones, brain = folder / "tones.wav", folder / "brain.edf"
    bench = ["bench-welch-peaks", "--n-fft", "256", "--batch", "32,64", "--k", "4", "--train-steps", "0", "--iters", "3"]
    training = ["train-e2e", "--n-fft", "64", "--steps", "60", "--validate-every", "20"]
    cases = [
        ("peaks", ["peaks", tones, "--band", "200:12000"], ".u-wrap canvas", "1000"),
        ("psd", ["psd", brain, "--confidence", "95", "--n-fft", "512"], ".u-wrap canvas", "O1"),
        ("spectrogram", ["spectrogram", brain, "--channel", "O1", "-o", folder / "s.npy"], "canvas.picture", "Spectrogram"),
        ("coherence", ["coherence", "C3:O1", brain, "--n-fft", "256"], ".u-wrap canvas", "C3"),
        ("bench", bench, "table.heat td", "welch_full_psd"),
        ("training", training, ".u-wrap canvas", "history"),
    ]
    # The page of a server that has ended still asks it: it is left, and what it said.
    page.browser.go("about:blank")
    page.browser.console()
    for name, arguments, selector, text in cases:
        path = folder / f"{name}.html"
        done = subprocess.run([program, *map(str, arguments), "--html", str(path), "--quiet"], stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True)
        assert done.returncode == 0, f"{name}: {done.stderr}"
        page.browser.go(path.as_uri())
        page.browser.wait("return document.body.dataset.state === 'ready'", f"the report of {name}")
        assert page.browser.run("return document.querySelectorAll(arguments[0]).length", selector) > 0, f"{name}: no {selector}"
        assert text in page.browser.run("return document.body.innerText"), f"{name}: '{text}' is not in it"
        assert "rlx-fft " in page.browser.run("return document.querySelector('pre').textContent"), name
        fetched = page.browser.run("return performance.getEntriesByType('resource').map(r => r.name)"
                                   ".filter(n => !n.startsWith('data:'))")
        assert not fetched, f"{name} fetched {fetched}"
        page.picture(f"report-{name}")
        page.quiet(f"the report of {name}")


def attacks(server):
    host = f"127.0.0.1:{server.port}"
    get = lambda path, name=host: server.talk(f"GET {path} HTTP/1.1\r\nHost: {name}\r\nConnection: close\r\n\r\n".encode())
    root = f"/{server.token}/"
    assert get(root) == 200 and get(root + "main.js") == 200
    assert get(root, "attacker.example") == 421 and get(root, f"attacker.example:{server.port}") == 421
    for path in ("/", "/main.js", root + "../secret", root + "%2e%2e/x", root + "api", root[:-1], "/" + "0" * 32 + "/"):
        assert get(path) == 404, path
    head = f"POST {root}api HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n"
    post = lambda body, extra="": server.talk((head + f"{extra}Content-Length: {len(body)}\r\n\r\n").encode() + body)
    assert post(b'{"method":"info"}', "Origin: http://attacker.example\r\n") == 403
    assert post(b"x" * 70000) == 413
    for body in (b"", b"\xff\xfe", b"[" * 30000, b'{"method":"tile"}',
                 b'{"method":"tile","recording":0,"channel":0,"n_fft":1e99,"hop":1,"frames":1,"index":0}',
                 b'{"method":"tile","recording":0,"channel":0,"n_fft":131072,"hop":1048576,"frames":68719476736,'
                 b'"index":18446744073709551615}',
                 b'{"method":"envelope","recording":0,"channels":[0],"start":18446744073709551615,"samples":'
                 b'18446744073709551615,"columns":16384}',
                 b'{"method":"samples","recording":0,"channel":0,"start":18446744073709551615,"count":8388608}',
                 b'{"method":"psd","recording":0,"channels":[0],"start":18446744073709551615,"count":'
                 b'18446744073709551615,"n_fft":64,"hop":32}'):
        assert post(body) == 200, body[:80]
    for noise in (b"\r\n\r\n", b"GET", b"\0" * 100, b"A" * 20000, b"GET / HTTP/9.9\r\n\r\n", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
                  b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nffffffff\r\n"):
        server.talk(noise)
    assert server.process.poll() is None, "an attack ended the server"


def many_requests(server, count=10_000):
    """Memory after many requests is what it was after some."""
    body = b'{"method":"tile","recording":0,"channel":0,"n_fft":256,"hop":128,"frames":1,"index":%d}'
    sent = 0

    def send(amount):
        nonlocal sent
        s = socket.create_connection(("127.0.0.1", server.port), timeout=30)
        stream = s.makefile("rb")
        for _ in range(amount):
            content = body % (sent % 40)
            s.sendall(f"POST /{server.token}/api HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\n"
                      f"Content-Length: {len(content)}\r\n\r\n".encode() + content)
            status = stream.readline()
            length = 0
            while (line := stream.readline().strip()):
                if line.lower().startswith(b"content-length:"):
                    length = int(line.split(b":")[1])
            stream.read(length)
            sent += 1
            if status.startswith(b"HTTP/1.1 429"):
                s.close()
                time.sleep(0.5)
                s = socket.create_connection(("127.0.0.1", server.port), timeout=30)
                stream = s.makefile("rb")
            else:
                assert status.startswith(b"HTTP/1.1 200"), status
        s.close()

    send(1000)
    before = server.memory()
    send(count - 1000)
    after = server.memory()
    assert after < before + 16 * 1024, f"{before} KiB before, {after} KiB after {count} requests"
    print(f"  {count} requests: {before} KiB, then {after} KiB")


def main():
    program = os.path.abspath(sys.argv[1])
    pictures = pathlib.Path(sys.argv[2]).absolute() if len(sys.argv) > 2 else None
    if pictures:
        pictures.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        downloads = folder / "downloads"
        downloads.mkdir()
        tones, brain = folder / "tones.wav", folder / "brain.edf"
        signals.wav(tones)
        signals.edf(brain)
        with Server(program, tones, brain) as server, Browser(downloads) as browser:
            page = Page(browser, program, downloads, pictures)
            for test in (lambda: audio(page, server), lambda: settings(page), lambda: eeg(page, server),
                         lambda: annotations(page, server, tones), lambda: bad_files(page, program, folder),
                         lambda: reports(page, program, folder)):
                started = time.monotonic()
                test()
                print(f"  passed in {time.monotonic() - started:.1f} s")
        with Server(program, tones) as server:
            attacks(server)
            many_requests(server)
    print("view: all of it passed")


if __name__ == "__main__":
    main()

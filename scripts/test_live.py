#!/usr/bin/env python3
"""Drives `rlx-fft live` in tmux: scripts/test_live.py PROGRAM"""

import json
import math
import os
import pathlib
import random
import re
import shlex
import signal
import subprocess
import sys
import tempfile
import time


class Terminal:
    """A tmux server of its own; `with` ends it."""

    def __init__(self, folder, command, columns=120, rows=36):
        self.socket = str(folder / "tmux")
        self.tmux("new-session", "-d", "-x", str(columns), "-y", str(rows), command)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        subprocess.run(["tmux", "-S", self.socket, "kill-server"], capture_output=True)

    def tmux(self, *arguments):
        environment = {**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor"}
        return subprocess.run(["tmux", "-S", self.socket, "-f", "/dev/null", *arguments], check=True,
                              capture_output=True, text=True, env=environment).stdout

    def screen(self, colours=False):
        return self.tmux("capture-pane", "-p", *(["-e"] if colours else []))

    def keys(self, *keys):
        self.tmux("send-keys", *keys)

    def wait(self, test, what, seconds=20):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            text = self.screen()
            if test(text):
                return text
            time.sleep(0.1)
        raise AssertionError(f"waited {seconds} s for {what}; the screen is:\n{text}")


def iq(path, rate=256_000, seconds=8):
    """Unsigned 8-bit IQ: a carrier 20 kHz above the centre, one 60 kHz below it that is weaker."""
    random.seed(5)
    data = bytearray()
    period = rate // 1000
    for i in range(period):
        a, b = 2 * math.pi * 20e3 * i / rate, -2 * math.pi * 60e3 * i / rate
        data += bytes((int(127.5 + 50 * math.cos(a) + 10 * math.cos(b)), int(127.5 + 50 * math.sin(a) + 10 * math.sin(b))))
    block = bytes(data) * (seconds * 1000)
    noise = bytes(random.choice((0, 0, 1)) for _ in range(65537))
    whole = bytearray(block)
    for i in range(0, len(whole)):
        whole[i] += noise[i % 65537]
    path.write_bytes(whole)


def main():
    program = os.path.abspath(sys.argv[1])
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        file, log = folder / "band.u8", folder / "peaks.jsonl"
        iq(file)
        line = (f"{shlex.quote(program)} live - --raw iq-u8 --rate 256k --center 100M --real-time --log {log} "
                f"--log-every 500ms < {file}; echo left with $?; sleep 30")
        with Terminal(folder, line) as terminal:
            text = terminal.wait(lambda t: "100.0200 MHz" in t and "99.9400 MHz" in t, "both carriers in the table")
            peaks = re.findall(r"(\d+) +([\d.]+) MHz +(-?[\d.]+) dB", text)
            assert peaks[0][1] == "100.0200" and peaks[1][1] == "99.9400", peaks
            assert abs(float(peaks[0][2]) - float(peaks[1][2]) - 14) < 2, peaks
            assert "▀" in text, "there is no waterfall"
            assert "\x1b[38;2;" in terminal.screen(colours=True), "no true colours"
            terminal.keys("+")
            terminal.wait(lambda t: "99.8720" not in t, "the zoom")
            terminal.keys("0", "m")
            terminal.wait(lambda t: "max-hold" in t, "max-hold")
            terminal.keys("Space")
            terminal.wait(lambda t: "paused" in t, "the pause")
            terminal.keys("Space", "h")
            terminal.wait(lambda t: "zoom in frequency" in t, "the help")
            terminal.keys("h")
            # Small and odd terminals are no reason to end.
            for size in ((20, 6), (1, 1), (200, 60), (80, 24)):
                terminal.tmux("resize-window", "-x", str(size[0]), "-y", str(size[1]))
                time.sleep(0.3)
            time.sleep(1)
            terminal.keys("q")
            terminal.wait(lambda t: "left with 0" in t, "the end")
        lines = [json.loads(text) for text in log.read_text().splitlines()]
        assert len(lines) >= 3, f"{len(lines)} lines in the log"
        for entry in lines:
            assert abs(entry["peaks"][0]["freq"] - 100.02e6) < 20, entry
        # Without a terminal: only the log, to the end of the file, in files of bounded size.
        small = folder / "small.jsonl"
        subprocess.run([program, "live", file, "--raw", "iq-u8", "--rate", "256k", "--log", small, "--log-every", "100ms",
                        "--log-size", "0.004", "--log-keep", "2", "--quiet"], check=True, stdout=subprocess.PIPE)
        sizes = {p.name: p.stat().st_size for p in folder.glob("small.jsonl*")}
        assert set(sizes) == {"small.jsonl", "small.jsonl.1", "small.jsonl.2"}, sizes
        assert max(sizes.values()) <= 4000, sizes
        # A file that grows.
        grown, text = folder / "grown.u8", folder / "grown.jsonl"
        content = file.read_bytes()
        grown.write_bytes(content[: len(content) // 4])
        follow = subprocess.Popen([program, "live", grown, "--raw", "iq-u8", "--rate", "256k", "--follow", "--log", text,
                                   "--log-every", "500ms", "--quiet"], stdout=subprocess.PIPE,
                                  preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))
        try:
            count = lambda: len(text.read_text().splitlines()) if text.exists() else 0
            wait(lambda: count() == 4, "four lines of the first two seconds")
            with open(grown, "ab") as more:
                more.write(content[len(content) // 4: len(content) // 2])
            wait(lambda: count() == 8, "four lines more")
        finally:
            follow.send_signal(2)
            follow.wait(10)
    print("live: all of it passed")


def wait(test, what, seconds=15):
    end = time.monotonic() + seconds
    while not test():
        assert time.monotonic() < end, f"waited {seconds} s for {what}"
        time.sleep(0.05)


if __name__ == "__main__":
    main()

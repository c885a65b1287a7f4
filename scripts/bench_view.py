#!/usr/bin/env python3
"""Times of the viewer's pictures over its own interface: scripts/bench_view.py PROGRAM [HOURS …]

Makes a mono WAV (RF64) of 48 kHz and 16 bit for each length: noise in the first ten minutes and 20 ms of a tone two thirds
in, zeros (a sparse file) elsewhere. Asks for the tiles that a page of 1200 pixels asks for, four at a time as the page does.
"""

import concurrent.futures
import http.client
import json
import math
import os
import pathlib
import random
import statistics
import struct
import sys
import tempfile
import time
from array import array

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from test_view import Server  # noqa: E402

RATE, N_FFT, HOP, PIXELS, COLUMNS = 48000, 1024, 512, 1200, 256


def recording(path, hours):
    frames = int(hours * 3600 * RATE)
    size = 2 * frames
    random.seed(1)
    noise = array("h", (int(random.gauss(0, 1000)) for _ in range(1 << 16))).tobytes()
    tone = array("h", (int(12000 * math.sin(2 * math.pi * 9000 * i / RATE)) for i in range(RATE // 50))).tobytes()
    with open(path, "wb") as file:
        file.write(struct.pack("<4sI4s4sIQQQI", b"RF64", 0xFFFFFFFF, b"WAVE", b"ds64", 28, size + 72, size, frames, 0))
        file.write(struct.pack("<4sIHHIIHH4sI", b"fmt ", 16, 1, 1, RATE, 2 * RATE, 2, 16, b"data", 0xFFFFFFFF))
        start = file.tell()
        for _ in range(min(size, 2 * 600 * RATE) // len(noise)):
            file.write(noise)
        file.seek(start + 2 * (frames * 2 // 3))
        file.write(tone)
        file.truncate(start + size)
    return frames


class Client:
    def __init__(self, server):
        self.server = server
        self.view = 0

    def ask(self, query):
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=600)
        connection.request("POST", f"/{self.server.token}/api?session=bench", json.dumps(query))
        answer = connection.getresponse()
        body = answer.read()
        connection.close()
        assert answer.status == 200 and not body.startswith(b"{"), (answer.status, body[:200])
        return body

    def picture(self, frames, start, end, exact):
        """All tiles of a stretch in s; gives seconds and the tiles."""
        self.view += 1
        per_pixel = (end - start) * RATE / PIXELS
        hop = HOP
        while hop % 2 == 0 and hop > per_pixel and hop > N_FFT // 32:
            hop //= 2
        count = 2 ** max(0, math.floor(math.log2(per_pixel / hop)))
        width = hop * count
        last = min(int(end * RATE), frames - 1)
        tiles = range(int(start * RATE) // width // COLUMNS, last // width // COLUMNS + 1)
        query = {"method": "tile", "recording": 0, "channel": 0, "n_fft": N_FFT, "hop": hop, "frames": count,
                 "exact": exact, "view": self.view}
        began = time.monotonic()
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            answers = list(pool.map(lambda index: self.ask({**query, "index": index}), tiles))
        return time.monotonic() - began, answers


def cpu(server):
    """Seconds of processor time of the server, which do not depend on what else runs."""
    fields = pathlib.Path(f"/proc/{server.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def strongest(answers):
    """The largest level of each tile's columns, in dB, over the tone's bins."""
    best = []
    for body in answers:
        columns, rows = struct.unpack_from("<II", body)
        levels = array("h", body[24:24 + 2 * columns * rows])
        low, high = round(8900 / RATE * N_FFT), round(9100 / RATE * N_FFT)
        best.append(max(max(levels[c * rows + low:c * rows + high + 1]) for c in range(columns)) / 100)
    return best


def main():
    program = os.path.abspath(sys.argv[1])
    random.seed(2)
    for hours in [float(text) for text in sys.argv[2:]] or [1.0, 24.0]:
        with tempfile.TemporaryDirectory() as name:
            path = pathlib.Path(name, "long.wav")
            frames = recording(path, hours)
            length = frames / RATE
            with Server(program, path) as server:
                client = Client(server)
                began = time.monotonic()
                first, _ = client.picture(frames, 0, length, False)
                spent = cpu(server)
                exact, tiles = client.picture(frames, 0, length, True)
                spent_exact = cpu(server) - spent
                print(f"{hours:g} h: first picture {first:.2f} s, {spent:.2f} s of processor time; "
                      f"every frame {exact:.2f} s, {spent_exact:.2f} s of processor time "
                      f"({frames * N_FFT / HOP / spent_exact / 1e9:.2f} G segment samples/s of it), memory {server.memory('VmHWM') / 1024:.0f} MiB")
                levels = strongest(tiles)
                share = levels.index(max(levels[1:])) / len(levels)
                print(f"  the 20 ms tone is in tile {levels.index(max(levels[1:]))} of {len(levels)} (two thirds: {share:.2f}), "
                      f"{max(levels[1:]):.1f} dB")
                times = []
                spent = cpu(server)
                for _ in range(40):
                    span = length * 2 ** -random.uniform(1, 14)
                    start = random.uniform(0, length - span)
                    times.append(client.picture(frames, start, start + span, False)[0])
                times.sort()
                spent = (cpu(server) - spent) / len(times)
                print(f"  zoomed views: median {statistics.median(times) * 1e3:.0f} ms, slowest {times[-1] * 1e3:.0f} ms, "
                      f"processor time {spent * 1e3:.0f} ms each, "
                      f"memory {server.memory('VmHWM') / 1024:.0f} MiB, whole run {time.monotonic() - began:.1f} s")


if __name__ == "__main__":
    main()

"""The recordings of the test: a WAV with two tones and a short event, an EDF with rhythms, broken files."""

import math
import random
import struct
from array import array


def wav(path, seconds=30, rate=48000):
    """1 kHz at half of full scale, 5 kHz 20 dB below it, faint noise, and 20 ms of 15 kHz at 20 s."""
    random.seed(7)
    noise = [random.gauss(0, 30) for _ in range(4099)]
    table = [16384 * math.sin(2 * math.pi * 1000 * i / rate) + 1638.4 * math.sin(2 * math.pi * 5000 * i / rate)
             for i in range(rate // 1000)]
    samples = array("h", (int(table[i % len(table)] + noise[i % 4099]) for i in range(seconds * rate)))
    for i in range(rate // 50):
        at = 20 * rate + i
        if at < len(samples):
            samples[at] += int(9000 * math.sin(2 * math.pi * 15000 * i / rate))
    data = samples.tobytes()
    head = struct.pack("<4sI4s4sIHHIIHH4sI", b"RIFF", 36 + len(data), b"WAVE", b"fmt ", 16, 1, 1, rate, 2 * rate, 2, 16,
                       b"data", len(data))
    path.write_bytes(head + data)


def edf(path, seconds=60, rate=256):
    """Four channels in µV; O1 has 10.5 Hz, C3 has 21 Hz."""
    random.seed(8)
    names = ["Fp1", "C3", "O1", "EOG"]
    tones = {"C3": (21.0, 20.0), "O1": (10.5, 40.0)}
    text = lambda value, width: str(value).ljust(width).encode()
    head = text(0, 8) + text("X X X X", 80) + text("Startdate 02-MAR-2021 X X X", 80) + b"02.03.2113.14.15"
    head += text(256 * (len(names) + 1), 8) + text("", 44) + text(seconds, 8) + text(1, 8) + text(len(names), 4)
    columns = [(names, 16), ([""] * 4, 80), (["uV"] * 4, 8), ([-200] * 4, 8), ([200] * 4, 8), ([-32768] * 4, 8),
               ([32767] * 4, 8), ([""] * 4, 80), ([rate] * 4, 8), ([""] * 4, 32)]
    for values, width in columns:
        head += b"".join(text(value, width) for value in values)
    body = bytearray()
    for second in range(seconds):
        for name in names:
            frequency, size = tones.get(name, (0.0, 0.0))
            values = array("h")
            for i in range(rate):
                t = second + i / rate
                micro = size * math.sin(2 * math.pi * frequency * t) + random.gauss(0, 4)
                values.append(max(-32768, min(32767, round(micro / 200 * 32767))))
            body += values.tobytes()
    path.write_bytes(head + bytes(body))


def broken(path):
    path.write_bytes(b"RIFF\xff\xff\xff\x7fWAVEfmt \x10\0\0\0\x01\0\0\0" + b"\xff" * 40)


def truncated(path, whole):
    content = whole.read_bytes()
    path.write_bytes(content[: len(content) // 3])

#!/usr/bin/env python3
"""`find_peaks` beside SciPy on the samples of crates/dsp/benches/find_peaks.rs, one thread each.

    pip install scipy && python scripts/bench_find_peaks.py PROGRAM [FILTER …]

PROGRAM is the bench, as `cargo bench -p rlx-fft-dsp --bench find_peaks --no-run` names it. Both sides are measured alternately;
printed are the minima in ms, SciPy's time over ours, and the versions.
"""

import platform
import re
import subprocess
import sys
import time

import numpy as np
import scipy
from scipy.signal import find_peaks

CASES = {
    "none": {},
    "height": {"height": 0.0},
    "threshold": {"threshold": 0.1},
    "plateau": {"plateau_size": 1},
    "distance 5": {"distance": 5},
    "distance 20": {"distance": 20},
    "distance 100": {"distance": 100},
    "prominence": {"prominence": 0.5},
    "width": {"width": 1.0},
    "wlen 101": {"prominence": 0.5, "wlen": 101},
    "all four": {"height": 0.0, "distance": 10, "prominence": 0.5, "width": 1.0},
}
LINE = re.compile(r"(f32|f64) \((\d+), (\d+)\)( smooth)? (\d) (.*?) +min +([\d.]+) median +([\d.]+) ms")
TURNS = 3


def noise(count):
    """The bench's generator, bit for bit."""
    state, mask, out = 0x9E3779B97F4A7C15, 2**64 - 1, np.empty(2 * count)
    for i in range(2 * count):
        state ^= state << 13 & mask
        state ^= state >> 7
        state ^= state << 17 & mask
        out[i] = (state >> 11) / 2.0**53 - 0.5
    return out[::2] + out[1::2]


def signal(kind, rows, length, smooth):
    x = noise(rows * length)
    if smooth:
        total = 0.0
        for i, v in enumerate(x):
            total = 0.99 * total + 0.1 * v
            x[i] = total
    return x.reshape(rows, length).astype({"f32": np.float32, "f64": np.float64}[kind])


def scipy_ms(x, conditions):
    repeat = max(1, 20_000 // x.size)
    start = time.perf_counter()
    for _ in range(repeat):
        for row in x:
            find_peaks(row, **conditions)
    return (time.perf_counter() - start) * 1e3 / repeat


def main():
    program, filters = sys.argv[1], sys.argv[2:]
    ours, theirs, signals = {}, {}, {}
    for _ in range(TURNS):
        output = subprocess.run([program, *filters], check=True, capture_output=True, text=True).stdout
        for kind, rows, length, smooth, threads, name, least, _ in LINE.findall(output):
            shape = (kind, int(rows), int(length), bool(smooth))
            key = (*shape, int(threads), name)
            if shape not in signals:
                signals[shape] = signal(*shape)
            ours[key] = min(ours.get(key, np.inf), float(least))
            theirs[key] = min(theirs.get(key, np.inf), scipy_ms(signals[shape], CASES[name]))
    print(f"SciPy {scipy.__version__}, NumPy {np.__version__}, {platform.machine()}, {time.strftime('%Y-%m-%d')}")
    for key, least in ours.items():
        kind, rows, length, smooth, threads, name = key
        label = f"{kind} ({rows}, {length}){' smooth' if smooth else ''}, {threads} threads, {name}"
        print(f"{label:<50} {least:9.4f} ms, SciPy {theirs[key]:9.4f} ms: {theirs[key] / least:6.2f}")


if __name__ == "__main__":
    main()

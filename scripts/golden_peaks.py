#!/usr/bin/env python3
"""Golden values of scipy.signal.find_peaks for crates/dsp/tests/peaks_golden.rs.

    pip install scipy && python scripts/golden_peaks.py

Inputs are made by the generator below, which the Rust test repeats bit for bit, or read from examples/data.
"""

import itertools
import json
import pathlib

import numpy as np
import scipy
from scipy.signal import find_peaks

ROOT = pathlib.Path(__file__).resolve().parent.parent
OUT = ROOT / "crates/dsp/tests/golden/peaks/find_peaks.json"


def lcg(seed, n):
    """Uniform in [-1, 1): a 64-bit linear congruential generator (Knuth's MMIX constants), upper 53 bits."""
    state, out = seed, np.empty(n)
    for i in range(n):
        state = (state * 6364136223846793005 + 1442695040888963407) % 2**64
        out[i] = (state >> 11) / 2.0**53 * 2.0 - 1.0
    return out


def signal(kind, seed, n):
    if kind == "noise":
        return lcg(seed, n)
    if kind == "walk":
        return np.cumsum(lcg(seed, n))
    if kind == "steps":  # few levels: many flat tops and ties
        return np.floor(lcg(seed, n) * 3.0)
    if kind == "gaps":  # a NaN at every 17th sample, an infinity at every 41st
        x = lcg(seed, n)
        x[::17] = np.nan
        x[::41] = np.inf
        return x
    if kind == "ecg":
        return np.load(ROOT / "examples/data/ecg.npy")[:360].astype(float)
    if kind == "sunspots":
        rows = (ROOT / "examples/data/sunspots.csv").read_text().splitlines()[1:]
        return np.array([float(row.split(",")[1]) for row in rows])
    raise ValueError(kind)


def number(v):
    v = v.item()
    return v if np.isfinite(v) else str(v)  # JSON has no infinity


def spread(values, low, high):
    """Bounds that keep some and reject some."""
    return [float(np.quantile(values, low)), float(np.quantile(values, high))] if len(values) else [0.0, 1.0]


def run(x, args):
    args = {k: tuple(v) if isinstance(v, list) else v for k, v in args.items()}
    with np.errstate(all="ignore"):
        return find_peaks(x, **args)


def case(kind, seed, n, args):
    positions, properties = run(signal(kind, seed, n), args)
    return {
        "signal": {"kind": kind, "seed": seed, "n": n},
        "params": args,
        "positions": positions.tolist(),
        "properties": {k: [number(v) for v in values] for k, values in properties.items()},
    }


def distinct_heights(x):
    heights = x[find_peaks(x)[0]]
    return len(np.unique(heights)) == len(heights)


def grid():
    inputs = [("noise", 1, 101), ("walk", 2, 160), ("steps", 3, 160), ("ecg", 0, 0), ("sunspots", 0, 0)]
    for kind, seed, n in inputs:
        x = signal(kind, seed, n)
        everything = dict(plateau_size=[None, None], height=[None, None], threshold=[None, None],
                          prominence=[None, None], width=[None, None])
        _, props = run(x, everything)
        yield kind, seed, n, {}
        yield kind, seed, n, everything
        bounds = {
            "plateau_size": [[1, 1], [2, None], [None, 3]],
            "height": [spread(props["peak_heights"], 0.3, 0.8), [float(np.median(props["peak_heights"])), None]],
            "threshold": [spread(props["left_thresholds"], 0.2, 0.9), [None, 0.5]],
            "prominence": [spread(props["prominences"], 0.4, 0.95), [float(np.median(props["prominences"])), None]],
            "width": [spread(props["widths"], 0.2, 0.8), [1.5, None]],
        }
        for name, choices in bounds.items():
            for choice in choices:
                yield kind, seed, n, {name: choice}
        for wlen, rel in itertools.product([None, 3, 10, 25], [0.25, 0.5, 1.0]):
            yield kind, seed, n, dict(wlen=wlen, rel_height=rel, width=[None, None], prominence=[0.1, None])
        if distinct_heights(x):  # NumPy's sort leaves the order of ties open
            for distance in [1, 2, 3.5, 10, 1000]:
                yield kind, seed, n, dict(distance=distance, height=[None, None])
            yield kind, seed, n, dict(distance=4, height=bounds["height"][1], threshold=[None, None],
                                      prominence=bounds["prominence"][1], width=[0.5, 20], wlen=41, rel_height=0.7)
    for args in ({}, {"prominence": [None, None]}, {"width": [None, None], "wlen": 9}, {"height": [0.0, None]}):
        yield "gaps", 9, 150, args
    for n in (0, 1, 2, 3, 4):
        yield "noise", 4, n, dict(prominence=[None, None], width=[None, None])


def main():
    cases = [case(*arguments) for arguments in grid()]
    versions = {"scipy": scipy.__version__, "numpy": np.__version__}
    body = ",\n".join(json.dumps(c, separators=(",", ":"), allow_nan=True) for c in cases)
    OUT.parent.mkdir(parents=True, exist_ok=True)
    OUT.write_text(f'{{"versions":{json.dumps(versions)},"cases":[\n{body}\n]}}\n')
    print(f"{OUT}: {len(cases)} cases, {OUT.stat().st_size} bytes")


if __name__ == "__main__":
    main()

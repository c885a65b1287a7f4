#!/usr/bin/env python3
"""Golden values of windows, Welch spectra, cross spectra and coherence, computed by SciPy.

    python -m venv /tmp/golden && /tmp/golden/bin/pip install numpy scipy
    /tmp/golden/bin/python scripts/golden_scipy.py

writes crates/dsp/tests/golden/scipy/*.json. Inputs are not stored: `signal` below and `signal` in
crates/dsp/tests/common/mod.rs make the same samples, bit by bit, from a seed. SciPy always works on f64; for
"f32" cases on the f64 values of the samples rounded to f32.
"""

import json
import pathlib

import numpy as np
import scipy
from scipy import signal as sps
from scipy import stats

OUT = pathlib.Path(__file__).resolve().parent.parent / "crates/dsp/tests/golden/scipy"
MASK = (1 << 64) - 1


def noise(seed, n):
    """xorshift64*, its upper 53 bits scaled to [-1, 1): exact in binary."""
    state = (seed * 0x9E3779B97F4A7C15) & MASK or 1
    out = np.empty(n)
    for i in range(n):
        state ^= state >> 12
        state = (state ^ (state << 25)) & MASK
        state ^= state >> 27
        out[i] = ((state * 0x2545F4914F6CDD1D) & MASK) >> 11
    return out * 2.0**-52 - 1.0


def signal(seed, n, offset=0.0, slope=0.0):
    """Noise, a triangle wave of period 22.86 samples, an offset and a slope. Sums and products are rounded in
    the order written, so that any IEEE machine makes the same samples."""
    i = np.arange(n, dtype=np.int64)
    triangle = np.abs((7 * i) % 160 - 80) / 20.0 - 2.0
    return ((noise(seed, n) + triangle) + slope * i) + offset


def samples(case, seed):
    n, offset, slope = case["n"], case["offset"], case["slope"]
    x = signal(seed, n, offset, slope)
    if case["complex"]:
        x = x + 1j * signal(seed + 1000, n, -offset, -slope)
    if case["type"] == "f32":
        x = x.astype(np.complex64 if case["complex"] else np.float32)
    return x.astype(np.complex128 if case["complex"] else np.float64)


SCIPY_WINDOW = {
    "rectangular": "boxcar",
    "hann": "hann",
    "hamming": "hamming",
    "blackman": "blackman",
    "blackman-harris": "blackmanharris",
    "flat-top": "flattop",
    "kaiser:14": ("kaiser", 14.0),
    "kaiser:8.6": ("kaiser", 8.6),
    "kaiser:0": ("kaiser", 0.0),
    "kaiser:60": ("kaiser", 60.0),
    "tukey:0.25": ("tukey", 0.25),
    "tukey:0.5": ("tukey", 0.5),
    "tukey:0": ("tukey", 0.0),
    "tukey:1": ("tukey", 1.0),
    "gaussian:7": ("gaussian", 7.0),
    "gaussian:32": ("gaussian", 32.0),
}


def arguments(case):
    """The keyword arguments of scipy.signal.welch and csd."""
    return {
        "fs": case["sample_rate"],
        "window": sps.get_window(SCIPY_WINDOW[case["window"]], case["segment_len"], fftbins=case["periodic"]),
        "nperseg": case["segment_len"],
        "noverlap": case["segment_len"] - case["hop"],
        "nfft": case["n_fft"],
        "detrend": False if case["detrend"] == "none" else case["detrend"],
        "return_onesided": case["sides"] == "one",
        "scaling": case["scaling"],
        "average": case["average"],
    }


def case(n, segment_len, **changes):
    """A case with SciPy's defaults but for the changes."""
    defaults = {
        "type": "f64",
        "complex": False,
        "seed": 1,
        "n": n,
        "offset": 0.0,
        "slope": 0.0,
        "sample_rate": 100.0,
        "window": "hann",
        "periodic": True,
        "segment_len": segment_len,
        "hop": segment_len - segment_len // 2,
        "n_fft": segment_len,
        "detrend": "constant",
        "scaling": "density",
        "average": "mean",
        "sides": "two" if changes.get("complex") else "one",
    }
    unknown = set(changes) - set(defaults)
    assert not unknown, unknown
    return defaults | changes


def welch_cases():
    # Lengths: the least, odd, prime, powers of two, speech; short inputs of one and two segments.
    for length in (2, 3, 5, 7, 16, 31, 64, 97, 100, 128, 251, 256, 400):
        for kind in ("f64", "f32"):
            yield case(4 * length + 1, length, type=kind, seed=length)
            if length > 2:  # a line leaves nothing of two samples
                yield case(
                    4 * length + 1, length, type=kind, seed=length, offset=1e5, detrend="linear", slope=0.25
                )
    for n in (64, 95, 96, 127):
        yield case(n, 64, seed=n)
    for hop in (1, 7, 31, 48, 63, 64):
        yield case(300, 64, hop=hop, seed=hop, type="f32" if hop % 2 else "f64")
    for window in SCIPY_WINDOW:
        for periodic in (True, False):
            yield case(200, 61, window=window, periodic=periodic, seed=7)
    for detrend in ("none", "constant", "linear"):
        for scaling in ("density", "spectrum"):
            for average in ("mean", "median"):
                for kind in ("f32", "f64"):
                    seed = 11 + len(detrend)
                    yield case(
                        500, 60, seed=seed, type=kind, detrend=detrend, scaling=scaling, average=average,
                        offset=0.0 if detrend == "none" else 1e5,
                    )
    # 1 … 6 segments: the median of even and odd numbers, and its bias.
    for segments in range(1, 7):
        yield case(20 + 10 * (segments - 1), 20, average="median", seed=segments)
    # Zero-padding to even, odd and prime lengths.
    for n_fft in (51, 53, 64, 100, 127):
        for kind in ("f32", "f64"):
            yield case(333, 50, n_fft=n_fft, type=kind, seed=n_fft)
    # Two-sided and complex.
    for length in (15, 16, 37):
        yield case(130, length, sides="two", seed=length)
        for detrend in ("none", "constant", "linear"):
            yield case(130, length, complex=True, detrend=detrend, seed=length, offset=3.0, slope=0.01)
        yield case(130, length, complex=True, type="f32", seed=length, average="median", n_fft=length + 5)
    # A long one: sums over many segments.
    yield case(60_000, 64, seed=5, sample_rate=48_000.0)
    yield case(60_000, 64, seed=5, sample_rate=48_000.0, type="f32", offset=1e5)


def cross_cases():
    for length in (16, 33, 37, 64):
        for kind in ("f32", "f64"):
            for average in ("mean", "median"):
                yield case(6 * length, length, type=kind, average=average, seed=length)
        yield case(6 * length, length, complex=True, seed=length)
        yield case(6 * length, length, sides="two", seed=length)
    yield case(300, 50, n_fft=64, hop=13, detrend="linear", scaling="spectrum", offset=1e5, slope=-0.5)
    yield case(300, 50, n_fft=53, window="kaiser:8.6", detrend="none")


def numbers(values):
    return [float(v) for v in values]


def with_welch(c):
    frequencies, psd = sps.welch(samples(c, c["seed"]), **arguments(c))
    return c | {"frequencies": numbers(frequencies[:3]), "psd": numbers(psd)}


def with_cross(c):
    x = samples(c, c["seed"])
    # A delayed copy under noise of its own: coherent, but not fully.
    y = np.roll(x, 3) + 0.5 * samples(c, c["seed"] + 50)
    if c["type"] == "f32":
        y = y.astype(np.complex64 if c["complex"] else np.float32).astype(y.dtype)
    kw = arguments(c)
    _, pxy = sps.csd(x, y, **kw)
    pxx, pyy = (sps.welch(v, **kw)[1] for v in (x, y))
    golden = {"re": numbers(pxy.real), "im": numbers(pxy.imag)}
    coherence = np.abs(pxy) ** 2 / pxx / pyy
    if c["average"] == "mean" and c["sides"] == "one" and not c["complex"]:
        kw = {k: kw[k] for k in ("fs", "window", "nperseg", "noverlap", "nfft", "detrend")}
        _, official = sps.coherence(x, y, **kw)
        np.testing.assert_allclose(coherence, official, rtol=1e-9)
    return c | golden | {"coherence": numbers(coherence)}


def with_periodogram(n, n_fft, window, scaling, kind):
    c = case(n, n, type=kind, n_fft=n_fft or n, window=window, hop=n, scaling=scaling, seed=n)
    _, psd = sps.periodogram(
        samples(c, c["seed"]), fs=100.0, window=SCIPY_WINDOW[window], nfft=n_fft, scaling=scaling
    )
    return c | {"psd": numbers(psd)}


def windows():
    for name, spec in SCIPY_WINDOW.items():
        for length in (1, 2, 7, 16, 33):
            for periodic in (True, False):
                w = sps.get_window(spec, length, fftbins=periodic)
                yield {"window": name, "periodic": periodic, "weights": numbers(w)}


def confidence():
    for segments in (0.5, 1, 2.5, 8, 37, 1000):
        for level in (0.5, 0.9, 0.95, 0.999):
            dof = 2 * segments
            low, high = dof / stats.chi2.isf((1 - level) / 2, dof), dof / stats.chi2.ppf((1 - level) / 2, dof)
            yield {"segments": segments, "level": level, "low": float(low), "high": float(high)}


def write(name, cases):
    versions = {"scipy": scipy.__version__, "numpy": np.__version__}
    lines = ",\n".join(json.dumps(c, separators=(",", ":")) for c in cases)
    text = f'{{"versions":{json.dumps(versions)},"cases":[\n{lines}\n]}}\n'
    OUT.mkdir(parents=True, exist_ok=True)
    (OUT / f"{name}.json").write_text(text)
    print(f"{name}.json: {len(cases)} cases, {len(text)} bytes")


if __name__ == "__main__":
    write("windows", list(windows()))
    write("confidence", list(confidence()))
    write("welch", [with_welch(c) for c in welch_cases()])
    write("cross", [with_cross(c) for c in cross_cases()])
    lengths = ((2, None), (17, None), (64, None), (97, None), (50, 64), (50, 101))
    write(
        "periodogram",
        [
            with_periodogram(n, n_fft, window, scaling, kind)
            for n, n_fft in lengths
            for window, scaling, kind in
            (("rectangular", "density", "f64"), ("rectangular", "spectrum", "f32"), ("hann", "density", "f64"))
        ],
    )

"""Calls of SciPy's functions and of ours with the same arguments: shapes, sizes, types and options that users have."""

import numpy as np
import scipy.signal

import rlx_fft

rng = np.random.default_rng(0)
_kept: dict[tuple, np.ndarray] = {}


def noise(shape, kind="f8"):
    """The same samples for the same shape and type."""
    key = (shape, kind)
    if key not in _kept:
        if len(_kept) > 3:
            _kept.clear()
        x = rng.normal(size=shape)
        _kept[key] = x + 1j * rng.normal(size=shape) if kind[0] == "c" else (1000 * x if kind[0] == "i" else x)
    return _kept[key].astype(kind)


def both(name, *make, **keywords):
    """A case: the functions of this name in both packages, on arrays made when it runs."""

    def prepare():
        arrays = [m() for m in make]
        return tuple(lambda module=module: getattr(module, name)(*arrays, **keywords) for module in (rlx_fft, scipy.signal))

    return prepare


def _welch():
    for kind in ("f4", "f8"):
        yield f"welch (1, 256) {kind}", both("welch", lambda k=kind: noise((1, 256), k))
        for rows, n, nperseg in ((64, 4096, 256), (1024, 4096, 256), (100_000, 256, 256), (8192, 384, 256)):
            yield f"welch ({rows}, {n}) {kind} {nperseg}", both("welch", lambda s=(rows, n), k=kind: noise(s, k), nperseg=nperseg)
        for nperseg in (256, 997, 1000, 1024, 4096):
            yield f"welch (64, 65536) {kind} {nperseg}", both("welch", lambda k=kind: noise((64, 65536), k), nperseg=nperseg)
        for n, nperseg in ((2**22, 256), (2**22, 1024), (2**20, 2**16), (2**20, 2**18), (2**20, 2**19)):
            yield f"welch ({n},) {kind} {nperseg}", both("welch", lambda n=n, k=kind: noise((n,), k), nperseg=nperseg)
    yield "welch (16, 524288) f8 65536", both("welch", lambda: noise((16, 524288)), nperseg=65536)
    yield "welch (32, 30000) f8 1000", both("welch", lambda: noise((32, 30000)), nperseg=1000)
    yield "welch (19, 15360) f8 512", both("welch", lambda: noise((19, 15360)), nperseg=512)
    yield "welch (4096, 64) f8 axis 0", both("welch", lambda: noise((4096, 64)), axis=0)
    for title, keywords in (
        ("linear", dict(detrend="linear")), ("median", dict(average="median")), ("twosided", dict(return_onesided=False)),
        ("window array", dict(window=scipy.signal.get_window("hann", 1024))),
        ("detrend function", dict(detrend=lambda x: x - x.mean(axis=-1, keepdims=True))),
    ):  # fmt: skip
        yield f"welch (64, 65536) f8 1024 {title}", both("welch", lambda: noise((64, 65536)), **{"nperseg": 1024, **keywords})
    yield "welch (64, 65536) f8 256 nfft 2048", both("welch", lambda: noise((64, 65536)), nperseg=256, nfft=2048)
    for kind in ("c16", "c8", "i2"):
        yield f"welch (64, 65536) {kind} 1024", both("welch", lambda k=kind: noise((64, 65536), k), nperseg=1024)


def _cross():
    for name in ("csd", "coherence"):
        for kind in ("f4", "f8"):
            for nperseg in (256, 1000, 1024, 4096):
                make = [lambda k=kind: noise((64, 65536), k), lambda k=kind: noise((64, 65536), k)[::-1].copy()]
                yield f"{name} (64, 65536) {kind} {nperseg}", both(name, *make, nperseg=nperseg)
        make = [lambda: noise((32, 1, 30000)), lambda: noise((32, 1, 30000)).reshape(1, 32, 30000)]
        yield f"{name} all pairs of 32 rows of 30000", both(name, *make)


def _spectrogram():
    for kind in ("f4", "f8"):
        for nperseg in (256, 1000, 1024, 4096):
            yield f"spectrogram (1048576,) {kind} {nperseg}", both("spectrogram", lambda k=kind: noise((2**20,), k), nperseg=nperseg)
        for mode in ("complex", "magnitude", "angle", "phase"):
            yield f"spectrogram (1048576,) {kind} {mode}", both("spectrogram", lambda k=kind: noise((2**20,), k), nperseg=256, mode=mode)


def _periodogram():
    for kind in ("f4", "f8"):
        for n in (1000, 4096, 65536, 2**19, 2**20, 1_000_003, 4_000_000, 2**22):
            yield f"periodogram ({n},) {kind}", both("periodogram", lambda n=n, k=kind: noise((n,), k))
    yield "periodogram (1000, 4096) f8", both("periodogram", lambda: noise((1000, 4096)))


def _peaks():
    conditions = {
        "": {}, " height": dict(height=0), " threshold": dict(threshold=0.1), " plateau": dict(plateau_size=1),
        " distance 100": dict(distance=100), " prominence": dict(prominence=1), " width": dict(width=1),
        " wlen 101": dict(prominence=1, wlen=101), " all four": dict(height=0, distance=10, prominence=1, width=1),
    }  # fmt: skip
    for n in (200, 10_000, 1_000_000):
        for title, keywords in conditions.items():
            yield f"find_peaks ({n},){title}", both("find_peaks", lambda n=n: noise((n,)), **keywords)


def _epochs():
    for kind in ("f4", "f8"):
        for segments in (1, 2, 4, 8, 15):
            n = 128 * (segments + 1)
            yield f"welch (4096, {n}) {kind}: {segments} segments", both("welch", lambda n=n, k=kind: noise((4096, n), k))


def _lengths():
    for n in (2**k for k in range(8, 24, 3)):
        for step in (-1, 0, 1):
            yield f"welch ({n + step},) f8", both("welch", lambda n=n + step: noise((n,)))
            yield f"periodogram ({n + step},) f8", both("periodogram", lambda n=n + step: noise((n,)))


#: Cases by group; the names of the groups are arguments of bench.py.
GROUPS = {
    "welch-grid": _welch, "cross": _cross, "spectrogram": _spectrogram, "periodogram": _periodogram, "find-peaks": _peaks,
    "epochs": _epochs, "lengths": _lengths,
}  # fmt: skip


def difference(ours, theirs):
    """The relative L2 difference of two results, or a text where positions differ."""
    if isinstance(ours[1], dict):
        return 0.0 if np.array_equal(ours[0], theirs[0]) else "positions differ"
    a, b = np.asarray(ours[-1]), np.asarray(theirs[-1])
    good = np.isfinite(a) & np.isfinite(b)
    size = np.linalg.norm(b[good])
    return float(np.linalg.norm(a[good] - b[good]) / size) if size else 0.0

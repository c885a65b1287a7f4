"""Dask arrays: functions of rows by blocks, and one spectrum of a long signal by a tree of merges."""

from __future__ import annotations

from functools import partial
from typing import Any

import dask.array as da
import numpy as np
from dask import delayed

from . import _tables, _welch
from ._accumulator import WelchAccumulator
from ._layout import frequencies
from ._mel import melspectrogram
from ._welch_peaks import welch_peaks as _welch_peaks


def _rows(x: Any) -> Any:
    x = da.asarray(x)
    return x.rechunk({x.ndim - 1: -1})


def welch(x: Any, fs: float = 1.0, nperseg: int = 256, **options: Any) -> tuple[np.ndarray, Any]:
    """Frequencies and the spectra along the last axis of a Dask array, block by block."""
    x = _rows(x)
    f, probe = _welch.welch(np.zeros(x.shape[-1], dtype=x.dtype), fs, nperseg=nperseg, **options)

    def block(part: np.ndarray) -> np.ndarray:
        return _welch.welch(part, fs, nperseg=nperseg, **options)[1]

    return f, x.map_blocks(block, dtype=probe.dtype, chunks=(*x.chunks[:-1], (len(f),)))


def welch_peaks(x: Any, fs: float = 1.0, nperseg: int = 256, k: int = 16, **options: Any) -> Any:
    """The strongest peaks along the last axis: `[…, k, 2]` of frequency and power, NaN where a row has fewer."""
    x = _rows(x)
    k = min(k, nperseg // 2 + 1)

    def block(part: np.ndarray) -> np.ndarray:
        peaks = _welch_peaks(part, fs, nperseg, k, **options)
        return np.stack([peaks.frequency, np.asarray(peaks.power, dtype=np.float64)], axis=-1)

    return x.map_blocks(block, dtype=np.float64, chunks=(*x.chunks[:-1], (k,), (2,)), new_axis=x.ndim)


def band_power(x: Any, fs: float, lo: float, hi: float, nperseg: int = 256, **options: Any) -> Any:
    """The power along the last axis with `lo ≤ frequency ≤ hi`."""
    f, psd = welch(x, fs, nperseg, **options)
    return psd[..., np.flatnonzero((f >= lo) & (f <= hi))].sum(axis=-1, dtype=np.float64) * f[1]


def log_mel(x: Any, preset: Any = "whisper", **options: Any) -> Any:
    """Log-mel features along the last axis."""
    x = _rows(x)
    shape = melspectrogram(np.zeros(x.shape[-1], dtype=x.dtype), preset, **options)
    chunks = (*x.chunks[:-1], (shape.shape[0],), (shape.shape[1],))
    return x.map_blocks(lambda part: melspectrogram(part, preset, **options), dtype=shape.dtype, chunks=chunks,
                        new_axis=x.ndim)  # fmt: skip


def welch_agg(
    x: Any, fs: float = 1.0, nperseg: int = 256, noverlap: int | None = None, **options: Any
) -> tuple[np.ndarray, Any]:
    """Frequencies and the spectrum of one long signal, in any number of chunks: that of one pass.

    A chunk takes the segments that begin in it, and with them the samples of its neighbour that they reach into; its state
    holds bins, and the states are merged by a tree.
    """
    x = da.asarray(x)
    if x.ndim != 1:
        raise ValueError(f"x: one signal is expected, got {x.ndim} dimensions")
    hop = nperseg - (nperseg // 2 if noverlap is None else noverlap)
    segments = (x.shape[0] - nperseg) // hop + 1
    if segments < 1:
        raise ValueError(f"x: {x.shape[0]} samples are fewer than one segment of {nperseg}")
    # Segments that begin in each chunk.
    ends = np.cumsum(x.chunks[0])
    bounds = np.minimum((np.concatenate([[0], ends]) + hop - 1) // hop, segments)
    take = delayed(partial(_take, fs=fs, nperseg=nperseg, noverlap=noverlap, options=options), pure=True)
    states = [take(x[a * hop : (b - 1) * hop + nperseg]) for a, b in zip(bounds[:-1], bounds[1:]) if b > a]
    merge = delayed(_tables.merge, pure=True)
    while len(states) > 1:
        pairs = [merge(a, b) for a, b in zip(states[::2], states[1::2])]
        states = pairs + states[len(states) // 2 * 2 :]
    f = frequencies(options.get("nfft") or nperseg, fs, True)
    dtype = np.result_type(x.dtype, np.float32)
    return f, da.from_delayed(delayed(_tables.finish)(states[0]), (len(f),), dtype=dtype)


def _take(part: np.ndarray, fs: float, nperseg: int, noverlap: int | None, options: dict[str, Any]) -> WelchAccumulator:
    return WelchAccumulator(fs, nperseg=nperseg, noverlap=noverlap, **options).push(part)

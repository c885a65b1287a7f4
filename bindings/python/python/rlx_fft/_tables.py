"""Rows of list columns, for the adapters to engines: Arrow in, Arrow out, one call per row length."""

from __future__ import annotations

from typing import Any, Callable, Iterator

import numpy as np

from ._accumulator import WelchAccumulator
from ._mel import melspectrogram
from ._welch import welch as _welch
from ._welch_peaks import welch_peaks as _welch_peaks


def _arrow() -> Any:
    try:
        import pyarrow
    except ImportError as error:
        raise ImportError("rlx_fft's adapters to engines need pyarrow: pip install pyarrow") from error
    return pyarrow


def _column(column: Any) -> Any:
    """One Arrow array of lists, out of what an engine hands over."""
    pa = _arrow()
    if isinstance(column, pa.ChunkedArray):
        column = column.combine_chunks()
        # Older and newer versions give an array or one chunk.
        column = column.chunk(0) if isinstance(column, pa.ChunkedArray) else column
    if not isinstance(column, pa.Array):
        column = pa.array(column)
    if pa.types.is_null(column.type):
        column = column.cast(pa.list_(pa.float64()))
    if isinstance(column, pa.ExtensionArray):
        column = column.storage
    kinds = (pa.types.is_list, pa.types.is_large_list, pa.types.is_fixed_size_list)
    if not any(kind(column.type) for kind in kinds):
        raise TypeError(f"x: expected a column of lists of numbers, got {column.type}")
    return column


def groups(column: Any) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Positions and samples `[rows, samples]` of the rows of each length; null rows are left out, null samples NaN."""
    pa = _arrow()
    column = _column(column)
    lengths = column.value_lengths().to_numpy(zero_copy_only=False)
    values = column.flatten()
    if values.null_count:
        # Partitions with and without nulls merge, so the type of floats stays.
        real = values if pa.types.is_floating(values.type) else values.cast(pa.float64())
        values = real.fill_null(pa.scalar(float("nan"), real.type))
    values = values.to_numpy(zero_copy_only=False)
    valid = np.flatnonzero(column.is_valid().to_numpy(zero_copy_only=False))
    lengths = lengths[valid].astype(np.int64)
    starts = np.concatenate([[0], np.cumsum(lengths)[:-1]]).astype(np.int64) if len(lengths) else lengths
    for length in np.unique(lengths):
        here = np.flatnonzero(lengths == length)
        if len(here) * length == len(values):
            yield valid[here], values.reshape(len(here), length)
        else:
            yield valid[here], values[starts[here, None] + np.arange(length)]


def _lists(rows: int, answers: list[tuple[np.ndarray, np.ndarray]], item: Callable[[np.ndarray], Any]) -> Any:
    """A list column out of positions and `[rows, …]` answers; the other rows are null."""
    pa = _arrow()
    sizes = np.zeros(rows, dtype=np.int64)
    known = np.zeros(rows, dtype=bool)
    for positions, values in answers:
        sizes[positions], known[positions] = values.shape[1], True
    offsets = np.concatenate([[0], np.cumsum(sizes)])
    shape = answers[0][1].shape[2:] if answers else ()
    kind = answers[0][1].dtype if answers else np.dtype(np.float64)
    flat = np.empty((int(offsets[-1]), *shape), dtype=kind)
    for positions, values in answers:
        at = offsets[positions, None] + np.arange(values.shape[1])
        flat[at.ravel()] = values.reshape(-1, *shape)
    items = item(flat)
    buffers = [
        pa.py_buffer(np.packbits(known, bitorder="little").tobytes()),
        pa.py_buffer(offsets.astype(np.int64).tobytes()),
    ]
    large = pa.large_list(pa.field("item", items.type))
    array = pa.Array.from_buffers(large, rows, buffers, children=[items])
    return array.cast(pa.list_(pa.field("item", items.type)))


def welch(column: Any, fs: float, nperseg: int, **options: Any) -> Any:
    """The spectrum of each row, as a list column; null rows stay null. The options are those of `rlx_fft.welch`."""
    pa = _arrow()
    rows = len(column)
    answers = [(at, _welch(x, fs, nperseg=nperseg, **options)[1]) for at, x in groups(column)]
    return _lists(rows, answers, lambda flat: pa.array(flat))


def welch_peaks(column: Any, fs: float, nperseg: int, k: int, **options: Any) -> Any:
    """The strongest peaks of each row: a list of `rank, bin, freq, power, level_db`. The options are those of
    `rlx_fft.welch_peaks`."""
    pa = _arrow()
    rows = len(column)
    answers = []
    for at, x in groups(column):
        peaks = _welch_peaks(x, fs, nperseg, k, **options)
        fields = [np.broadcast_to(np.arange(1, peaks.bin.shape[1] + 1), peaks.bin.shape), peaks.bin]
        numbers = [*fields, peaks.frequency, peaks.power, peaks.level]
        answers.append((at, np.stack([np.asarray(n, dtype=np.float64) for n in numbers], axis=-1)))

    def item(flat: np.ndarray) -> Any:
        flat = flat.reshape(-1, 5)
        kinds = [pa.int32(), pa.int32(), pa.float64(), pa.float64(), pa.float64()]
        arrays = [pa.array(flat[:, i].astype(kind.to_pandas_dtype()), kind) for i, kind in enumerate(kinds)]
        return pa.StructArray.from_arrays(arrays, ["rank", "bin", "freq", "power", "level_db"])

    return _lists(rows, answers, item)


def band_power(column: Any, fs: float, lo: float, hi: float, nperseg: int | None = None, **options: Any) -> Any:
    """The power of each row with `lo ≤ frequency ≤ hi`: the sum of the bins of `welch`'s density times their distance."""
    pa = _arrow()
    out = np.full(len(column), np.nan)
    known = np.zeros(len(column), dtype=bool)
    for at, x in groups(column):
        f, psd = _welch(x, fs, nperseg=nperseg or min(256, x.shape[1]), **options)
        inside = (f >= lo) & (f <= hi)
        if not inside.any():
            raise ValueError(f"hi: no bin lies between lo {lo} and hi {hi}; bins lie {f[1]} apart")
        out[at], known[at] = psd[:, inside].sum(axis=1, dtype=np.float64) * f[1], True
    return pa.array(out, mask=~known)


def log_mel(column: Any, preset: Any = "whisper", **options: Any) -> Any:
    """Log-mel features of each row, a list of lists in the layout of the system. The options are those of
    `rlx_fft.melspectrogram`."""
    pa = _arrow()
    rows: list[Any] = [None] * len(column)
    for at, x in groups(column):
        for position, matrix in zip(at, melspectrogram(x, preset, **options)):
            rows[position] = list(matrix)
    return pa.array(rows, pa.list_(pa.list_(pa.float64())) if all(r is None for r in rows) else None)


def accumulate(column: Any, fs: float, nperseg: int, **options: Any) -> WelchAccumulator | None:
    """The segments of all rows, each a signal of its own; None where there is no row."""
    total: WelchAccumulator | None = None
    for _, x in groups(column):
        total = total or WelchAccumulator(fs, nperseg=nperseg, **options)
        for row in x:
            total.push(row).gap()
    return total


def merge(a: WelchAccumulator | None, b: WelchAccumulator | None) -> WelchAccumulator | None:
    """Both together."""
    if a is None or b is None:
        return a or b
    return a + b


def finish(total: WelchAccumulator | None) -> np.ndarray | None:
    """The spectrum; None without a whole segment."""
    return None if total is None or total.segments == 0 else total.finish()[1]

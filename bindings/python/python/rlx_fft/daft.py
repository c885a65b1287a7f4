"""Daft: batch functions of list columns, and `welch_agg`, a mergeable aggregate.

>>> df.select(rlx_fft.daft.welch(df["x"], 100.0, 256))  # doctest: +SKIP
>>> df.groupby("device").agg(rlx_fft.daft.welch_agg(100.0, 256)(df["x"]))  # doctest: +SKIP
"""

from __future__ import annotations

import pickle
from typing import Any, Callable

import daft
from daft import DataType

from . import _tables

_REAL = DataType.float64()
_PEAK = DataType.struct(
    {"rank": DataType.int32(), "bin": DataType.int32(), "freq": _REAL, "power": _REAL, "level_db": _REAL}
)


def _rows(column: Any, kind: Any, function: Callable[..., Any], *args: Any, **options: Any) -> Any:
    arrow = kind.to_arrow_dtype()

    @daft.func.batch(return_dtype=kind)
    def batch(series: Any) -> Any:
        answer = function(series.to_arrow(), *args, **options)
        return answer if answer.type == arrow else answer.cast(arrow)

    return batch(column)


def welch(column: Any, rate: float, n_fft: int, **options: Any) -> Any:
    """The spectrum of each row's list."""
    return _rows(column, DataType.list(_REAL), _tables.welch, rate, n_fft, **options)


def welch_peaks(column: Any, rate: float, n_fft: int, k: int, **options: Any) -> Any:
    """The strongest peaks of each row's list, a list of structs."""
    return _rows(column, DataType.list(_PEAK), _tables.welch_peaks, rate, n_fft, k, **options)


def band_power(column: Any, rate: float, lo: float, hi: float, **options: Any) -> Any:
    """The power of each row's list in a band."""
    return _rows(column, _REAL, _tables.band_power, rate, lo, hi, **options)


def log_mel(column: Any, preset: str = "whisper", **options: Any) -> Any:
    """Log-mel features of each row's list, a list of lists."""
    return _rows(column, DataType.list(DataType.list(_REAL)), _tables.log_mel, preset, **options)


def welch_agg(rate: float, n_fft: int, **options: Any) -> Any:
    """The aggregate of these parameters: the spectrum over the segments of all rows, each row's list a signal."""

    @daft.udaf(return_dtype=DataType.list(_REAL), state=DataType.binary())
    class WelchAgg:
        def aggregate(self, column: Any) -> bytes:
            return pickle.dumps(_tables.accumulate(column.to_arrow(), rate, n_fft, **options))

        def combine(self, states: Any) -> bytes:
            total = None
            for state in states.to_pylist():
                # Written by this class in this query.
                total = _tables.merge(total, pickle.loads(state))
            return pickle.dumps(total)

        def finalize(self, state: bytes) -> list[float] | None:
            psd = _tables.finish(pickle.loads(state))
            return None if psd is None else psd.astype(float).tolist()

    return WelchAgg()

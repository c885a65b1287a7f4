"""Ray Data: functions of list columns through `map_batches`, and `WelchAgg`, a mergeable aggregate."""

from __future__ import annotations

import pickle
from typing import Any, Callable

from ray.data.aggregate import AggregateFnV2

from . import _tables


def _mapped(dataset: Any, column: str, result: str, function: Callable[..., Any], *args: Any, **options: Any) -> Any:
    def batch(table: Any) -> Any:
        return table.append_column(result, function(table.column(column), *args, **options))

    return dataset.map_batches(batch, batch_format="pyarrow", zero_copy_batch=True)


def welch(dataset: Any, column: str, rate: float, n_fft: int, result: str = "psd", **options: Any) -> Any:
    """The data set with the spectrum of each row's list in one column more."""
    return _mapped(dataset, column, result, _tables.welch, rate, n_fft, **options)


def welch_peaks(dataset: Any, column: str, rate: float, n_fft: int, k: int, result: str = "peaks", **options: Any) -> Any:
    """The data set with the strongest peaks of each row's list in one column more."""
    return _mapped(dataset, column, result, _tables.welch_peaks, rate, n_fft, k, **options)


def band_power(dataset: Any, column: str, rate: float, lo: float, hi: float, result: str = "power", **options: Any) -> Any:
    """The data set with the power of each row's list in a band in one column more."""
    return _mapped(dataset, column, result, _tables.band_power, rate, lo, hi, **options)


def log_mel(dataset: Any, column: str, preset: str = "whisper", result: str = "mel", **options: Any) -> Any:
    """The data set with log-mel features of each row's list in one column more."""
    return _mapped(dataset, column, result, _tables.log_mel, preset, **options)


class WelchAgg(AggregateFnV2):
    """The spectrum over the segments of all rows, each row's list a signal: `ds.groupby("device").aggregate(WelchAgg("x",
    rate=100, n_fft=256))`. Partial states are accumulators, which merge in any order."""

    def __init__(self, column: str, rate: float, n_fft: int, alias: str | None = None, **options: Any) -> None:
        self._rate, self._n_fft, self._options = rate, n_fft, options
        super().__init__(alias or f"welch({column})", lambda: pickle.dumps(None), on=column, ignore_nulls=False)

    def aggregate_block(self, block: Any) -> bytes:
        from ray.data.block import BlockAccessor

        table = BlockAccessor.for_block(block).to_arrow()
        column = table.column(self._target_col_name)
        return pickle.dumps(_tables.accumulate(column, self._rate, self._n_fft, **self._options))

    def combine(self, current: bytes, new: bytes) -> bytes:
        # Both were written by this class in this query.
        return pickle.dumps(_tables.merge(pickle.loads(current), pickle.loads(new)))

    def finalize(self, accumulator: bytes) -> list[float] | None:
        psd = _tables.finish(pickle.loads(accumulator))
        return None if psd is None else psd.astype(float).tolist()

"""Spark: functions of array columns through `mapInArrow`, and a mergeable spectrum per group through `applyInArrow`."""

from __future__ import annotations

import pickle
from typing import Any, Callable, Iterator

from . import _tables

PEAKS = "array<struct<rank:int,bin:int,freq:double,power:double,level_db:double>>"


def _mapped(df: Any, column: str, result: str, kind: str, function: Callable[[Any], Any]) -> Any:
    from pyspark.sql.types import StructType, _parse_datatype_string

    schema = StructType([*df.schema.fields, *_parse_datatype_string(f"{result} {kind}").fields])

    def batches(parts: Iterator[Any]) -> Iterator[Any]:
        import pyarrow as pa

        for part in parts:
            table = pa.Table.from_batches([part])
            answer = function(table.column(column))
            yield from table.append_column(result, answer).to_batches()

    return df.mapInArrow(batches, schema)


def welch(df: Any, column: str, rate: float, n_fft: int, result: str = "psd", **options: Any) -> Any:
    """The data frame with the spectrum of each row's array in one column more."""
    import pyarrow as pa

    kind = pa.list_(pa.float64())
    return _mapped(df, column, result, "array<double>", lambda x: _tables.welch(x, rate, n_fft, **options).cast(kind))


def welch_peaks(df: Any, column: str, rate: float, n_fft: int, k: int, result: str = "peaks", **options: Any) -> Any:
    """The data frame with the strongest peaks of each row's array in one column more."""
    return _mapped(df, column, result, PEAKS, lambda x: _tables.welch_peaks(x, rate, n_fft, k, **options))


def band_power(df: Any, column: str, rate: float, lo: float, hi: float, result: str = "power", **options: Any) -> Any:
    """The data frame with the power of each row's array in a band in one column more."""
    return _mapped(df, column, result, "double", lambda x: _tables.band_power(x, rate, lo, hi, **options))


def log_mel(df: Any, column: str, preset: str = "whisper", result: str = "mel", **options: Any) -> Any:
    """The data frame with log-mel features of each row's array in one column more."""
    import pyarrow as pa

    kind = pa.list_(pa.list_(pa.float64()))
    return _mapped(df, column, result, "array<array<double>>", lambda x: _tables.log_mel(x, preset, **options).cast(kind))


def welch_agg(df: Any, column: str, by: str, rate: float, n_fft: int, result: str = "psd", **options: Any) -> Any:
    """One row per value of `by`: the spectrum over the segments of all its rows, each row's array a signal.

    Each partition makes a state per group; only the states are shuffled, and merged by group.
    """
    from pyspark.sql.types import StructType, _parse_datatype_string

    key = df.schema[by]
    states = StructType([key, *_parse_datatype_string("state binary").fields])
    answers = StructType([key, *_parse_datatype_string(f"{result} array<double>").fields])

    def take(parts: Iterator[Any]) -> Iterator[Any]:
        import pyarrow as pa
        import pyarrow.compute as pc

        totals: dict[Any, Any] = {}
        kind = None
        for part in parts:
            table = pa.Table.from_batches([part])
            kind = table.schema.field(by).type
            for group in table.column(by).unique().to_pylist():
                same = pc.equal(table.column(by), pa.scalar(group, kind))
                same = pc.is_null(table.column(by)) if group is None else same
                own = _tables.accumulate(table.filter(same).column(column), rate, n_fft, **options)
                totals[group] = _tables.merge(totals.get(group), own)
        if kind is not None:
            packed = [pickle.dumps(total) for total in totals.values()]
            yield pa.record_batch([pa.array(list(totals), kind), pa.array(packed, pa.binary())], [by, "state"])

    def merge(table: Any) -> Any:
        import pyarrow as pa

        total = None
        for state in table.column("state").to_pylist():
            # Written by `take` in this query.
            total = _tables.merge(total, pickle.loads(state))
        psd = _tables.finish(total)
        values = pa.array([None if psd is None else psd.astype(float)], pa.list_(pa.float64()))
        return pa.table([table.column(by).slice(0, 1), values], [by, result])

    return df.select(by, column).mapInArrow(take, states).groupBy(by).applyInArrow(merge, answers)

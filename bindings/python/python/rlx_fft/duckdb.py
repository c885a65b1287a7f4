"""DuckDB: `rlx_fft.duckdb.register(con)` adds functions of list columns, vectorised over Arrow.

>>> con = duckdb.connect(); rlx_fft.duckdb.register(con)  # doctest: +SKIP
>>> con.sql("select device, rlx_welch(list(v order by ts), 100.0, 256) from t group by device")  # doctest: +SKIP
"""

from __future__ import annotations

from typing import Any, Callable

import numpy as np

from . import _tables


def register(con: Any) -> None:
    """Adds `rlx_welch(x, rate, n_fft)`, `rlx_welch_peaks(x, rate, n_fft, k)`, `rlx_band_power(x, rate, lo, hi)` and
    `rlx_log_mel(x, preset)` to a connection. The numbers may differ from row to row. DuckDB's Python interface has no
    aggregates: `list(v order by ts)` gathers a group's samples."""
    number, count, text, samples = "DOUBLE", "INTEGER", "VARCHAR", "DOUBLE[]"
    peak = "STRUCT(rank INTEGER, bin INTEGER, freq DOUBLE, power DOUBLE, level_db DOUBLE)"
    functions: list[tuple[str, Callable[..., Any], list[str], str]] = [
        ("rlx_welch", _tables.welch, [number, count], "DOUBLE[]"),
        ("rlx_welch_peaks", _tables.welch_peaks, [number, count, count], f"{peak}[]"),
        ("rlx_band_power", _tables.band_power, [number, number, number], number),
        ("rlx_log_mel", _tables.log_mel, [text], "DOUBLE[][]"),
    ]
    for name, function, parameters, result in functions:
        wrapped = _with_constants(function, len(parameters))
        con.create_function(name, wrapped, [samples, *parameters], result, type="arrow")


def _with_constants(function: Callable[..., Any], count: int) -> Callable[..., Any]:
    """Calls `function` once for each set of parameters in the batch."""
    import pyarrow as pa

    def call(column: Any, parameters: tuple[Any, ...]) -> Any:
        column = pa.chunked_array([column]) if isinstance(column, pa.Array) else column
        sets: dict[tuple[Any, ...], list[int]] = {}
        for row, values in enumerate(zip(*(p.to_pylist() for p in parameters))):
            sets.setdefault(values, []).append(row)
        parts, order = [], []
        for values, rows in sets.items():
            taken = column if len(sets) == 1 else column.take(rows)
            parts.append(function(taken, *values))
            order.extend(rows)
        if len(parts) == 1:
            return parts[0]
        back = np.empty(len(order), dtype=np.int64)
        back[order] = np.arange(len(order))
        return pa.chunked_array(parts).take(back)

    # DuckDB counts a function's arguments.
    if count == 1:
        return lambda x, a: call(x, (a,))
    if count == 2:
        return lambda x, a, b: call(x, (a, b))
    return lambda x, a, b, c: call(x, (a, b, c))

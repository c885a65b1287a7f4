"""Polars: `pl.col("x").rlx.welch(…)` on columns of lists. Importing this module registers the namespace.

>>> import polars as pl, rlx_fft.polars  # doctest: +SKIP
>>> df.select(pl.col("x").rlx.welch(fs=100, nperseg=256))  # doctest: +SKIP
"""

from __future__ import annotations

from typing import Any

import polars as pl

from . import _tables


@pl.api.register_expr_namespace("rlx")
class Rlx:
    """Spectra of list columns. Options are those of `rlx_fft.welch`, `welch_peaks` and `melspectrogram`."""

    def __init__(self, expr: pl.Expr) -> None:
        self._expr = expr

    def _rows(self, function: Any, dtype: Any, *args: Any, **options: Any) -> pl.Expr:
        def batch(series: pl.Series) -> pl.Series:
            return pl.Series(series.name, function(series.to_arrow(), *args, **options), dtype=dtype)

        return self._expr.map_batches(batch, return_dtype=dtype)

    def welch(self, fs: float, nperseg: int, **options: Any) -> pl.Expr:
        """The spectrum of each row, 64-bit floats."""
        return self._rows(_tables.welch, pl.List(pl.Float64), fs, nperseg, **options)

    def welch_peaks(self, fs: float, nperseg: int, k: int, **options: Any) -> pl.Expr:
        """The strongest peaks of each row, a list of structs."""
        fields = {"rank": pl.Int32, "bin": pl.Int32, "freq": pl.Float64, "power": pl.Float64, "level_db": pl.Float64}
        return self._rows(_tables.welch_peaks, pl.List(pl.Struct(fields)), fs, nperseg, k, **options)

    def band_power(self, fs: float, lo: float, hi: float, nperseg: int | None = None, **options: Any) -> pl.Expr:
        """The power of each row in a band."""
        return self._rows(_tables.band_power, pl.Float64, fs, lo, hi, nperseg, **options)

    def log_mel(self, preset: str = "whisper", **options: Any) -> pl.Expr:
        """Log-mel features of each row, a list of lists."""
        return self._rows(_tables.log_mel, pl.List(pl.List(pl.Float64)), preset, **options)

    def welch_agg(self, fs: float, nperseg: int, **options: Any) -> pl.Expr:
        """One spectrum over the segments of all rows, or of each group's rows in `group_by(…).agg(…)`."""

        def total(series: pl.Series) -> pl.Series:
            psd = _tables.finish(_tables.accumulate(series.to_arrow(), fs, nperseg, **options))
            values = None if psd is None else psd.astype(float).tolist()
            return pl.Series(series.name, [values], dtype=pl.List(pl.Float64))

        return self._expr.map_batches(total, return_dtype=pl.List(pl.Float64), returns_scalar=True)

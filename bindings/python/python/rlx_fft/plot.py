"""One-line plots of results; Matplotlib is imported when the first one is drawn.

Each function draws into `ax` (the current axes if it is None) and returns the axes.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ._arrays import as_array
from ._checks import choice, real
from ._public import public

__all__ = ["peaks", "psd", "spectrogram"]

#: Below the largest value, dB, that a colour scale shows.
_RANGE = 80.0


def _axes(ax: Any) -> Any:
    if ax is not None:
        if not hasattr(ax, "plot"):
            raise TypeError(f"ax: must be Matplotlib's axes, got {type(ax).__name__}")
        return ax
    try:
        import matplotlib.pyplot as plt
    except ImportError as error:
        raise ImportError("rlx_fft.plot needs Matplotlib: pip install matplotlib") from error
    return plt.gca()


def _decibels(values: np.ndarray) -> np.ndarray:
    with np.errstate(divide="ignore", invalid="ignore"):
        return 10 * np.log10(values)


def _ascending(f: np.ndarray, values: np.ndarray, axis: int) -> tuple[np.ndarray, np.ndarray]:
    """Two-sided spectra with the negative frequencies first."""
    order = np.argsort(f, kind="stable")
    return f[order], np.take(values, order, axis=axis)


@public("f", "pxx")
def psd(
    f: Any, pxx: Any, *, scale: str = "db", labels: Any = None, unit: str = "", ax: Any = None, **line: Any
) -> Any:
    """Draws spectra `[…, bins]`, one line per row.

    f, pxx : what `welch` or `periodogram` returned.
    scale : ``"db"`` (10·log10), ``"log"`` or ``"linear"``.
    labels : names of the rows, for a legend.
    unit : of the samples, such as ``"µV"``, for the axis.
    ax : axes to draw into; the current ones by default.
    line : passed to Matplotlib's `plot`.
    """
    choice(scale, "scale", ("db", "log", "linear"))
    f, pxx = as_array(f, "f"), as_array(pxx, "pxx")
    if f.ndim != 1 or pxx.ndim < 1 or pxx.shape[-1] != len(f):
        raise ValueError(f"pxx: has shape {pxx.shape}, f {f.shape}: the last axis must have the bins")
    ax = _axes(ax)
    f, rows = _ascending(f, pxx.reshape(-1, len(f)), -1)
    try:
        names = [None] * len(rows) if labels is None else list(labels)
    except TypeError as error:
        raise TypeError(f"labels: {error}") from error
    if len(names) != len(rows):
        raise ValueError(f"labels: {len(names)} for {len(rows)} rows")
    for row, name in zip(rows, names):
        ax.plot(f, _decibels(row) if scale == "db" else row, label=name, **line)
    if scale == "log":
        ax.set_yscale("log")
    square = f"{unit}²/Hz" if unit else "1/Hz"
    ax.set_xlabel("Frequency (Hz)")
    ax.set_ylabel(f"Density (dB re {square})" if scale == "db" else f"Density ({square})")
    ax.margins(x=0)
    if labels is not None:
        ax.legend()
    return ax


@public("f", "t", "sxx")
def spectrogram(
    f: Any, t: Any, sxx: Any, *, scale: str = "db", floor: float = _RANGE, ax: Any = None, **mesh: Any
) -> Any:
    """Draws one spectrogram `[bins, frames]`.

    f, t, sxx : what `spectrogram` returned.
    scale : ``"db"`` or ``"linear"``.
    floor : dB below the maximum that are shown.
    ax : axes to draw into; the current ones by default.
    mesh : passed to Matplotlib's `pcolormesh`.
    """
    choice(scale, "scale", ("db", "linear"))
    floor = real(floor, "floor")
    f, t, sxx = as_array(f, "f"), as_array(t, "t"), as_array(sxx, "sxx")
    if sxx.shape != (len(f), len(t)):
        raise ValueError(f"sxx: has shape {sxx.shape}, f and t say {(len(f), len(t))}; choose one row")
    ax = _axes(ax)
    f, values = _ascending(f, np.abs(sxx) if sxx.dtype.kind == "c" else sxx, 0)
    if scale == "db":
        values = _decibels(values)
        finite = values[np.isfinite(values)]
        if finite.size:
            mesh.setdefault("vmax", float(finite.max()))
            mesh.setdefault("vmin", mesh["vmax"] - floor)
    image = ax.pcolormesh(t, f, values, shading=mesh.pop("shading", "nearest"), **mesh)
    ax.figure.colorbar(image, ax=ax, label="dB" if scale == "db" else None)
    ax.set_xlabel("Time (s)")
    ax.set_ylabel("Frequency (Hz)")
    return ax


@public("x", convert_samples=False)
def peaks(x: Any, at: Any, *, axis_values: Any = None, ax: Any = None, **markers: Any) -> Any:
    """Draws a curve and its peaks.

    x : the curve, 1-D; or `WelchPeaks` of one row, of which levels over frequencies are drawn.
    at : positions, as `find_peaks` returned them (also with the properties beside them); None for `WelchPeaks`.
    axis_values : of the curve's points (frequencies, times); their indices by default.
    ax : axes to draw into; the current ones by default.
    markers : passed to Matplotlib's `plot` for the peaks.
    """
    from ._welch_peaks import WelchPeaks

    markers = {"marker": "x", "linestyle": "none", "color": "C3", **markers}
    if isinstance(x, WelchPeaks):
        frequency, level = np.ravel(as_array(x.frequency)), np.ravel(as_array(x.level))
        ax = _axes(ax)
        ax.stem(frequency, level, bottom=float(np.nanmin(level)) - 3 if level.size else 0.0)
        ax.set_xlabel("Frequency")
        ax.set_ylabel("Level (dB)")
        return ax
    x = as_array(x, "x")
    if x.ndim != 1:
        raise ValueError(f"x: must be 1-D, got {x.ndim} dimensions")
    at = as_array(at[0] if isinstance(at, tuple) and at else at, "at")
    if at.ndim != 1 or (at.size and not (at.dtype.kind in "iu" and 0 <= at.min() and at.max() < len(x))):
        raise ValueError(f"at: must be positions in a curve x of {len(x)} points")
    at = at.astype(np.intp)
    axis = np.arange(len(x)) if axis_values is None else as_array(axis_values, "axis_values")
    if axis.shape != x.shape:
        raise ValueError(f"axis_values: has shape {axis.shape}, x {x.shape}")
    ax = _axes(ax)
    ax.plot(axis, x)
    ax.plot(axis[at], x[at], **markers)
    ax.margins(x=0)
    return ax

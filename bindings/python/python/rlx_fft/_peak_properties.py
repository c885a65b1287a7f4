"""`scipy.signal`'s properties of peaks, and samples above their neighbours."""

from __future__ import annotations

import math
from typing import Any, Literal

import numpy as np

from . import _native
from ._arrays import as_array, normalize_axis, rows
from ._checks import real, shown
from ._peaks import _real, peak_warning
from ._public import public
from ._warnings import warn


def _curve(x: Any) -> np.ndarray:
    x = _real(x)
    if x.ndim != 1:
        raise ValueError(f"x: must be a 1-D array, got {x.ndim} dimensions")
    return rows(x, 0)


def _positions(peaks: Any, n: int) -> np.ndarray:
    peaks = as_array(peaks, "peaks")
    if peaks.size == 0:
        return np.empty(0, np.intp)
    if peaks.ndim != 1:
        raise ValueError(f"peaks: must be a 1-D array, got {peaks.ndim} dimensions")
    if peaks.dtype.kind not in "iub" or peaks.dtype == np.uint64:
        raise TypeError(f"peaks: cannot safely cast dtype {peaks.dtype} to intp")
    peaks = peaks.astype(np.intp)
    if peaks.min() < 0 or peaks.max() >= n:
        wrong = peaks[(peaks < 0) | (peaks >= n)][0]
        raise ValueError(f"peaks: {wrong} is not a valid index for x of {n} samples")
    return peaks


def _reach(wlen: Any, n: int) -> int | None:
    if wlen is None:
        return None
    wlen = real(wlen, "wlen")
    if not wlen > 1:
        raise ValueError(f"wlen: must be larger than 1, got {wlen}")
    return None if wlen >= 2 * n else math.ceil(wlen)


def _given(prominence_data: Any, shape: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Prominences and bases that the caller has computed, one for each of the peaks."""
    try:
        parts = tuple(prominence_data)
    except TypeError as error:
        raise ValueError(f"prominence_data: must be prominences, left bases and right bases: {error}") from error
    if len(parts) != 3:
        raise ValueError(f"prominence_data: must be prominences, left bases and right bases, got {len(parts)} arrays")
    arrays = []
    for part, name, kind in zip(parts, ("prominences", "left bases", "right bases"), (np.float64, np.intp, np.intp), strict=True):
        if part is None:
            raise TypeError(f"prominence_data: {name} must not be None")
        values = as_array(part, "prominence_data")
        if values.shape != shape:
            raise ValueError(
                f"prominence_data: arrays in `prominence_data` must have the same shape as peaks, {shape}; "
                f"{name} have {values.shape}"
            )
        if values.size and not np.can_cast(values.dtype, kind):
            raise TypeError(f"prominence_data: cannot safely cast {name} of dtype {values.dtype}")
        arrays.append(values.astype(kind))
    return arrays[0], arrays[1], arrays[2]


@public("x")
def peak_prominences(x: Any, peaks: Any, wlen: float | None = None) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """How far peaks stand out from their surroundings, as `scipy.signal.peak_prominences`.

    Parameters
    ----------
    x : a curve `[n]`.
    peaks : positions of peaks in it; others get a prominence of 0, with a warning.
    wlen : samples of the window around each peak that is searched; None is all of `x`.

    Returns
    -------
    prominences, left_bases, right_bases : one entry per peak.
    """
    x = _curve(x)
    at = _positions(peaks, len(x))
    prominences, left, right = _native.peak_prominences(x, at, _reach(wlen, len(x)))
    if (prominences == 0).any():
        warn("some peaks have a prominence of 0", peak_warning())
    return prominences, left, right


@public("x")
def peak_widths(
    x: Any, peaks: Any, rel_height: float = 0.5, prominence_data: Any = None, wlen: float | None = None
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Widths of peaks, as `scipy.signal.peak_widths`.

    Parameters
    ----------
    x : a curve `[n]`.
    peaks : positions of peaks in it.
    rel_height : share of the prominence, from the peak down, at which the width is measured.
    prominence_data : what `peak_prominences` returned for these peaks; computed by default.
    wlen : as in `peak_prominences`; ignored where `prominence_data` is given.

    Returns
    -------
    widths : in samples.
    width_heights : values of the curve at which they are measured.
    left_ips, right_ips : interpolated positions of the crossings.
    """
    x = _curve(x)
    at = _positions(peaks, len(x))
    rel_height = real(rel_height, "rel_height")
    if rel_height < 0:
        raise ValueError(f"rel_height: must be greater or equal to 0, got {rel_height}")
    if prominence_data is None:
        prominence_data = _native.peak_prominences(x, at, _reach(wlen, len(x)))
        if (prominence_data[0] == 0).any():
            warn("some peaks have a prominence of 0", peak_warning())
    given, left, right = _given(prominence_data, at.shape)
    valid = (0 <= left) & (left <= at) & (at <= right) & (right < len(x))
    if not valid.all():
        raise ValueError(
            f"prominence_data: prominence data is invalid for peak {at[~valid][0]}: its bases do not enclose it within x"
        )
    widths, heights, left_ips, right_ips = _native.peak_widths(x, at, rel_height, given, left, right)
    if (widths == 0).any():
        warn("some peaks have a width of 0", peak_warning())
    return widths, heights, left_ips, right_ips


@public("data")
def argrelmax(data: Any, axis: int = 0, order: int = 1, mode: Literal["clip", "wrap"] = "clip") -> tuple[np.ndarray, ...]:
    """Positions of samples greater than all others within `order`, as `scipy.signal.argrelmax`.

    Parameters
    ----------
    data : values of any shape and real type.
    axis : along which samples are compared.
    order : samples on both sides that a maximum is greater than.
    mode : ``"clip"`` (the ends are no maxima) or ``"wrap"`` (the other end follows).

    Returns
    -------
    extrema : an array of positions for each axis, as `numpy.nonzero`.
    """
    data = as_array(data, "data")
    if data.ndim == 0:
        raise ValueError("data: needs at least one dimension")
    number = real(order, "order")
    if number != math.floor(number) or number < 1:
        raise ValueError(f"order: must be an integer of at least 1, got {shown(order)}")
    if mode not in ("clip", "wrap"):
        raise ValueError(f"mode: {shown(mode)} is none of 'clip', 'wrap'")
    axis = normalize_axis(axis, data.ndim, "data")
    if data.dtype.kind in "bi":
        data = data.astype(np.int64, copy=False)
    elif data.dtype.kind == "u":
        data = data.astype(np.uint64, copy=False)
    elif data.dtype.kind == "c":
        return _of_pairs(data, axis, int(number), mode)
    elif data.dtype not in (np.float32, np.float64):
        if data.dtype.kind not in "fO":
            raise TypeError(f"data: dtype {data.dtype} has no order")
        data = data.astype(np.float64)
    if data.size == 0:
        return np.nonzero(np.zeros(data.shape, bool))
    reach = min(int(number), data.shape[axis])
    mask = _native.relative_maxima_mask(rows(data, axis), data.dtype.name, reach, mode == "wrap")
    return np.nonzero(np.moveaxis(mask, -1, axis))


def _of_pairs(data: np.ndarray, axis: int, order: int, mode: str) -> tuple[np.ndarray, ...]:
    """Complex maxima in NumPy's order: by the real parts, then by the imaginary ones."""
    n = data.shape[axis]
    found = np.ones(data.shape, bool)
    at = np.arange(n)
    for shift in range(1, min(order, n) + 1):
        for place in (at + shift, at - shift):
            place = place % max(n, 1) if mode == "wrap" else place.clip(0, max(n - 1, 0))
            found &= data > data.take(place, axis=axis)
    return np.nonzero(found)


__all__ = ["argrelmax", "peak_prominences", "peak_widths"]

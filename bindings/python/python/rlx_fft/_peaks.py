"""Local peaks of arrays of any dimension, with SciPy's conditions and properties."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from . import _native
from ._arrays import as_array, normalize_axis, rows
from ._checks import real
from ._public import public
from ._warnings import warn



class PeakPropertyWarning(RuntimeWarning):
    """Some peaks have properties of 0: where SciPy is not installed, which has a class of this name."""


def peak_warning() -> type[Warning]:
    """SciPy's class where it is installed; SciPy is imported for the warning alone."""
    try:
        from scipy.signal._peak_finding_utils import PeakPropertyWarning as scipys
    except ImportError:
        return PeakPropertyWarning
    return scipys


@public("x")
def find_peaks(
    x: Any,
    height: Any = None,
    threshold: Any = None,
    distance: float | None = None,
    prominence: Any = None,
    width: Any = None,
    wlen: float | None = None,
    rel_height: float = 0.5,
    plateau_size: Any = None,
    *,
    axis: int = -1,
    threads: int | None = None,
) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Local maxima along an axis, as `scipy.signal.find_peaks`.

    Parameters
    ----------
    x : curves, real; complex ones lose their imaginary part with a warning, as in SciPy.
    height, threshold, prominence, width, plateau_size : None (not asked for), a lower bound, or a pair of bounds (either may be
        None); bounds may be arrays of the shape of `x`, one per sample. All bounds are inclusive.
    distance : least distance of neighbours in samples, at least 1; the higher one stays.
    wlen : samples of the window that a prominence is looked for in.
    rel_height : share of the prominence at which a width is measured; 0.5 is half.
    axis : along which the curves run.
    threads : as in `welch`.

    Returns
    -------
    peaks : positions, ascending within a row.
    properties : arrays with an entry per peak, with SciPy's names, of what was asked for.

    Of 1-D arrays: exactly SciPy's positions and properties. Of N-D arrays: the rows along `axis`, in C order of the
    other axes, one after the other; positions count from their row's start, and ``properties["row_offsets"]`` says
    that row r owns the entries ``row_offsets[r]:row_offsets[r + 1]`` of every array.

    >>> import numpy as np, rlx_fft
    >>> x = np.array([[0, 1, 0, 2, 0], [3, 0, 1, 1, 0]])
    >>> peaks, properties = rlx_fft.find_peaks(x, height=1)
    >>> peaks
    array([1, 3, 2])
    >>> properties["row_offsets"]
    array([0, 2, 3])
    """
    x = _real(x)
    if x.ndim == 0:
        raise ValueError("x: needs at least one dimension")
    axis = normalize_axis(axis, x.ndim)
    data = rows(x, axis)
    if distance is not None:
        distance = real(distance, "distance")
        if distance < 1:
            raise ValueError(f"distance: must be greater or equal to 1, got {distance}")
        if not math.isfinite(distance):
            distance = None  # SciPy keeps all peaks.
    rel_height = real(rel_height, "rel_height")
    reach = None
    if wlen is not None and not (prominence is None and width is None):  # Else not looked at, as in SciPy.
        wlen = real(wlen, "wlen")
        if not wlen > 1:
            raise ValueError(f"wlen: must be larger than 1, got {wlen}")
        reach = None if wlen >= 2 * data.shape[-1] else math.ceil(wlen)
    conditions = {
        "plateau_size": plateau_size, "height": height, "threshold": threshold, "prominence": prominence, "width": width,
    }  # fmt: skip
    bounds = {name: _interval(value, name, x.shape, axis) for name, value in conditions.items()}
    ends = [end for interval in bounds.values() if interval for end in interval if end is not None]
    if not any(isinstance(end, np.ndarray) or math.isnan(end) for end in ends):
        peaks, offsets, properties = _native.find_peaks_rows(
            data, bounds["height"], bounds["threshold"], distance, bounds["prominence"], bounds["width"],
            reach, rel_height, bounds["plateau_size"], threads,
        )  # fmt: skip
    else:
        peaks, offsets, properties = _by_sample(data, bounds, distance, reach, rel_height)
    if x.ndim > 1:
        properties["row_offsets"] = offsets
    if "widths" in properties and rel_height <= 0 and (properties["widths"] == 0).any():
        warn("some peaks have a width of 0", peak_warning())
    return peaks, properties


def _real(x: Any, name: str = "x") -> np.ndarray:
    x = as_array(x, name)
    if x.dtype in (np.float32, np.float64):
        return x
    if x.dtype.kind == "c":
        warn("Casting complex values to real discards the imaginary part", np.exceptions.ComplexWarning)
        return x.real.astype(np.float64)
    try:
        return x.astype(np.float64)
    except (TypeError, ValueError) as error:
        raise type(error)(f"{name}: {error}") from error


def _interval(value: Any, name: str, shape: tuple[int, ...], axis: int) -> tuple[Any, Any] | None:
    """(lower, upper); an end is None, a number, or an array of `[rows, len]`."""
    if value is None:
        return None
    try:
        low, high = value
    except (TypeError, ValueError):
        low, high = value, None
    return _end(low, name, "lower", shape, axis), _end(high, name, "upper", shape, axis)


def _end(end: Any, name: str, side: str, shape: tuple[int, ...], axis: int) -> Any:
    if end is None:
        return None
    if isinstance(end, np.ndarray) and end.ndim > 0:
        if len(shape) == 1 and end.size == shape[0]:
            end = end.reshape(shape)
        if end.shape != shape:
            raise ValueError(f"{name}: array size of {side} interval border must match x: {end.shape}, {shape}")
        return np.moveaxis(end, axis, -1).reshape(math.prod(shape[:axis] + shape[axis + 1 :]), shape[axis])
    return real(end, name)


def _by_sample(
    data: np.ndarray, bounds: dict[str, Any], distance: float | None, wlen: int | None, rel_height: float
) -> tuple[np.ndarray, np.ndarray, dict[str, np.ndarray]]:
    """Conditions that differ from sample to sample, row by row and in SciPy's order."""
    found = []
    flat = data.reshape(math.prod(data.shape[:-1]), data.shape[-1])
    for row, x in enumerate(flat):
        of_row = {
            name: interval and tuple(end[row] if isinstance(end, np.ndarray) else end for end in interval)
            for name, interval in bounds.items()
        }
        found.append(_one_row(x, of_row, distance, wlen, rel_height))
    offsets = np.cumsum([0] + [len(peaks) for peaks, _ in found])
    names = found[0][1] if found else {}
    properties = {name: np.concatenate([p[name] for _, p in found]) for name in names}
    peaks = np.concatenate([peaks for peaks, _ in found]) if found else np.empty(0, np.intp)
    return peaks, offsets, properties


def _one_row(
    x: np.ndarray, bounds: dict[str, Any], distance: float | None, wlen: int | None, rel_height: float
) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    peaks, left, right = _native.local_maxima(x)
    properties: dict[str, np.ndarray] = {}

    def keep(flags: np.ndarray) -> None:
        nonlocal peaks
        peaks = peaks[flags]
        for name in properties:
            properties[name] = properties[name][flags]

    def at_peaks(end: Any) -> Any:
        return end[peaks] if isinstance(end, np.ndarray) else end

    def inside(low_values: np.ndarray, high_values: np.ndarray, name: str) -> np.ndarray:
        low, high = map(at_peaks, bounds[name])
        flags = np.ones(len(peaks), bool)
        if low is not None:
            flags &= low <= low_values
        if high is not None:
            flags &= high_values <= high
        return flags

    if bounds["plateau_size"]:
        sizes = right - left + 1
        properties.update(plateau_sizes=sizes, left_edges=left, right_edges=right)
        keep(inside(sizes, sizes, "plateau_size"))
    if bounds["height"]:
        heights = x[peaks].astype(np.float64)
        properties["peak_heights"] = heights
        keep(inside(heights, heights, "height"))
    if bounds["threshold"]:
        wide = x.astype(np.float64)
        low, high = wide[peaks] - wide[peaks - 1], wide[peaks] - wide[peaks + 1]
        properties.update(left_thresholds=low, right_thresholds=high)
        keep(inside(np.minimum(low, high), np.maximum(low, high), "threshold"))
    if distance is not None:
        keep(np.array(_native.select_by_distance(x, peaks, distance), bool))
    if bounds["prominence"] or bounds["width"]:
        names = ("prominences", "left_bases", "right_bases")
        properties.update(zip(names, _native.peak_prominences(x, peaks, wlen)))
    if bounds["prominence"]:
        values = properties["prominences"]
        keep(inside(values, values, "prominence"))
    if bounds["width"]:
        bases = (properties[name] for name in ("prominences", "left_bases", "right_bases"))
        widths = _native.peak_widths(x, peaks, rel_height, *bases)
        properties.update(zip(("widths", "width_heights", "left_ips", "right_ips"), widths))
        keep(inside(properties["widths"], properties["widths"], "width"))
    return peaks, properties

"""`scipy.signal.csd` and `coherence`, also of all pairs of rows."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any, Literal, SupportsIndex

import numpy as np

from . import _native
from ._arrays import CODES, normalize_axis, numeric, rows
from ._cache import cache
from ._checks import flag, integer
from ._devices import attempt, cross_plan, lacking
from ._explaining import is_asked
from ._layout import (
    Layout,
    averages,
    detrended,
    detrending,
    frequencies,
    layout,
    nan_policies,
    rate,
    scalings,
    windows_of,
)
from ._public import public
from ._segment_plans import Detrend, Scaling, is_plain, segment_plan
from ._welch import estimated_welch


@public("x", "y")
def csd(
    x: Any,
    y: Any,
    fs: float = 1.0,
    window: Any = "hann_periodic",
    nperseg: SupportsIndex | None = None,
    noverlap: SupportsIndex | None = None,
    nfft: SupportsIndex | None = None,
    detrend: Detrend = "constant",
    return_onesided: bool = True,
    scaling: Scaling = "density",
    axis: SupportsIndex = -1,
    average: Literal["mean", "median"] = "mean",
    *,
    device: str | None = None,
    threads: int | None = None,
    nan_policy: str = "propagate",
) -> tuple[np.ndarray, np.ndarray]:
    """Cross spectral density conj(X)·Y, as `scipy.signal.csd`.

    Parameters
    ----------
    x, y : samples; their other axes broadcast, so ``csd(x[:, None], x[None])`` gives all pairs of rows, each of them
        transformed once. The shorter signal is padded with zeros.
    average : ``"mean"`` or ``"median"`` (of real and imaginary parts apart).
    fs, window, nperseg, noverlap, nfft, detrend, return_onesided, scaling, axis, threads, nan_policy : as in `welch`.
    device : as in `welch`. Devices compute pairs of signals of one length; a warning says why where the CPU answers instead.

    Returns
    -------
    f : frequencies `[bins]`.
    Pxy : the spectrum `[…, bins]`, complex; real where `y` is `x` itself.
    """
    if axis == -1 and device is None:
        key = (fs, window, nperseg, noverlap, nfft, detrend, return_onesided, scaling, average, nan_policy)
        done = _again("csd", x, y, key, threads)
        if done is not None:
            return done
    if y is x:
        averages(average, ("mean", "median"))
        return estimated_welch(
            x, fs, window, nperseg, noverlap, nfft, detrend, return_onesided, scaling, axis, average, device, threads,
            nan_policy,
        )  # fmt: skip
    return _cross(
        x, y, fs, window, nperseg, noverlap, nfft, detrend, return_onesided, scaling, axis, average, device, threads,
        nan_policy, "csd",
    )  # fmt: skip


@public("x", "y")
def coherence(
    x: Any,
    y: Any,
    fs: float = 1.0,
    window: Any = "hann_periodic",
    nperseg: SupportsIndex | None = None,
    noverlap: SupportsIndex | None = None,
    nfft: SupportsIndex | None = None,
    detrend: Detrend = "constant",
    axis: SupportsIndex = -1,
    *,
    device: str | None = None,
    threads: int | None = None,
    nan_policy: str = "propagate",
) -> tuple[np.ndarray, np.ndarray]:
    """Magnitude-squared coherence |Pxy|²/(Pxx·Pyy), as `scipy.signal.coherence`.

    Parameters
    ----------
    x, y : samples, as in `csd`.
    fs, window, nperseg, noverlap, nfft, detrend, axis, threads, nan_policy : as in `welch`.
    device : as in `csd`.

    Returns
    -------
    f : frequencies `[bins]`.
    Cxy : `[…, bins]`, from 0 to 1; 1 everywhere for a single segment.

    The coherence is NaN where a power is 0.
    """
    if axis == -1 and device is None:
        key = (fs, window, nperseg, noverlap, nfft, detrend, True, "density", "mean", nan_policy)
        done = _again("coherence", x, y, key, threads)
        if done is not None:
            return done
    return _cross(
        x, y, fs, window, nperseg, noverlap, nfft, detrend, True, "density", axis, "mean", device, threads,
        nan_policy, "coherence",
    )  # fmt: skip


def _again(what: str, x: Any, y: Any, key: tuple, threads: int | None) -> tuple[np.ndarray, np.ndarray] | None:
    """The answer by the plan of an earlier call with the same arguments; None where there is none."""
    if type(x) is not np.ndarray or type(y) is not np.ndarray or x is y:
        return None
    try:
        f, plan = cache[(what, x.dtype, x.shape[-1], *key)]
    except (KeyError, TypeError, IndexError):
        return None
    if x.shape != y.shape or x.dtype != y.dtype or not (is_plain(x) and is_plain(y)):
        return None
    return f.copy(), getattr(plan, what)(x, y, threads)


def _cross(
    x: Any, y: Any, fs: Any, window: Any, nperseg: Any, noverlap: Any, nfft: Any, detrend: Any, return_onesided: Any,
    scaling: Any, axis: Any, average: Any, device: Any, threads: Any, nan_policy: Any, what: str,
) -> tuple[np.ndarray, np.ndarray]:  # fmt: skip
    originals = x, y
    axis = integer(axis, "axis")
    x, x_type = numeric(x)
    y, y_type = numeric(y, "y")
    result = np.result_type(x_type, y_type)
    xa, ya = normalize_axis(axis, x.ndim), normalize_axis(axis, y.ndim, "y")
    if xa != x.ndim - 1 or ya != y.ndim - 1:
        x, y = np.moveaxis(x, xa, -1), np.moveaxis(y, ya, -1)
    try:
        outer = np.broadcast_shapes(x.shape[:-1], y.shape[:-1])
    except ValueError:
        raise ValueError(f"y: x and y cannot be broadcast together: {x.shape[:-1]}, {y.shape[:-1]}") from None
    ndim = len(outer) + 1
    out_axis = axis % ndim if axis >= 0 else ndim + axis
    if x.size == 0 or y.size == 0:
        empty = np.moveaxis(np.empty(outer + (min(x.shape[-1], y.shape[-1]),)), -1, out_axis)
        return empty, empty.copy()
    lengths = x.shape[-1], y.shape[-1]
    n = max(lengths)
    at = layout(n, window, nperseg, noverlap, nfft)
    rate_ = rate(fs)
    trend, function = detrending(detrend)
    scalings(scaling)
    averages(average, ("mean", "median"))
    policy = nan_policies(nan_policy)
    is_complex = x.dtype.kind == "c" or y.dtype.kind == "c"
    if y.dtype.kind == "c" and x.dtype.kind != "c" and flag(return_onesided, "return_onesided") and what == "csd":
        raise ValueError("return_onesided: y is complex, so its spectrum is two-sided; pass return_onesided=False")
    onesided = flag(return_onesided, "return_onesided") and not is_complex
    work = np.result_type(x.dtype, y.dtype)
    f = frequencies(at.nfft, rate_, onesided)
    px, py = (_prepared(v, n, work, function, at) for v in (x, y))
    if function is not None:
        work = np.result_type(px.dtype, py.dtype)
        px, py = px.astype(work, copy=False), py.astype(work, copy=False)
        at = replace(at, noverlap=0)
    done = None
    if device not in (None, "cpu") or is_asked():
        asked = partial(cross_plan, at, rate_, trend, scaling, average, onesided, policy, is_complex)
        lacks = lacking(px, at, function)
        if lacks is None and policy != "propagate":
            lacks = f"nan_policy {nan_policy!r}"
        if lacks is None and what == "coherence" and lengths[0] != lengths[1]:
            lacks = "signals of two lengths"
        done = _on_device(device, what, px, py, outer, asked, lacks, threads)
    if done is not None:
        out = done
    elif at.nfft == 1:
        px, py = np.broadcast_arrays(px, py)
        out = _one_point_cross(px, py, at, rate_, trend, scaling, average, what)
    else:
        plan = segment_plan(_native.CsdPlan, px, at, rate_, trend, scaling, average, onesided, policy)
        at_once = average == "mean" and policy in ("propagate", "error")
        if what == "csd":
            out = _pairs(plan, "csd", px, py, outer, at_once, threads)
        elif lengths[0] == lengths[1]:
            out = _pairs(plan, "coherence", px, py, outer, at_once, threads)
        else:
            # SciPy takes the powers of the signals as they are, and only the cross spectrum of padded ones.
            args = (fs, window, None if not isinstance(window, (str, tuple)) else at.nperseg, noverlap, nfft, detrend)
            powers = [estimated_welch(v, *args, True, "density", -1, "mean", None, threads, nan_policy)[1] for v in (x, y)]
            out = np.abs(_pairs(plan, "csd", px, py, outer, at_once, threads)) ** 2 / powers[0] / powers[1]
    if originals[0] is x and originals[1] is y and x.dtype == y.dtype and x.dtype in CODES and not at.shrunk:
        if function is None and at.nfft > 1 and device is None and lengths[0] == lengths[1]:
            key = (what, x.dtype, n, fs, window, nperseg, noverlap, nfft, detrend, return_onesided, scaling, average, nan_policy)
            cache.put(key, (f.copy(), plan), plan)
    if what == "csd":
        result = np.result_type(result, np.complex64)
    return f, np.moveaxis(out.astype(result, copy=False), -1, out_axis)


def _on_device(
    device: str | None, what: str, x: np.ndarray, y: np.ndarray, outer: tuple[int, ...],
    plan_of_pairs: Callable[..., _native.DevicePlan], lacks: str | None, threads: int | None,
) -> np.ndarray | None:  # fmt: skip
    """The device's answer for `outer` pairs of rows; None: the CPU answers."""
    n = x.shape[-1]
    pairs: tuple[tuple[int, int], ...]
    if x.shape == y.shape == (*outer, n):
        # One item per pair.
        shape, channels, pairs = (*outer, 2 * n), 2, ((0, 1),)
        join = lambda: np.stack((x, y), axis=-2).reshape(shape)  # noqa: E731
    else:
        first, second, distinct = _numbered(x, y, outer)
        channels = sum(map(len, distinct))
        shape, pairs = (1, channels * n), tuple(zip(first, second))
        join = lambda: np.concatenate(distinct).reshape(shape)  # noqa: E731
    # Nothing is computed, or copied, where the plan is only asked for.
    data = np.broadcast_to(x.dtype.type(0), shape) if lacks is not None or is_asked() else join()
    coherent = what == "coherence"
    done = attempt(what, device, data, lacks, lambda: plan_of_pairs(channels, pairs, coherent), threads)
    if done is None:
        return None
    if not coherent:
        done = done.view(np.complex64)[..., 0]
    return done.reshape(*outer, done.shape[-1])


def _numbered(x: np.ndarray, y: np.ndarray, outer: tuple[int, ...]) -> tuple[list[int], list[int], list[np.ndarray]]:
    """Numbers of the rows of each of `outer` pairs, and the rows; those of `y` follow those of `x` if they are others."""
    first, second = (
        np.broadcast_to(np.arange(math.prod(v.shape[:-1])).reshape(v.shape[:-1]), outer).ravel() for v in (x, y)
    )
    flat = [v.reshape(-1, v.shape[-1]) for v in (x, y)]
    same = np.shares_memory(x, y) and x.size == y.size and flat[0].ctypes.data == flat[1].ctypes.data
    if same or (flat[0].shape == flat[1].shape and np.array_equal(flat[0], flat[1])):
        return first.tolist(), second.tolist(), flat[:1]
    return first.tolist(), (second + len(flat[0])).tolist(), flat


def _prepared(x: np.ndarray, n: int, work: np.dtype, function: Callable | None, at: Layout) -> np.ndarray:
    """Padded, in one type, detrended by the caller's function, contiguous."""
    if x.shape[-1] < n:
        x = np.concatenate((x, np.zeros(x.shape[:-1] + (n - x.shape[-1],), x.dtype)), axis=-1)
    if function is not None:
        x = detrended(x, function, at.nperseg, at.hop)
    else:
        x = x.astype(work, copy=False)
    return rows(x, x.ndim - 1)


def _pairs(
    plan: Any, what: str, x: np.ndarray, y: np.ndarray, outer: tuple[int, ...], at_once: bool, threads: int | None
) -> np.ndarray:
    """The plan's answer for `outer` pairs of rows; a row that belongs to several pairs is not copied."""
    if x.shape == y.shape == (*outer, x.shape[-1]):
        return getattr(plan, what)(x, y, threads)
    first, second, distinct = _numbered(x, y, outer)
    count = sum(map(len, distinct))
    # All pairs of the rows, each transformed once, where not many more pairs are computed than were asked for.
    if at_once and count > 1 and count * (count + 1) <= 6 * len(first) and first:
        out = getattr(plan, what + "_of_rows")(np.concatenate(distinct) if len(distinct) > 1 else distinct[0], first, second)
    else:
        offset = count - len(distinct[-1])
        out = getattr(plan, what)(distinct[0], distinct[-1], threads, (first, [number - offset for number in second]))
    return out.reshape(*outer, out.shape[-1])


def _one_point_cross(
    x: np.ndarray, y: np.ndarray, at: Layout, fs: float, trend: str, scaling: str, average: str, what: str
) -> np.ndarray:
    weight = float(at.weights[0])
    a, b = (windows_of(v, 1, at.hop)[..., 0].astype(np.complex128) for v in (x, y))
    if trend != "none":
        a, b = a - a, b - b
    products = np.conj(a) * b
    count = products.shape[-1]
    if average == "median":
        pairs = np.arange(2, 2 * ((count - 1) // 2) + 1, 2)
        bias = 1 + np.sum(1 / (pairs + 1) - 1 / pairs)
        mean = (np.median(products.real, axis=-1) + 1j * np.median(products.imag, axis=-1)) / bias
    else:
        mean = products.mean(axis=-1)
    if what == "coherence":
        with np.errstate(invalid="ignore"):
            out = np.abs(mean) ** 2 / (np.abs(a) ** 2).mean(axis=-1) / (np.abs(b) ** 2).mean(axis=-1)
        return out[..., np.newaxis]
    scale = {"density": 1 / fs, "spectrum": 1.0, "raw": weight**2}[scaling]
    return (mean * scale)[..., np.newaxis]


__all__ = ["coherence", "csd"]

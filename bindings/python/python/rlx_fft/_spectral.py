"""`scipy.signal`'s spectral estimates: the same names, arguments, defaults, shapes and errors."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Literal, SupportsIndex

import numpy as np

from . import _native
from ._arrays import CODES, as_array, normalize_axis, numeric, rows
from ._cache import cache
from ._checks import flag, integer, real
from ._devices import attempt, lacking, on_cpu, plan_of
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
from ._resident import estimate, is_resident, on_host
from ._warnings import warn
from ._windows import given

Detrend = str | bool | Callable[[np.ndarray], np.ndarray] | None
Scaling = Literal["density", "spectrum", "raw"]

def _plan(
    make: Callable[[str, _native.Segments], Any], x: np.ndarray, at: Layout, fs: float, trend: str, scaling: str,
    average: str, onesided: bool, policy: str,
) -> Any:  # fmt: skip
    """The native plan of these segments; kept for the next call."""
    rest = fs, trend, scaling, average, "one" if onesided else "two", policy
    key = (make, x.dtype, at.key, at.nperseg, at.hop, at.nfft, *rest)
    try:
        if at.key is not None:
            return cache[key]
    except (KeyError, TypeError):
        pass
    plan = make(CODES[x.dtype], at.native(*rest))
    if at.key is not None:
        cache.put(key, plan, plan)
    return plan


def _is_plain(x: np.ndarray) -> bool:
    """Whether a plan can read `x` where it is, along its last axis."""
    return x.size > 0 and x.flags.c_contiguous and x.flags.aligned


@public("x")
def welch(
    x: Any,
    fs: float = 1.0,
    window: Any = "hann_periodic",
    nperseg: SupportsIndex | None = None,
    noverlap: SupportsIndex | None = None,
    nfft: SupportsIndex | None = None,
    detrend: Detrend = "constant",
    return_onesided: bool = True,
    scaling: Scaling = "density",
    axis: SupportsIndex = -1,
    average: Literal["mean", "median", "max", "min"] = "mean",
    *,
    device: str | None = None,
    threads: int | None = None,
    nan_policy: str = "propagate",
    stream: Any = None,
    confidence: float | None = None,
) -> Any:
    """Power spectral density by Welch's method, as `scipy.signal.welch`.

    Parameters
    ----------
    x : samples, real or complex, of any shape; see docs/guide.md for what can hold them.
    fs : sampling frequency, samples per unit of time (Hz).
    window : a name, a tuple of a name and parameters, or `nperseg` weights.
    nperseg : samples per segment; 256, or the length of a window given as weights. A shorter signal shrinks it, with a warning.
    noverlap : samples that neighbouring segments share, less than `nperseg`; half of it by default.
    nfft : length of the transform, at least `nperseg`; the segments are padded with zeros.
    detrend : ``"constant"`` subtracts each segment's mean, ``"linear"`` its least-squares line, False nothing; a function gets
        the segments `[…, nperseg]` one after the other.
    return_onesided : only the non-negative frequencies of real samples, with twice the power between 0 and fs/2.
    scaling : ``"density"`` (unit²/Hz), ``"spectrum"`` (unit²), or ``"raw"``, which SciPy lacks: the mean of |X|², doubled like
        the others where it is one-sided.
    axis : of `x` along which the samples follow each other; the result has the bins there.
    average : over the segments: ``"mean"``, ``"median"`` (with SciPy's correction of its bias), ``"max"`` or ``"min"``
        (max-hold and min-hold, which SciPy lacks).
    device : ``None`` or ``"cpu"``; a name of `devices` (float32 and complex64 samples go there; what it lacks the CPU
        answers, which is said to `logging`); ``"auto"``, the cheapest predicted.
    threads : threads that share the rows, or a long signal; 0 is all cores, 1 the calling one; ``None`` is what
        `set_num_threads` said.
    nan_policy : ``"propagate"`` (SciPy's behaviour), ``"raise"``, ``"omit"`` (leave out segments with a NaN or an
        infinity) or ``"interpolate[:MAX_GAP]"`` (draw lines over short gaps, omit the rest). Masked samples and nulls are NaN.
    stream : of CUDA tensors, see below.
    confidence : probability, such as 0.95, for limits of the true spectrum; of the mean alone, and of samples without NaN.

    A CUDA tensor (torch, CuPy, whatever has DLPack) is read and answered on its device, without a copy: ``Pxx`` is then a
    `DeviceArray` (``torch.from_dlpack(Pxx)``). With a `stream` (a stream or its handle) the work is queued there and not
    waited for; without one the call returns when the result is there.

    float32 stays float32, integers are computed in float64. Results of float32 agree with those of the same samples in
    float64 within 4·ε·log2(nfft) relative L2.

    Returns
    -------
    f : frequencies `[bins]` in the unit of fs; two-sided ones in the order of `numpy.fft.fftfreq`.
    Pxx : the spectrum `[…, bins]`, real, of the precision of `x`; a tensor where `x` is one.

    interval : with `confidence` alone: lower and upper limits `[2, …]` of Pxx, from the χ² distribution with the degrees of
        freedom of the overlapping segments (Welch 1967, Percival and Walden 1993).

    Raises
    ------
    ValueError, TypeError : begin with the name of the argument.

    >>> import numpy as np, rlx_fft
    >>> x = np.sin(2 * np.pi * 100 * np.arange(4096) / 1000)
    >>> f, pxx = rlx_fft.welch(x, fs=1000, nperseg=500)
    >>> float(f[pxx.argmax()])
    100.0
    """
    if confidence is not None:
        level = real(confidence, "confidence")
        if not 0 < level < 1:
            raise ValueError(f"confidence: must lie between 0 and 1, got {level}")
        if average != "mean" or is_resident(x) or nan_policies(nan_policy) not in ("propagate", "error"):
            raise ValueError("confidence: of the mean of all segments on the host alone (average, nan_policy)")
        f, pxx = welch(
            x, fs, window, nperseg, noverlap, nfft, detrend, return_onesided, scaling, axis, average, device=device,
            threads=threads, nan_policy=nan_policy,
        )  # fmt: skip
        return f, pxx, _interval(as_array(x), pxx, window, nperseg, noverlap, nfft, return_onesided, axis, level)
    if type(x) is np.ndarray and axis == -1 and stream is None:
        try:
            f, plan = cache[
                "welch", x.dtype, x.shape[-1], fs, window, nperseg, noverlap, nfft, detrend, return_onesided, scaling,
                average, device, nan_policy,
            ]  # fmt: skip
        except (KeyError, TypeError, IndexError):
            pass
        else:
            if _is_plain(x):
                return f.copy(), plan(x, threads)
    return _welch(
        x, fs, window, nperseg, noverlap, nfft, detrend, return_onesided, scaling, axis, average, device, threads,
        nan_policy, stream,
    )  # fmt: skip


def _interval(
    x: np.ndarray, pxx: np.ndarray, window: Any, nperseg: Any, noverlap: Any, nfft: Any, onesided: Any, axis: Any, level: float
) -> np.ndarray:
    """Limits of a Welch estimate, `[2, …]`."""
    if pxx.size == 0:
        return np.stack((pxx, pxx))
    axis = normalize_axis(axis, x.ndim)
    n = x.shape[axis]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # The estimate has warned.
        at = layout(n, window, nperseg, noverlap, nfft)
    count = (n - at.nperseg) // at.hop + 1
    inner, edge = _native.welch_interval(np.ascontiguousarray(at.weights), at.hop, count, level)
    factors = np.tile(np.array(inner)[:, np.newaxis], pxx.shape[axis])
    if x.dtype.kind != "c":
        # The bins of 0 Hz and Nyquist have no imaginary part, so half as many degrees of freedom.
        factors[:, 0] = edge
        if at.nfft % 2 == 0:
            factors[:, -1 if onesided else at.nfft // 2] = edge
    shape = [1] * pxx.ndim
    shape[axis] = pxx.shape[axis]
    return np.stack([pxx * limit.reshape(shape).astype(pxx.dtype) for limit in factors])


def _welch(
    x: Any, fs: Any, window: Any, nperseg: Any, noverlap: Any, nfft: Any, detrend: Any, return_onesided: Any,
    scaling: Any, axis: Any, average: Any, device: Any, threads: Any, nan_policy: Any, stream: Any = None,
    function_name: str = "welch",
) -> tuple[np.ndarray, Any]:  # fmt: skip
    if is_resident(x):
        return estimate(
            "psd", x, fs, window, nperseg, noverlap, nfft, detrend, return_onesided, scaling, axis, average, device,
            nan_policy, stream,
        )[::3]  # fmt: skip
    on_host(stream)
    original = x
    x, dtype = numeric(x)
    if x.size == 0:
        return np.empty(x.shape), np.empty(x.shape)
    axis = normalize_axis(axis, x.ndim)
    n = x.shape[axis]
    at = layout(n, window, nperseg, noverlap, nfft)
    rate_ = rate(fs)
    trend, function = detrending(detrend)
    onesided = flag(return_onesided, "return_onesided") and x.dtype.kind != "c"
    scalings(scaling)
    averages(average)
    policy = nan_policies(nan_policy)
    f = frequencies(at.nfft, rate_, onesided)
    data = rows(x, axis)
    is_complex = x.dtype.kind == "c"
    psd = attempt(
        function_name, device, data, lacking(data, at, function) if device not in (None, "cpu") else None,
        lambda: plan_of("psd", at, rate_, trend, scaling, average, policy, is_complex), threads,
    )  # fmt: skip
    if psd is not None:
        psd = _both_powers(psd, at.nfft, onesided, data).astype(dtype, copy=False)
        return f, psd if axis == x.ndim - 1 else np.moveaxis(psd, -1, axis)
    if function is not None:
        data = rows(detrended(data, function, at.nperseg, at.hop), x.ndim - 1)
        if data.dtype.kind == "c" and onesided:
            raise ValueError("detrend: complex segments have no one-sided spectrum")
        at = replace(at, noverlap=0)
    if at.nfft == 1:
        psd = _one_point(data, at, rate_, trend, scaling, average)
    else:
        plan = _plan(_native.WelchPlan, data, at, rate_, trend, scaling, average, onesided, policy)
        psd = plan(data, threads)
        if function is None and not at.shrunk and x is original and x.dtype in CODES and device in (None, "cpu"):
            key = ("welch", x.dtype, n, fs, window, nperseg, noverlap, nfft, detrend, return_onesided, scaling, average,
                   device, nan_policy)  # fmt: skip
            cache.put(key, (f, plan), plan)
    psd = psd.astype(dtype, copy=False)
    return f.copy(), psd if axis == x.ndim - 1 else np.moveaxis(psd, -1, axis)


def _one_point(x: np.ndarray, at: Layout, fs: float, trend: str, scaling: str, average: str) -> np.ndarray:
    """Spectra of segments of one sample: a square."""
    segments = windows_of(x, 1, at.hop)[..., 0]
    if trend != "none":
        segments = segments - segments
    weight = float(at.weights[0])
    power = np.abs(segments.astype(np.complex128)) ** 2 * weight**2
    scale = {"density": 1 / (fs * weight**2), "spectrum": 1 / weight**2, "raw": 1.0}[scaling]
    count = segments.shape[-1]
    if average == "median":
        pairs = np.arange(2, 2 * ((count - 1) // 2) + 1, 2)
        averaged = np.median(power, axis=-1) / (1 + np.sum(1 / (pairs + 1) - 1 / pairs))
    else:
        averaged = getattr(power, average)(axis=-1)
    return (averaged * scale)[..., np.newaxis]


@public("x")
def periodogram(
    x: Any,
    fs: float = 1.0,
    window: Any = "boxcar",
    nfft: SupportsIndex | None = None,
    detrend: Detrend = "constant",
    return_onesided: bool = True,
    scaling: Scaling = "density",
    axis: SupportsIndex = -1,
    *,
    device: str | None = None,
    threads: int | None = None,
    nan_policy: str = "propagate",
    stream: Any = None,
) -> tuple[np.ndarray, Any]:
    """Periodogram of the whole signal, as `scipy.signal.periodogram`.

    Parameters
    ----------
    x : samples, real or complex, of any shape.
    window : as in `welch`; weights must be as many as samples. None is ``"boxcar"``.
    nfft : a longer transform pads with zeros, a shorter one takes the leading samples.
    fs, detrend, return_onesided, scaling, axis, device, threads, nan_policy, stream : as in `welch`.

    Returns
    -------
    f : frequencies `[bins]`.
    Pxx : the spectrum `[…, bins]`, unit²/Hz or unit².
    """
    if type(x) is np.ndarray and axis == -1 and stream is None and nfft is None:
        try:
            f, plan = cache[
                "welch", x.dtype, x.shape[-1], fs, window, x.shape[-1], 0, None, detrend, return_onesided, scaling,
                "mean", device, nan_policy,
            ]  # fmt: skip
        except (KeyError, TypeError, IndexError):
            pass
        else:
            if _is_plain(x):
                return f.copy(), plan(x, threads)
    resident = is_resident(x)
    x = x if resident else as_array(x)
    if 0 in x.shape and not resident:
        return np.empty(x.shape), np.empty(x.shape)
    axis = normalize_axis(axis, len(x.shape))
    n = x.shape[axis]
    if window is None:
        window = "boxcar"
    nperseg = n
    if nfft is not None:
        nfft = integer(nfft, "nfft")
        if nfft < 1:
            raise ValueError(f"nfft: {nfft} is not a positive integer")
        if nfft < n:
            if resident:
                raise ValueError(f"nfft: {nfft} is less than the {n} samples of a CUDA tensor, which is not copied")
            x = x[(slice(None),) * axis + (slice(nfft),)]
            nperseg, nfft = nfft, None
    if not isinstance(window, (str, tuple)):
        window = given(window)
        if len(window) != nperseg:
            raise ValueError(f"window: has {len(window)} weights, the signal {nperseg} samples")
    return _welch(
        x, fs, window, nperseg, 0, nfft, detrend, return_onesided, scaling, axis, "mean", device, threads, nan_policy,
        stream, "periodogram",
    )  # fmt: skip


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

    Returns
    -------
    f : frequencies `[bins]`.
    Pxy : the spectrum `[…, bins]`, complex; real where `y` is `x` itself.

    No device has cross spectra: whichever is named, the CPU answers.
    """
    if axis == -1 and device is None:
        key = (fs, window, nperseg, noverlap, nfft, detrend, return_onesided, scaling, average, nan_policy)
        done = _again("csd", x, y, key, threads)
        if done is not None:
            return done
    if y is x:
        averages(average, ("mean", "median"))
        return _welch(
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

    Returns
    -------
    f : frequencies `[bins]`.
    Cxy : `[…, bins]`, from 0 to 1; 1 everywhere for a single segment.

    Where a power is 0 the coherence is NaN.
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
    if x.shape != y.shape or x.dtype != y.dtype or not (_is_plain(x) and _is_plain(y)):
        return None
    return f.copy(), getattr(plan, what)(x, y, threads)


def _cross(
    x: Any, y: Any, fs: Any, window: Any, nperseg: Any, noverlap: Any, nfft: Any, detrend: Any, return_onesided: Any,
    scaling: Any, axis: Any, average: Any, device: Any, threads: Any, nan_policy: Any, what: str,
) -> tuple[np.ndarray, np.ndarray]:  # fmt: skip
    on_cpu(device, what)
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
    if at.nfft == 1:
        px, py = np.broadcast_arrays(px, py)
        out = _one_point_cross(px, py, at, rate_, trend, scaling, average, what)
    else:
        plan = _plan(_native.CsdPlan, px, at, rate_, trend, scaling, average, onesided, policy)
        at_once = average == "mean" and policy in ("propagate", "error")
        if what == "csd":
            out = _pairs(plan, "csd", px, py, outer, at_once, threads)
        elif lengths[0] == lengths[1]:
            out = _pairs(plan, "coherence", px, py, outer, at_once, threads)
        else:
            # SciPy takes the powers of the signals as they are, and only the cross spectrum of padded ones.
            args = (fs, window, None if not isinstance(window, (str, tuple)) else at.nperseg, noverlap, nfft, detrend)
            powers = [_welch(v, *args, True, "density", -1, "mean", None, threads, nan_policy)[1] for v in (x, y)]
            out = np.abs(_pairs(plan, "csd", px, py, outer, at_once, threads)) ** 2 / powers[0] / powers[1]
    if originals[0] is x and originals[1] is y and x.dtype == y.dtype and x.dtype in CODES and not at.shrunk:
        if function is None and at.nfft > 1 and device is None and lengths[0] == lengths[1]:
            key = (what, x.dtype, n, fs, window, nperseg, noverlap, nfft, detrend, return_onesided, scaling, average, nan_policy)
            cache.put(key, (f.copy(), plan), plan)
    if what == "csd":
        result = np.result_type(result, np.complex64)
    return f, np.moveaxis(out.astype(result, copy=False), -1, out_axis)


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
    first, second = (
        np.broadcast_to(np.arange(math.prod(v.shape[:-1])).reshape(v.shape[:-1]), outer).ravel() for v in (x, y)
    )
    flat = [v.reshape(-1, v.shape[-1]) for v in (x, y)]
    same = np.shares_memory(x, y) and x.size == y.size and flat[0].ctypes.data == flat[1].ctypes.data
    same = same or (flat[0].shape == flat[1].shape and np.array_equal(flat[0], flat[1]))
    count = len(flat[0]) if same else len(flat[0]) + len(flat[1])
    # All pairs of the rows, each transformed once, where not many more pairs are computed than were asked for.
    if at_once and count > 1 and count * (count + 1) <= 6 * len(first) and first.size:
        joined = flat[0] if same else np.concatenate(flat)
        offset = 0 if same else len(flat[0])
        out = getattr(plan, what + "_of_rows")(joined, first.tolist(), (second + offset).tolist())
    else:
        out = getattr(plan, what)(*flat, threads, (first.tolist(), second.tolist()))
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


@public("x")
def spectrogram(
    x: Any,
    fs: float = 1.0,
    window: Any = ("tukey_periodic", 0.25),
    nperseg: SupportsIndex | None = None,
    noverlap: SupportsIndex | None = None,
    nfft: SupportsIndex | None = None,
    detrend: Detrend = "constant",
    return_onesided: bool = True,
    scaling: Scaling = "density",
    axis: SupportsIndex = -1,
    mode: Literal["psd", "complex", "magnitude", "angle", "phase"] = "psd",
    *,
    device: str | None = None,
    threads: int | None = None,
    nan_policy: Literal["propagate", "raise"] = "propagate",
    stream: Any = None,
) -> tuple[np.ndarray, np.ndarray, Any]:
    """Spectra of consecutive segments, as `scipy.signal.spectrogram`.

    Parameters
    ----------
    x : samples, real or complex, of any shape.
    noverlap : an eighth of `nperseg` by default.
    mode : ``"psd"`` (power in the unit of the scaling), ``"complex"`` (the transforms), ``"magnitude"``, ``"angle"`` or
        ``"phase"`` (unwrapped over the frequencies, as in SciPy; radians). Devices have ``"psd"``.
    nan_policy : ``"propagate"`` (a NaN spreads over its column) or ``"raise"``.
    fs, window, nperseg, nfft, detrend, return_onesided, scaling, axis, device, threads, stream : as in `welch`.

    Returns
    -------
    f : frequencies `[bins]`.
    t : times of the segments' middles `[frames]`, in the unit of 1/fs.
    Sxx : `[…, bins, frames]`.
    """
    modes = ("psd", "complex", "magnitude", "angle", "phase")
    if mode not in modes:
        raise ValueError(f"mode: {mode!r} is none of {', '.join(map(repr, modes))}")
    if type(x) is np.ndarray and axis == -1 and stream is None and device is None and mode == "psd":
        try:
            f, times, plan = cache[
                "spectrogram", x.dtype, x.shape[-1], fs, window, nperseg, noverlap, nfft, detrend, return_onesided,
                scaling, nan_policy,
            ]  # fmt: skip
        except (KeyError, TypeError, IndexError):
            pass
        else:
            if _is_plain(x):
                return f.copy(), times.copy(), np.moveaxis(plan.powers(x, threads), -1, -2)
    original = x
    if is_resident(x):
        if mode != "psd":
            raise ValueError(f"mode: {mode!r}: of CUDA tensors 'psd' alone")
        f, at, rate_, values = estimate(
            "spectrogram", x, fs, window, nperseg, noverlap, nfft, detrend, return_onesided, scaling, axis, "mean", device,
            nan_policy, stream, share=8,
        )  # fmt: skip
        n = x.shape[-1]
        times = np.arange(at.nperseg / 2, n - at.nperseg / 2 + 1, at.hop) / rate_
        return f, times, values.swapaxes(-1, -2)
    on_host(stream)
    x, dtype = numeric(x)
    if x.size == 0:
        return np.empty(x.shape), np.empty(x.shape), np.empty(x.shape)
    if nan_policy not in ("propagate", "raise", "error"):
        raise ValueError(f"nan_policy: {nan_policy!r}: columns keep their places, so 'propagate' or 'raise'")
    axis = normalize_axis(axis, x.ndim)
    n = x.shape[axis]
    at = layout(n, window, nperseg, noverlap, nfft, overlap_share=8, short="spectrogram")
    rate_ = rate(fs)
    trend, function = detrending(detrend)
    scalings(scaling)
    onesided = flag(return_onesided, "return_onesided")
    if onesided and x.dtype.kind == "c":
        warn("Input data is complex, switching to return_onesided=False")
        onesided = False
    data = rows(x, axis)
    if nan_policy != "propagate" and not np.isfinite(data).all():
        first = np.argwhere(~np.isfinite(data))[0]
        raise ValueError(f"x: sample {first[-1]} of row {first[:-1].tolist()} is {data[tuple(first)]}")
    times = np.arange(at.nperseg / 2, n - at.nperseg / 2 + 1, at.hop) / rate_
    lacks = None
    if device not in (None, "cpu"):
        lacks = lacking(data, at, function) or (None if mode == "psd" else f"mode {mode!r}")
    is_complex = x.dtype.kind == "c"
    done = attempt(
        "spectrogram", device, data, lacks,
        lambda: plan_of("spectrogram", at, rate_, trend, scaling, "mean", "propagate", is_complex), threads,
    )  # fmt: skip
    if done is not None:
        out = _both_powers(done, at.nfft, onesided, data).astype(dtype, copy=False)
        return frequencies(at.nfft, rate_, onesided), times, np.moveaxis(out, -1, axis)
    if function is not None:
        data = rows(detrended(data, function, at.nperseg, at.hop), x.ndim - 1)
        at = replace(at, noverlap=0)
    f = frequencies(at.nfft, rate_, onesided)
    if at.nfft == 1:
        out = _one_point_spectra(data, at, rate_, trend, scaling, mode)
    elif mode == "psd":
        plan = _plan(_native.SpectraPlan, data, at, rate_, trend, scaling, "mean", onesided, "propagate")
        out = _both_sides(plan.powers(data, threads), at.nfft, onesided, data)
        one_step = original is x and x.dtype in CODES and function is None and not at.shrunk
        if one_step and device is None and nan_policy == "propagate" and (onesided or x.dtype.kind == "c"):
            if not (return_onesided and x.dtype.kind == "c"):  # That call warns each time.
                key = ("spectrogram", x.dtype, n, fs, window, nperseg, noverlap, nfft, detrend, return_onesided, scaling,
                       nan_policy)  # fmt: skip
                cache.put(key, (f.copy(), times.copy(), plan), plan)
    else:
        plan = _plan(_native.SpectraPlan, data, at, rate_, trend, scaling, "mean", onesided, "propagate")
        out = _both_sides(plan.complex(data, threads), at.nfft, onesided, data)
        out *= np.sqrt(_factor(at, rate_, scaling)).astype(out.real.dtype)
    if mode != "psd":
        if mode == "magnitude":
            out = np.abs(out)
        elif mode != "complex":
            out = np.angle(out)
    if mode == "complex":
        dtype = np.result_type(dtype, np.complex64)
    out = out.astype(dtype, copy=False)
    if mode == "phase":
        out = np.unwrap(out, axis=-1)
    return f, times, np.moveaxis(out, -1, axis)


def _factor(at: Layout, fs: float, scaling: str) -> Any:
    """What |X|² is multiplied with."""
    weights = at.weights
    return {"density": 1 / (fs * np.sum(weights**2)), "spectrum": 1 / np.sum(weights) ** 2, "raw": np.float64(1)}[scaling]


def _one_point_spectra(x: np.ndarray, at: Layout, fs: float, trend: str, scaling: str, mode: str) -> np.ndarray:
    """Spectra of segments of one sample: the samples, `[…, segments, 1]`."""
    segments = windows_of(x, 1, at.hop).astype(np.result_type(x.dtype, np.complex64))
    if trend != "none":
        segments = segments - segments
    segments = segments * (at.weights[0] * np.sqrt(_factor(at, fs, scaling))).astype(segments.real.dtype)
    return np.abs(segments) ** 2 if mode == "psd" else segments


def _both_sides(spectra: np.ndarray, nfft: int, onesided: bool, x: np.ndarray) -> np.ndarray:
    """The negative frequencies of real samples, which the plan does not compute."""
    if onesided or x.dtype.kind == "c":
        return spectra
    mirrored = spectra[..., 1 : (nfft + 1) // 2][..., ::-1]
    return np.concatenate((spectra, np.conj(mirrored)), axis=-1)


def _both_powers(powers: np.ndarray, nfft: int, onesided: bool, x: np.ndarray) -> np.ndarray:
    """The two-sided spectrum of real samples from a device's one-sided one."""
    if onesided or x.dtype.kind == "c":
        return powers
    powers[..., 1 : (nfft + 1) // 2] /= 2
    return _both_sides(powers, nfft, onesided, x)

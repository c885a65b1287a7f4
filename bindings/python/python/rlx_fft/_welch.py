"""`scipy.signal.welch`: the same arguments, defaults, shapes and errors."""

from __future__ import annotations

import warnings
from dataclasses import replace
from typing import Any, Literal, SupportsIndex

import numpy as np

from . import _native
from ._arrays import CODES, as_array, normalize_axis, numeric, rows
from ._cache import cache
from ._checks import flag, real
from ._devices import attempt, lacking, plan_of
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
from ._segment_plans import Detrend, Scaling, both_powers, is_plain, segment_plan


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
    device : ``None`` or ``"cpu"``; a name of `devices` (float32 and complex64 samples go there; the CPU
        answers what it does not support, and `logging` says so; see `explain`); ``"auto"``, the cheapest predicted.
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
            if is_plain(x):
                return f.copy(), plan(x, threads)
    return estimated_welch(
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


def estimated_welch(
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
        psd = both_powers(psd, at.nfft, onesided, data).astype(dtype, copy=False)
        return f, psd if axis == x.ndim - 1 else np.moveaxis(psd, -1, axis)
    if function is not None:
        data = rows(detrended(data, function, at.nperseg, at.hop), x.ndim - 1)
        if data.dtype.kind == "c" and onesided:
            raise ValueError("detrend: complex segments have no one-sided spectrum")
        at = replace(at, noverlap=0)
    if at.nfft == 1:
        psd = _one_point(data, at, rate_, trend, scaling, average)
    else:
        plan = segment_plan(_native.WelchPlan, data, at, rate_, trend, scaling, average, onesided, policy)
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


__all__ = ["estimated_welch", "welch"]

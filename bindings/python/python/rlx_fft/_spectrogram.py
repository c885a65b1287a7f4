"""`scipy.signal.spectrogram`: spectra of consecutive segments."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Literal, SupportsIndex

import numpy as np

from . import _native
from ._arrays import CODES, normalize_axis, numeric, rows
from ._cache import cache
from ._checks import flag
from ._devices import attempt, lacking, plan_of
from ._explaining import is_asked
from ._layout import Layout, detrended, detrending, frequencies, layout, rate, scalings, windows_of
from ._memory import room
from ._public import public
from ._resident import estimate, is_resident, on_host
from ._segment_plans import Detrend, Scaling, both_powers, both_sides, is_plain, segment_plan
from ._warnings import warn


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
        ``"phase"`` (unwrapped over the frequencies, as in SciPy; radians). Angles come from a device's transforms on the CPU;
        CUDA tensors have ``"psd"`` only.
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
            if is_plain(x):
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
    if not is_asked():
        room("nfft", at.nfft, at.nfft * ((n - at.nperseg) // at.hop + 1) * (data.size // n), 4)
    if nan_policy != "propagate" and not np.isfinite(data).all():
        first = np.argwhere(~np.isfinite(data))[0]
        raise ValueError(f"x: sample {first[-1]} of row {first[:-1].tolist()} is {data[tuple(first)]}")
    times = np.arange(at.nperseg / 2, n - at.nperseg / 2 + 1, at.hop) / rate_
    lacks = None
    if device not in (None, "cpu"):
        lacks = lacking(data, at, function)
    is_complex = x.dtype.kind == "c"
    # Angles are those of the transforms.
    kind = mode if mode in ("psd", "magnitude") else "complex"
    done = attempt(
        "spectrogram", device, data, lacks,
        lambda: plan_of("spectrogram", at, rate_, trend, scaling, "mean", "propagate", is_complex, mode=kind), threads,
    )  # fmt: skip
    if done is not None and mode == "psd":
        out = both_powers(done, at.nfft, onesided, data).astype(dtype, copy=False)
        return frequencies(at.nfft, rate_, onesided), times, np.moveaxis(out, -1, axis)
    if function is not None:
        data = rows(detrended(data, function, at.nperseg, at.hop), x.ndim - 1)
        at = replace(at, noverlap=0)
    f = frequencies(at.nfft, rate_, onesided)
    if done is not None:
        out = done if kind == "magnitude" else done.view(np.complex64)[..., 0]
        out = both_sides(out, at.nfft, onesided, data)
    elif at.nfft == 1:
        out = _one_point_spectra(data, at, rate_, trend, scaling, mode)
    elif mode == "psd":
        plan = segment_plan(_native.SpectraPlan, data, at, rate_, trend, scaling, "mean", onesided, "propagate")
        out = both_sides(plan.powers(data, threads), at.nfft, onesided, data)
        one_step = original is x and x.dtype in CODES and function is None and not at.shrunk
        if one_step and device is None and nan_policy == "propagate" and (onesided or x.dtype.kind == "c"):
            if not (return_onesided and x.dtype.kind == "c"):  # That call warns each time.
                key = ("spectrogram", x.dtype, n, fs, window, nperseg, noverlap, nfft, detrend, return_onesided, scaling,
                       nan_policy)  # fmt: skip
                cache.put(key, (f.copy(), times.copy(), plan), plan)
    else:
        plan = segment_plan(_native.SpectraPlan, data, at, rate_, trend, scaling, "mean", onesided, "propagate")
        out = both_sides(plan.complex(data, threads), at.nfft, onesided, data)
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


__all__ = ["spectrogram"]

"""`scipy.signal.stft`, `istft`, `check_COLA` and `check_NOLA`: the same arguments, values and warnings."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from . import _native
from ._arrays import CODES, as_array, normalize_axis, numeric, rows
from ._cache import cache
from ._checks import integer, real, shown
from ._layout import MOST, detrending, layout, rate
from ._memory import room
from ._public import public
from ._short_time import _CHUNK
from ._warnings import warn
from ._windows import given, weights


def _plan(code: str, window: np.ndarray, hop: int, nfft: int, sides: str, detrend: str = "none", dual: bool = False) -> Any:
    window = np.ascontiguousarray(window, dtype=np.complex128)
    key = "stft", code, window.tobytes() if len(window) <= 4096 else None, hop, nfft, sides, detrend, dual
    try:
        if key[2] is not None:
            return cache[key]
    except KeyError:
        pass
    plan = _native.ShortTimePlan(code, window, hop, nfft, sides, 1.0, None, "zeros", detrend, window if dual else None)
    if key[2] is not None:
        cache.put(key, plan, plan)
    return plan


def _extended(x: np.ndarray, n: int, boundary: str) -> np.ndarray:
    """`x` with `n` more samples at both ends of its last axis."""
    if n < 1:
        return x
    if boundary == "constant":
        return np.concatenate((np.repeat(x[..., :1], n, -1), x, np.repeat(x[..., -1:], n, -1)), axis=-1)
    if n > x.shape[-1] - 1:
        raise ValueError(f"boundary: an extension of {n} samples needs more than {x.shape[-1]}")
    left, right = x[..., n:0:-1], x[..., -2 : -(n + 2) : -1]
    if boundary == "odd":
        left, right = 2 * x[..., :1] - left, 2 * x[..., -1:] - right
    return np.concatenate((left, x, right), axis=-1)


@public("x")
def stft(
    x: Any,
    fs: float = 1.0,
    window: Any = "hann_periodic",
    nperseg: int | None = 256,
    noverlap: int | None = None,
    nfft: int | None = None,
    detrend: Any = False,
    return_onesided: bool = True,
    boundary: Literal["even", "odd", "constant", "zeros"] | None = "zeros",
    padded: bool = True,
    axis: int = -1,
    scaling: Literal["spectrum", "psd"] = "spectrum",
    *,
    threads: int | None = None,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Short-time Fourier transform, as `scipy.signal.stft` (SciPy's newer interface is `ShortTimeFFT`).

    Parameters
    ----------
    x : samples, real or complex, of any shape.
    fs, window, nperseg, noverlap, nfft, detrend, return_onesided, axis : as in `welch`; nothing is detrended by default.
    boundary : how the signal is extended by half a segment at both ends, or None.
    padded : whether zeros fill a last segment.
    scaling : ``"spectrum"`` or ``"psd"``: what the squared magnitudes are.
    threads : as in `welch`.

    Returns
    -------
    f : frequencies `[bins]`.
    t : times of the segments' middles.
    Zxx : complex; `axis` has the bins and a last axis the segments. float32 gives complex64.
    """
    if scaling not in ("spectrum", "psd"):
        raise ValueError(f"scaling: {shown(scaling)} is none of 'spectrum', 'psd'")
    if boundary not in ("even", "odd", "constant", "zeros", None):
        raise ValueError(f"boundary: {shown(boundary)} is none of 'even', 'odd', 'constant', 'zeros', None")
    x, dtype = numeric(x)
    if x.size == 0:
        return np.empty(x.shape), np.empty(x.shape), np.empty(x.shape)
    axis = normalize_axis(axis, x.ndim)
    n = x.shape[axis]
    at = layout(n, window, nperseg, noverlap, nfft, short="spectrogram")
    fs = rate(fs)
    trend, function = detrending(detrend)
    onesided = bool(return_onesided)
    if onesided and x.dtype.kind == "c":
        warn("Input data is complex, switching to return_onesided=False")
        onesided = False
    data = rows(x, axis)
    room("nfft", at.nfft, at.nfft * ((n + at.nperseg) // at.hop + 1) * (data.size // n), 16)
    half = 0
    if boundary is not None:
        half = at.nperseg // 2
        if boundary != "zeros":
            data = rows(_extended(data, half, boundary), data.ndim - 1)
    # Zeros before and after need no copy: segments see them beyond the ends.
    before = half if boundary == "zeros" else 0
    length = n + 2 * half
    if padded:
        length += -(length - at.nperseg) % at.hop % at.nperseg
    count = (length - at.nperseg) // at.hop + 1
    sides = "onesided" if onesided else "twosided"
    code = CODES[data.dtype]
    middle = at.nperseg // 2
    if function is None:
        plan = _plan(code, at.weights, at.hop, at.nfft, sides, trend)
        spectra = plan.forward(data, 0, count, middle - before, (0, data.shape[-1]), threads)
    else:
        pad = [(0, 0)] * (data.ndim - 1) + [(before, max(length - before - data.shape[-1], 0))]
        segments = np.lib.stride_tricks.sliding_window_view(np.pad(data, pad), at.nperseg, axis=-1)[..., :: at.hop, :]
        moved = np.moveaxis(segments, -1, axis) if axis != x.ndim - 1 else segments
        done = np.asarray(function(moved))
        done = np.moveaxis(done, axis, -1) if axis != x.ndim - 1 else done
        if done.shape != segments.shape or done.dtype.kind not in "fc":
            raise ValueError(f"detrend: returned shape {done.shape} and dtype {done.dtype}, expected {segments.shape}")
        kind = np.result_type(done.dtype, np.float32)
        if kind not in CODES or (onesided and kind.kind == "c"):
            raise ValueError(f"detrend: returned dtype {done.dtype}")
        plan = _plan(CODES[kind], at.weights, at.hop, at.nfft, sides)
        spectra = plan.forward(np.ascontiguousarray(done, kind), 0, 1, middle, (0, at.nperseg), threads)[..., 0, :]
    scale = 1 / (fs * np.sum(at.weights**2)) if scaling == "psd" else 1 / np.sum(at.weights) ** 2
    spectra *= spectra.real.dtype.type(np.sqrt(scale))
    result = np.result_type(dtype, np.complex64)
    f = np.fft.rfftfreq(at.nfft, 1 / fs) if onesided else np.fft.fftfreq(at.nfft, 1 / fs)
    t = np.arange(at.nperseg / 2, length - at.nperseg / 2 + 1, at.hop) / fs
    if boundary is not None:
        t -= (at.nperseg / 2) / fs
    return f, t, np.moveaxis(np.swapaxes(spectra.astype(result, copy=False), -1, -2), -2, axis)


@public("Zxx")
def istft(
    Zxx: Any,
    fs: float = 1.0,
    window: Any = "hann_periodic",
    nperseg: int | None = None,
    noverlap: int | None = None,
    nfft: int | None = None,
    input_onesided: bool = True,
    boundary: bool = True,
    time_axis: int = -1,
    freq_axis: int = -2,
    scaling: Literal["spectrum", "psd"] = "spectrum",
    *,
    threads: int | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """The signal of a short-time Fourier transform, as `scipy.signal.istft`.

    Parameters
    ----------
    Zxx : spectra, at least 2-D, as `stft` returns them.
    fs, window, nperseg, noverlap, nfft, scaling : those of the `stft`.
    input_onesided : whether `Zxx` has the non-negative frequencies alone.
    boundary : whether the signal was extended by half a segment at both ends.
    time_axis, freq_axis : axes of the segments and of the bins.
    threads : as in `welch`.

    Returns
    -------
    t : times of the samples.
    x : the signal, real where `input_onesided`; `time_axis` has the samples. complex64 gives float32.
    """
    Z = as_array(Zxx, "Zxx")
    if Z.dtype.kind not in "biufc":
        raise TypeError(f"Zxx: dtype {Z.dtype} is not a number")
    if Z.ndim < 2:
        raise ValueError(f"Zxx: must be at least 2-D, got {Z.ndim} dimensions")
    f_at, t_at = normalize_axis(freq_axis, Z.ndim, "Zxx"), normalize_axis(time_axis, Z.ndim, "Zxx")
    if f_at == t_at:
        raise ValueError(f"freq_axis: {freq_axis} and time_axis={time_axis} are the same axis")
    if scaling not in ("spectrum", "psd"):
        raise ValueError(f"scaling: {shown(scaling)} is none of 'spectrum', 'psd'")
    segments, bins = Z.shape[t_at], Z.shape[f_at]
    default = 2 * (bins - 1) if input_onesided else bins
    nperseg = default if nperseg is None else integer(nperseg, "nperseg", None, MOST)
    room("nperseg", nperseg, nperseg)
    if nperseg < 1:
        raise ValueError(f"nperseg: {nperseg} is not a positive integer")
    if nfft is None:
        nfft = nperseg if input_onesided and nperseg == default + 1 else default
    else:
        nfft = integer(nfft, "nfft", None, MOST)
        room("nfft", nfft, nfft * segments, 32)
        if nfft < nperseg:
            raise ValueError(f"nfft: {nfft} must be greater than or equal to nperseg, {nperseg}")
    noverlap = nperseg // 2 if noverlap is None else integer(noverlap, "noverlap", -MOST)
    if noverlap >= nperseg:
        raise ValueError(f"noverlap: {noverlap} must be less than nperseg, {nperseg}")
    hop = nperseg - noverlap
    room("noverlap", noverlap, nperseg + segments * hop, 32)
    if isinstance(window, (str, tuple)):
        win = weights(window, nperseg)[0]
    else:
        win = given(window)
        if len(win) != nperseg:
            raise ValueError(f"window: has {len(win)} weights, expected {nperseg}")
    single = Z.dtype in (np.complex64, np.float32)
    data = np.moveaxis(Z, (t_at, f_at), (-2, -1))
    # As numpy.fft: missing bins are 0, further ones do not count.
    needed = nfft // 2 + 1 if input_onesided else nfft
    if bins < needed:
        data = np.concatenate((data, np.zeros(data.shape[:-1] + (needed - bins,), data.dtype)), axis=-1)
    data = np.ascontiguousarray(data[..., :needed], dtype=np.complex64 if single else np.complex128)
    code = ("f32" if single else "f64") if input_onesided else ("c32" if single else "c64")
    sides = "onesided" if input_onesided else "twosided"
    n = nperseg + (segments - 1) * hop
    cut = nperseg // 2 if boundary else 0
    begin, end = cut, n - cut if cut else n
    if boundary and cut == 0:
        end = 0  # As SciPy slices: [0:-0].
    norm = np.zeros(n)
    square = win**2
    for segment in range(segments):
        norm[segment * hop : segment * hop + nperseg] += square
    norm = norm[begin:end]
    if not (norm > 1e-10).all():
        warn(
            "NOLA condition failed, STFT may not be invertible." + ("" if boundary else " Possibly due to missing boundary")
        )
    length = max(end - begin, 0)
    if length == 0 or data.size == 0:
        x = np.zeros(data.shape[:-2] + (length,), CODE_TYPES[code])
    else:
        # Slice p of the plan begins at p·hop − nperseg//2: segment 0 is the plan's first one.
        plan = _plan(code, win, hop, nfft, sides, dual=True)
        first = plan.p_min * hop - nperseg // 2
        chunk = length if length <= 2 * _CHUNK else max(_CHUNK, 16 * nperseg)
        x = plan.inverse(data, first + begin, -(-length // chunk), chunk, threads)[..., :length]
        scale = win.sum() if scaling == "spectrum" else np.sqrt(real(fs, "fs") * sum(win**2))
        x = x * (scale / np.where(norm > 1e-10, norm, 1.0)).astype(x.real.dtype)
    if x.ndim > 1 and t_at != Z.ndim - 1:
        x = np.moveaxis(x, -1, t_at - 1 if f_at < t_at else t_at)
    return np.arange(x.shape[0]) / real(fs, "fs"), x


#: Types of the samples by the plans' codes.
CODE_TYPES = {code: dtype for dtype, code in CODES.items()}


def _overlap(window: Any, nperseg: Any, noverlap: Any) -> tuple[np.ndarray, int]:
    nperseg = integer(nperseg, "nperseg", None, MOST)
    if nperseg < 1:
        raise ValueError(f"nperseg: {nperseg} is not a positive integer")
    room("nperseg", nperseg, nperseg, 64)
    if real(noverlap, "noverlap") >= nperseg:
        raise ValueError(f"noverlap: {noverlap} must be less than nperseg, {nperseg}")
    noverlap = integer(noverlap, "noverlap")
    if noverlap < 0:
        raise ValueError(f"noverlap: must not be negative, got {noverlap}")
    win = weights(window, nperseg)[0] if isinstance(window, (str, tuple)) else given(window)
    if len(win) != nperseg:
        raise ValueError(f"window: has {len(win)} weights, expected nperseg={nperseg}")
    return np.ascontiguousarray(win), nperseg - noverlap


@public()
def check_COLA(window: Any, nperseg: int, noverlap: int, tol: float = 1e-10) -> bool:
    """Return whether overlapping windows add up to a constant, as `scipy.signal.check_COLA`.

    Parameters
    ----------
    window : a name, a tuple of a name and parameters, or `nperseg` weights.
    nperseg : samples per segment.
    noverlap : samples that neighbouring segments share.
    tol : largest deviation from the median of the sums.
    """
    win, hop = _overlap(window, nperseg, noverlap)
    return _native.check_cola(win, hop, real(tol, "tol"))


@public()
def check_NOLA(window: Any, nperseg: int, noverlap: int, tol: float = 1e-10) -> bool:
    """Return whether every sample has weight in some segment, so that `istft` is possible, as `scipy.signal.check_NOLA`.

    Parameters
    ----------
    window, nperseg, noverlap : as in `check_COLA`.
    tol : smallest sum of squared weights that counts as weight.
    """
    win, hop = _overlap(window, nperseg, noverlap)
    return _native.check_nola(win, hop, real(tol, "tol"))


__all__ = ["check_COLA", "check_NOLA", "istft", "stft"]

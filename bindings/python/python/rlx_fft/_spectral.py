"""`scipy.signal`'s spectral estimates: the same names, arguments, defaults, shapes and errors."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any, Literal

import numpy as np

from . import _native
from ._arrays import CODES, as_array, normalize_axis, numeric, rows
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

from ._resident import estimate, is_resident, on_host

Detrend = str | bool | Callable[[np.ndarray], np.ndarray] | None
Scaling = Literal["density", "spectrum", "raw"]

#: Plans by the arguments of the call: what a second call with the same arguments reuses.
_plans: dict[tuple, tuple[np.ndarray, Any]] = {}
_MOST_PLANS = 256


def _remember(key: tuple, value: tuple[np.ndarray, Any]) -> None:
    if len(_plans) >= _MOST_PLANS:
        _plans.clear()
    try:
        _plans[key] = value
    except TypeError:
        pass  # An array of weights or the like has no hash.


def _plan(
    make: Callable[[str, _native.Segments], Any], x: np.ndarray, at: Layout, fs: float, trend: str, scaling: str,
    average: str, onesided: bool, policy: str,
) -> Any:  # fmt: skip
    """The native plan of these segments; kept where a name tells the window."""
    rest = fs, trend, scaling, average, "one" if onesided else "two", policy
    key = (make, x.dtype, at.name, at.nperseg, at.hop, at.nfft, *rest)
    if at.name is not None and key in _plans:
        return _plans[key][1]
    plan = make(CODES[x.dtype], at.native(*rest))
    if at.name is not None:
        _remember(key, (at.weights, plan))
    return plan


def welch(
    x: Any,
    fs: float = 1.0,
    window: Any = "hann_periodic",
    nperseg: int | None = None,
    noverlap: int | None = None,
    nfft: int | None = None,
    detrend: Detrend = "constant",
    return_onesided: bool = True,
    scaling: Scaling = "density",
    axis: int = -1,
    average: Literal["mean", "median", "max", "min"] = "mean",
    *,
    device: str | None = None,
    threads: int | None = None,
    nan_policy: str = "propagate",
    stream: Any = None,
) -> tuple[np.ndarray, Any]:
    """Power spectral density by Welch's method, as `scipy.signal.welch`.

    Beyond SciPy: `average` may be ``"max"`` or ``"min"`` (max-hold, min-hold), `scaling` ``"raw"`` (one-sided |X|²),
    and

    device : ``None`` or ``"cpu"``; a name of `devices` (float32 and complex64 samples go there; what it lacks the CPU
        answers, which is said to `logging`); ``"auto"``, the cheapest predicted.
    threads : threads that share the rows, or a long signal; 0 is all cores, 1 the calling one; ``None`` is what
        `set_num_threads` said.
    nan_policy : ``"propagate"`` (SciPy's behaviour), ``"raise"``, ``"omit"`` (leave out segments with a NaN or an
        infinity) or ``"interpolate[:MAX_GAP]"`` (draw lines over short gaps, omit the rest).

    stream : of CUDA tensors, see below.

    A CUDA tensor (torch, CuPy, whatever has DLPack) is read and answered on its device, without a copy: ``Pxx`` is then a
    `DeviceArray` (``torch.from_dlpack(Pxx)``). With a `stream` (a stream or its handle) the work is queued there and not
    waited for; without one the call returns when the result is there.

    float32 stays float32, integers are computed in float64. Results of float32 agree with those of the same samples in
    float64 within 4·ε·log2(nfft) relative L2.

    Returns
    -------
    f : frequencies, as SciPy's.
    Pxx : the spectrum; the axis has the bins.

    >>> import numpy as np, rlx_fft
    >>> x = np.sin(2 * np.pi * 100 * np.arange(4096) / 1000)
    >>> f, pxx = rlx_fft.welch(x, fs=1000, nperseg=500)
    >>> float(f[pxx.argmax()])
    100.0
    """
    if type(x) is np.ndarray and axis == -1 and stream is None:
        try:
            f, plan = _plans[
                "welch", x.dtype, x.shape[-1], fs, window, nperseg, noverlap, nfft, detrend, return_onesided, scaling,
                average, device, nan_policy,
            ]  # fmt: skip
        except (KeyError, TypeError, IndexError):
            pass
        else:
            if x.size and x.flags.c_contiguous and x.flags.aligned:
                return f.copy(), plan(x, threads)
    return _welch(
        x, fs, window, nperseg, noverlap, nfft, detrend, return_onesided, scaling, axis, average, device, threads,
        nan_policy, 3, stream,
    )  # fmt: skip


def _welch(
    x: Any, fs: Any, window: Any, nperseg: Any, noverlap: Any, nfft: Any, detrend: Any, return_onesided: Any,
    scaling: Any, axis: Any, average: Any, device: Any, threads: Any, nan_policy: Any, stacklevel: int = 3,
    stream: Any = None, function_name: str = "welch",
) -> tuple[np.ndarray, Any]:  # fmt: skip
    if is_resident(x):
        return estimate(
            "psd", x, fs, window, nperseg, noverlap, nfft, detrend, return_onesided, scaling, axis, average, device,
            nan_policy, stream,
        )[::3]  # fmt: skip
    on_host(stream)
    given = x
    x, dtype = numeric(x)
    if x.size == 0:
        return np.empty(x.shape), np.empty(x.shape)
    axis = normalize_axis(axis, x.ndim)
    n = x.shape[axis]
    at = layout(n, window, nperseg, noverlap, nfft, stacklevel=stacklevel)
    rate_ = rate(fs)
    trend, function = detrending(detrend)
    onesided = bool(return_onesided) and x.dtype.kind != "c"
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
        at = Layout(at.weights, at.name, at.nperseg, 0, at.nfft, at.shrunk)
    if at.nfft == 1:
        psd = _one_point(data, at, rate_, trend, scaling, average)
    else:
        plan = _plan(_native.WelchPlan, data, at, rate_, trend, scaling, average, onesided, policy)
        psd = plan(data, threads)
        if function is None and not at.shrunk and x is given and x.dtype in CODES and device in (None, "cpu"):
            _remember(
                ("welch", x.dtype, n, fs, window, nperseg, noverlap, nfft, detrend, return_onesided, scaling, average,
                 device, nan_policy),
                (f, plan),
            )  # fmt: skip
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


def periodogram(
    x: Any,
    fs: float = 1.0,
    window: Any = "boxcar",
    nfft: int | None = None,
    detrend: Detrend = "constant",
    return_onesided: bool = True,
    scaling: Scaling = "density",
    axis: int = -1,
    *,
    device: str | None = None,
    threads: int | None = None,
    nan_policy: str = "propagate",
    stream: Any = None,
) -> tuple[np.ndarray, Any]:
    """Periodogram of the whole signal, as `scipy.signal.periodogram`; the keywords are those of `welch`."""
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
        nfft = int(nfft)
        if nfft < 1:
            raise ValueError(f"nfft: {nfft} is not a positive integer")
        if nfft < n:
            if resident:
                raise ValueError(f"nfft: {nfft} is less than the {n} samples of a CUDA tensor, which is not copied")
            x = x[(slice(None),) * axis + (slice(nfft),)]
            nperseg, nfft = nfft, None
    if not isinstance(window, (str, tuple)) and len(np.asarray(window)) != nperseg:
        raise ValueError(f"window: has {len(np.asarray(window))} weights, the signal {nperseg} samples")
    return _welch(
        x, fs, window, nperseg, 0, nfft, detrend, return_onesided, scaling, axis, "mean", device, threads, nan_policy,
        3, stream, "periodogram",
    )  # fmt: skip


def csd(
    x: Any,
    y: Any,
    fs: float = 1.0,
    window: Any = "hann_periodic",
    nperseg: int | None = None,
    noverlap: int | None = None,
    nfft: int | None = None,
    detrend: Detrend = "constant",
    return_onesided: bool = True,
    scaling: Scaling = "density",
    axis: int = -1,
    average: Literal["mean", "median"] = "mean",
    *,
    device: str | None = None,
    threads: int | None = None,
    nan_policy: str = "propagate",
) -> tuple[np.ndarray, np.ndarray]:
    """Cross spectral density conj(X)·Y, as `scipy.signal.csd`; the keywords are those of `welch`.

    No device has cross spectra: whichever is named, the CPU answers. The other axes broadcast; the shorter signal is padded with zeros.
    """
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


def coherence(
    x: Any,
    y: Any,
    fs: float = 1.0,
    window: Any = "hann_periodic",
    nperseg: int | None = None,
    noverlap: int | None = None,
    nfft: int | None = None,
    detrend: Detrend = "constant",
    axis: int = -1,
    *,
    device: str | None = None,
    threads: int | None = None,
    nan_policy: str = "propagate",
) -> tuple[np.ndarray, np.ndarray]:
    """Magnitude-squared coherence |Pxy|²/(Pxx·Pyy), as `scipy.signal.coherence`; the keywords are those of `welch`.

    Where a power is 0 the coherence is NaN.
    """
    return _cross(
        x, y, fs, window, nperseg, noverlap, nfft, detrend, True, "density", axis, "mean", device, threads,
        nan_policy, "coherence",
    )  # fmt: skip


def _cross(
    x: Any, y: Any, fs: Any, window: Any, nperseg: Any, noverlap: Any, nfft: Any, detrend: Any, return_onesided: Any,
    scaling: Any, axis: Any, average: Any, device: Any, threads: Any, nan_policy: Any, what: str,
) -> tuple[np.ndarray, np.ndarray]:  # fmt: skip
    on_cpu(device, what)
    x, x_type = numeric(x)
    y, y_type = numeric(y, "y")
    result = np.result_type(x_type, y_type)
    xa, ya = normalize_axis(axis, x.ndim), normalize_axis(axis, y.ndim, "y")
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
    at = layout(n, window, nperseg, noverlap, nfft, stacklevel=3)
    rate_ = rate(fs)
    trend, function = detrending(detrend)
    scalings(scaling)
    averages(average, ("mean", "median"))
    policy = nan_policies(nan_policy)
    is_complex = x.dtype.kind == "c" or y.dtype.kind == "c"
    if y.dtype.kind == "c" and x.dtype.kind != "c" and return_onesided and what == "csd":
        raise ValueError("return_onesided: y is complex, so its spectrum is two-sided; pass return_onesided=False")
    onesided = bool(return_onesided) and not is_complex
    work = np.result_type(x.dtype, y.dtype)
    f = frequencies(at.nfft, rate_, onesided)
    px, py = (_prepared(v, n, work, outer, function, at) for v in (x, y))
    if function is not None:
        work = np.result_type(px.dtype, py.dtype)
        px, py = px.astype(work, copy=False), py.astype(work, copy=False)
        at = Layout(at.weights, at.name, at.nperseg, 0, at.nfft, at.shrunk)
    if at.nfft == 1:
        out = _one_point_cross(px, py, at, rate_, trend, scaling, average, what)
    else:
        plan = _plan(_native.CsdPlan, px, at, rate_, trend, scaling, average, onesided, policy)
        if what == "csd":
            out = plan.csd(px, py, threads)
        elif lengths[0] == lengths[1]:
            out = plan.coherence(px, py, threads)
        else:
            # SciPy takes the powers of the signals as they are, and only the cross spectrum of padded ones.
            args = (fs, window, None if not isinstance(window, (str, tuple)) else at.nperseg, noverlap, nfft, detrend)
            powers = [
                _welch(v, *args, True, "density", -1, "mean", None, threads, nan_policy, 4)[1] for v in (x, y)
            ]
            out = np.abs(plan.csd(px, py, threads)) ** 2 / powers[0] / powers[1]
    if what == "csd":
        result = np.result_type(result, np.complex64)
    return f, np.moveaxis(out.astype(result, copy=False), -1, out_axis)


def _prepared(
    x: np.ndarray, n: int, work: np.dtype, outer: tuple[int, ...], function: Callable | None, at: Layout
) -> np.ndarray:
    """Padded, in one type, detrended by the caller's function, broadcast, contiguous."""
    if x.shape[-1] < n:
        x = np.concatenate((x, np.zeros(x.shape[:-1] + (n - x.shape[-1],), x.dtype)), axis=-1)
    if function is not None:
        x = detrended(x, function, at.nperseg, at.hop)
    else:
        x = x.astype(work, copy=False)
    return rows(np.broadcast_to(x, outer + x.shape[-1:]), len(outer))


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


def spectrogram(
    x: Any,
    fs: float = 1.0,
    window: Any = ("tukey_periodic", 0.25),
    nperseg: int | None = None,
    noverlap: int | None = None,
    nfft: int | None = None,
    detrend: Detrend = "constant",
    return_onesided: bool = True,
    scaling: Scaling = "density",
    axis: int = -1,
    mode: Literal["psd", "complex", "magnitude", "angle", "phase"] = "psd",
    *,
    device: str | None = None,
    threads: int | None = None,
    nan_policy: Literal["propagate", "raise"] = "propagate",
    stream: Any = None,
) -> tuple[np.ndarray, np.ndarray, Any]:
    """Spectra of consecutive segments, as `scipy.signal.spectrogram`.

    Returns frequencies, times of the segments' middles, and the spectra with an axis of time at the end. The keywords
    are those of `welch`; a NaN spreads over its column. Devices have ``mode="psd"``.
    """
    modes = ("psd", "complex", "magnitude", "angle", "phase")
    if mode not in modes:
        raise ValueError(f"mode: {mode!r} is none of {', '.join(map(repr, modes))}")
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
    at = layout(n, window, nperseg, noverlap, nfft, overlap_share=8, stacklevel=2)
    rate_ = rate(fs)
    trend, function = detrending(detrend)
    scalings(scaling)
    onesided = bool(return_onesided)
    if onesided and x.dtype.kind == "c":
        warnings.warn("Input data is complex, switching to return_onesided=False", UserWarning, stacklevel=2)
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
        at = Layout(at.weights, at.name, at.nperseg, 0, at.nfft, at.shrunk)
    f = frequencies(at.nfft, rate_, onesided)
    if at.nfft == 1:
        raise ValueError("nperseg: a spectrogram of segments of one sample")
    plan = _plan(_native.SpectraPlan, data, at, rate_, trend, scaling, "mean", onesided, "propagate")
    if mode == "psd":
        out = _both_sides(plan.powers(data, threads), at.nfft, onesided, data)
    else:
        out = _both_sides(plan.complex(data, threads), at.nfft, onesided, data)
        weights = at.weights
        scale = {"density": 1 / (rate_ * np.sum(weights**2)), "spectrum": 1 / np.sum(weights) ** 2, "raw": 1.0}[scaling]
        out *= np.sqrt(scale).astype(out.real.dtype)
        if mode == "magnitude":
            out = np.abs(out)
        elif mode != "complex":
            out = np.angle(out)
    if mode == "complex":
        dtype = np.result_type(dtype, np.complex64)
    out = np.moveaxis(out.astype(dtype, copy=False), -1, axis)
    if mode == "phase":
        out = np.unwrap(out, axis=axis)
    return f, times, out


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

"""Multitaper spectra with MNE's numbers, band powers, cross spectra of all pairs of channels."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from . import _native
from ._arrays import CODES, normalize_axis, numeric, rows
from ._cache import cache
from ._checks import flag, integer, real, shown
from ._devices import on_cpu
from ._public import public
from ._cross import csd
from ._welch import welch
from ._warnings import warn


@public("x")
def multitaper(
    x: Any,
    sfreq: float = 1.0,
    fmin: float = 0.0,
    fmax: float = np.inf,
    bandwidth: float | None = None,
    adaptive: bool = False,
    low_bias: bool = True,
    normalization: Literal["full", "length"] = "full",
    remove_dc: bool = True,
    *,
    max_iter: int = 150,
    confidence: float | None = None,
    axis: int = -1,
    threads: int | None = None,
) -> tuple[np.ndarray, ...]:
    """Power spectral density by the multitaper method (Thomson 1982), with the numbers of `mne.time_frequency.psd_array_multitaper`.

    Parameters
    ----------
    x : samples, real, of any shape.
    sfreq : sampling frequency (Hz).
    fmin, fmax : lowest and highest frequency of the result, both included.
    bandwidth : width of the smoothing in Hz, both sides together; None is eight bins.
    adaptive : weights per frequency that leave out tapers that leak, instead of the tapers' concentrations; needs three tapers.
    low_bias : leave out tapers with less than 0.9 of their energy in the bandwidth.
    normalization : ``"full"``: unit²/Hz, as `welch`; ``"length"``: that times `sfreq` (MNE's default, not ours).
    remove_dc : subtract each row's mean.
    max_iter : most steps for the adaptive weights. They are solved for to rounding; MNE stops at a change of 1e-5.
    confidence : probability, such as 0.95, for an interval by the jackknife (Thomson and Chave 1991); needs two tapers.
    axis : along which the samples follow each other; the result has the frequencies there.
    threads : as in `welch`.

    Returns
    -------
    f : frequencies `[bins]`. MNE returns them last.
    Pxx : the spectrum; float32 for float32 and shorter floats, else float64.
    interval : with `confidence` alone: lower and upper limits `[2, …]` of `Pxx`.

    >>> import numpy as np, rlx_fft
    >>> x = np.sin(2 * np.pi * 20 * np.arange(1000) / 200)
    >>> f, pxx = rlx_fft.multitaper(x, 200.0, fmax=40.0)
    >>> float(f[pxx.argmax()]), pxx.shape
    (20.0, (201,))
    """
    x, _ = numeric(x)
    if x.dtype.kind == "c":
        raise TypeError("x: complex samples have no multitaper spectrum")
    if x.ndim == 0:
        raise ValueError("x: needs at least one dimension")
    axis = normalize_axis(axis, x.ndim)
    if normalization not in ("full", "length"):
        raise ValueError(f"normalization: {shown(normalization)} is none of 'full', 'length'")
    if not real(fmax, "fmax") >= max(real(fmin, "fmin"), 0.0):
        raise ValueError(f"fmax: must be at least 0 and fmin={fmin}, got {fmax}")
    wanted = flag(adaptive, "adaptive")
    key = (
        "multitaper", x.dtype, x.shape[axis], real(sfreq, "sfreq"), None if bandwidth is None else real(bandwidth, "bandwidth"),
        wanted, flag(low_bias, "low_bias"), normalization, flag(remove_dc, "remove_dc"), real(fmin, "fmin"), real(fmax, "fmax"),
        integer(max_iter, "max_iter", 1, 1 << 32), None if confidence is None else real(confidence, "confidence"),
    )  # fmt: skip
    try:
        plan = cache[key]
    except KeyError:
        _, _, n, fs, width, _, low, norm, centred, first, last, most, level = key
        try:
            plan = _native.MultitaperPlan(CODES[x.dtype], fs, n, width, wanted, low, norm, centred, (first, last), most, level)
        except ValueError as error:
            if bandwidth is None and str(error).startswith("bandwidth:"):
                raise ValueError(f"x: {n} samples are too few for a bandwidth of eight bins") from error
            raise
        cache.put(key, plan, plan)
    if wanted and not plan.adaptive:
        warn(f"Not adaptively combining the spectral estimators due to a low number of tapers ({plan.tapers} < 3).")
    on_cpu(None, "multitaper")
    data = rows(x, axis)
    values, unsolved = plan(data, threads)
    if unsolved:
        warn("Iterative multi-taper PSD computation did not converge.", RuntimeWarning)
    f = np.array(plan.frequencies())
    if confidence is None:
        return f, np.moveaxis(values, -1, axis)
    psd, factors = np.moveaxis(values[..., 0, :], -1, axis), np.moveaxis(values[..., 1, :], -1, axis)
    return f, psd, np.stack((psd / factors, psd * factors))


@public("x", renamed={"sfreq": "fs"})
def band_power(
    x: Any,
    fs: float,
    bands: Any,
    *,
    method: Literal["welch", "multitaper"] = "welch",
    relative: bool = False,
    axis: int = -1,
    **options: Any,
) -> np.ndarray:
    """Power of signals within bands of frequencies: the sum of the density's bins with low ≤ f ≤ high times their distance.

    Parameters
    ----------
    x : samples, real, of any shape.
    fs : sampling frequency (Hz).
    bands : a pair (low, high) in Hz, or several.
    method : the estimate: `welch` or `multitaper`.
    relative : as a share of the power of all bins.
    axis : of `x` along which the samples follow each other.
    options : further arguments of the estimate (`nperseg`, `bandwidth`, `threads`, …).

    Returns
    -------
    power : unit², `[…]` of one pair, `[…, bands]` of several.

    >>> import numpy as np, rlx_fft
    >>> x = np.sin(2 * np.pi * 10 * np.arange(1000) / 100)
    >>> round(float(rlx_fft.band_power(x, 100.0, (8, 12))), 3)
    0.5
    """
    if method not in ("welch", "multitaper"):
        raise ValueError(f"method: {shown(method)} is none of 'welch', 'multitaper'")
    try:
        limits = np.asarray(bands, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise type(error)(f"bands: {error}") from error
    if limits.shape[-1:] != (2,) or limits.ndim > 2 or not (limits[..., 0] <= limits[..., 1]).all():
        raise ValueError(f"bands: must be a pair (low, high) or several, got {shown(bands)}")
    if method == "welch":
        f, psd = welch(x, fs, axis=axis, **options)
    else:
        f, psd = multitaper(x, fs, axis=axis, **options)[:2]
    psd = np.moveaxis(psd, normalize_axis(axis, psd.ndim), -1).astype(np.float64, copy=False)
    if 0 in np.shape(psd) or 0 in np.shape(f):
        raise ValueError("x: has no samples")
    step = f[1] - f[0] if len(f) > 1 else 0.0
    powers = []
    for low, high in np.atleast_2d(limits):
        inside = (f >= low) & (f <= high)
        if not inside.any():
            raise ValueError(f"bands: no bin lies between {low} and {high}; bins lie {step} apart (fs={shown(fs)})")
        powers.append(psd[..., inside].sum(axis=-1) * step)
    power = np.stack(powers, axis=-1)
    if relative:
        power = power / (psd.sum(axis=-1) * step)[..., np.newaxis]
    return power if limits.ndim == 2 else power[..., 0]


@public("x")
def cross_spectral_matrix(x: Any, fs: float = 1.0, **options: Any) -> tuple[np.ndarray, np.ndarray]:
    """Cross spectral densities of all pairs of channels: `csd` of channels i and j at ``S[..., i, j, :]``.

    Parameters
    ----------
    x : samples `[…, channels, n]`. Each channel's segments are transformed once, not once per pair.
    fs : sampling frequency.
    options : further arguments of `csd` (`nperseg`, `window`, `detrend`, `average`, `threads`, …), but `axis`.

    Returns
    -------
    f : frequencies `[bins]`.
    S : complex `[…, channels, channels, bins]`, Hermitian in the channels; powers on the diagonal.

    >>> import numpy as np, rlx_fft
    >>> f, S = rlx_fft.cross_spectral_matrix(np.random.default_rng(0).normal(size=(3, 1000)))
    >>> S.shape
    (3, 3, 129)
    """
    if "axis" in options:
        raise TypeError("axis: the samples are the last axis, the channels the one before")
    x, _ = numeric(x)
    if x.ndim < 2:
        raise ValueError(f"x: needs channels and samples, got shape {x.shape}")
    if x.ndim > 2 and x.size:
        parts = [cross_spectral_matrix(part, fs, **options) for part in x.reshape(-1, *x.shape[-2:])]
        matrices = np.stack([matrix for _, matrix in parts])
        return parts[0][0], matrices.reshape(x.shape[:-2] + matrices.shape[1:])
    f, matrix = csd(x[..., :, np.newaxis, :], x[..., np.newaxis, :, :], fs, **options)
    matrix = np.asarray(matrix, np.result_type(matrix.dtype, np.complex64))
    diagonal = np.arange(matrix.shape[-3])
    matrix[..., diagonal, diagonal, :] = matrix[..., diagonal, diagonal, :].real
    return f, matrix


__all__ = ["band_power", "cross_spectral_matrix", "multitaper"]

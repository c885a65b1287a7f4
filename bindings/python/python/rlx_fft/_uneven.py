"""`scipy.signal.lombscargle`: spectra of samples at uneven times."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from . import _native
from ._arrays import as_array
from ._checks import flag
from ._public import public


def _line(values: Any, name: str) -> np.ndarray:
    values = as_array(values, name)
    if values.dtype.kind == "c":
        raise TypeError(f"{name}: must be real, got dtype {values.dtype}")
    try:
        values = np.require(values, np.float64, ["C_CONTIGUOUS", "ALIGNED"])
    except (TypeError, ValueError) as error:
        raise type(error)(f"{name}: {error}") from error
    if values.ndim != 1 or values.size == 0:
        raise ValueError(f"{name}: must be a 1-D array of non-zero length, got shape {values.shape}")
    return values


@public("y")
def lombscargle(
    x: Any,
    y: Any,
    freqs: Any,
    precenter: bool = False,
    normalize: bool | Literal["power", "normalize", "amplitude"] = False,
    *,
    weights: Any = None,
    floating_mean: bool = False,
    threads: int | None = None,
) -> np.ndarray:
    """The generalised Lomb–Scargle periodogram, as `scipy.signal.lombscargle` (1.17).

    Parameters
    ----------
    x : times of the samples `[n]`.
    y : samples `[n]`.
    freqs : angular frequencies `[m]`, radians per unit of `x`.
    precenter : subtract the mean of `y` first (SciPy has deprecated it).
    normalize : False or ``"power"`` (unit² · n/4), True or ``"normalize"`` (share of the samples' square or variance, 0 to 1),
        or ``"amplitude"`` (complex amplitudes).
    weights : of the samples, not negative.
    floating_mean : fit a constant together with each sinusoid.
    threads : threads that share the frequencies, as in `welch`.

    Returns
    -------
    pgram : `[m]`, or a number for one frequency, as SciPy squeezes it. SciPy holds n · m sines and cosines at a time, this
        function none; values differ by rounding.
    """
    x, y, freqs = _line(x, "x"), _line(y, "y"), _line(freqs, "freqs")
    if x.shape != y.shape:
        raise ValueError(f"y: has {len(y)} samples, x has {len(x)}")
    if weights is not None:
        weights = _line(weights, "weights")
        if weights.shape != x.shape:
            raise ValueError(f"weights: has {len(weights)} entries, x has {len(x)}")
    if isinstance(normalize, (bool, np.bool_)):
        normalize = "normalize" if normalize else "power"
    if normalize not in ("power", "normalize", "amplitude"):
        raise ValueError(f"normalize: {normalize!r} is none of False, True, 'power', 'normalize', 'amplitude'")
    if flag(precenter, "precenter"):
        y = y - y.mean()
    return np.squeeze(_native.lombscargle(x, y, freqs, weights, flag(floating_mean, "floating_mean"), normalize, threads))


__all__ = ["lombscargle"]

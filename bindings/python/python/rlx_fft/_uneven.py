"""`scipy.signal.lombscargle`: spectra of samples at uneven times."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, Literal, ParamSpec, TypeVar

import numpy as np

from . import _native
from ._arrays import as_array
from ._checks import flag
from ._public import public
from ._warnings import warn

P = ParamSpec("P")
R = TypeVar("R")


def _line(values: Any, name: str) -> np.ndarray:
    values = as_array(values, name)
    if values.dtype.kind == "c":
        warn("Casting complex values to real discards the imaginary part", np.exceptions.ComplexWarning)
        values = values.real
    try:
        values = np.require(values, np.float64, ["C_CONTIGUOUS", "ALIGNED"])
    except (TypeError, ValueError) as error:
        raise type(error)(f"{name}: {error}") from error
    if values.ndim != 1 or values.size == 0:
        raise ValueError(f"{name}: must be a 1-D array of non-zero length, got shape {values.shape}")
    return values


def _named_after(count: int) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Decorates a function whose arguments after the first `count` SciPy wants by name."""

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        @functools.wraps(function)
        def call(*args: P.args, **keywords: P.kwargs) -> R:
            if len(args) > count:
                warn(
                    f"{function.__name__}: please use keyword arguments after the first {count}; SciPy 1.19 refuses others",
                    DeprecationWarning,
                )
            return function(*args, **keywords)

        return call

    return decorate


@_named_after(3)
@public("y")
def lombscargle(
    x: Any,
    y: Any,
    freqs: Any,
    precenter: bool | None = None,
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
    precenter : subtract the mean of `y` first. As SciPy since 1.17, warns that it is deprecated where it is given.
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
    if precenter is not None:
        warn("lombscargle: SciPy 1.19 has no such argument; please leave 'precenter' unspecified", DeprecationWarning)
        if flag(precenter, "precenter"):
            y = y - y.mean()
    return np.squeeze(_native.lombscargle(x, y, freqs, weights, flag(floating_mean, "floating_mean"), normalize, threads))


__all__ = ["lombscargle"]

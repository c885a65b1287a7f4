"""`explain`: which parts of an estimate run where, and why."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np

from ._arrays import numeric
from ._checks import integer
from ._explaining import Answer, Question, question

#: Arguments that are samples.
_SAMPLES = ("x", "y")

#: Work of the host on the result of a plan, by function.
_AFTER: dict[str, tuple[str, ...]] = {
    "mfcc": ("cosine transform: cpu; no device computes it",),
    "band_power": ("sums over bands: cpu; no device computes them",),
}


def _samples(value: Any, name: str, dtype: np.dtype[Any]) -> Any:
    """Samples as they are, or zeros of a shape, without memory for them."""
    if isinstance(value, (int, np.integer)) and not isinstance(value, bool):
        value = (value,)
    if not (isinstance(value, tuple) and value and all(isinstance(n, (int, np.integer)) for n in value)):
        return value
    shape = tuple(integer(n, name, 0) for n in value)
    try:
        return np.broadcast_to(numeric(np.zeros((), dtype))[0], shape)
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from error


def explain(function: str | Callable[..., Any], *args: Any, dtype: Any = np.float32, **options: Any) -> str:
    """Where a call would run, a line per region: its operations, its device and, if the named device does not run it, why.

    The lines are those of the plan that the call would run, and of the program's ``--explain``. Nothing is computed.

    Parameters
    ----------
    function : a function of this package or its name: ``"welch"``, ``"periodogram"``, ``"spectrogram"``, ``"welch_peaks"``,
        ``"melspectrogram"``, … What no device computes is the CPU's. (`AutoWelchPeaks.explain` explains an instance.)
    args, options : its arguments. Samples are arrays, or shapes: ``(64, 4096)`` stands for 64 rows of 4096 samples.
    dtype : type of samples that are given by their shape; devices compute float32 and complex64.

    Returns
    -------
    text : the lines.

    >>> import rlx_fft
    >>> print(rlx_fft.explain("welch", (64, 4096), nperseg=256))
    welch (segment, detrend, window, fft, power, average, psd): cpu
    >>> print(rlx_fft.explain("multitaper", (64, 4096)))
    multitaper: cpu; no device computes it
    """
    import rlx_fft

    name = function if isinstance(function, str) else getattr(function, "__name__", None)
    found = getattr(rlx_fft, name, None) if isinstance(name, str) and name in rlx_fft.__all__ else None
    if not isinstance(name, str) or not inspect.isfunction(found) or name in _UNEXPLAINED:
        known = ", ".join(sorted(n for n in rlx_fft.__all__ if inspect.isfunction(getattr(rlx_fft, n)) and n not in _UNEXPLAINED))
        raise ValueError(f"function: {function!r} is none of {known}")
    try:
        kind = np.dtype(dtype)
    except TypeError as error:
        raise TypeError(f"dtype: {error}") from error
    if kind.kind not in "biufc":
        raise TypeError(f"dtype: {kind} is not a number")
    signature = inspect.signature(found)
    bound = signature.bind(*args, **options)
    for argument in _SAMPLES:
        if argument in bound.arguments:
            bound.arguments[argument] = _samples(bound.arguments[argument], argument, kind)
    if not _may_use_devices(signature, name):
        return f"{name}: cpu; no device computes it"
    asked = Question()
    token = question.set(asked)
    try:
        found(*bound.args, **bound.kwargs)
    except Answer as answer:
        return "\n".join([*answer.lines, *asked.notes, *_AFTER.get(name, ())])
    finally:
        question.reset(token)
    return f"{name}: cpu; there is nothing to compute"


#: Functions that compute no estimate.
_UNEXPLAINED = ("clear_cache", "devices", "explain", "get_num_threads", "load", "patch_scipy", "set_num_threads")

#: Those that pass `device` on to another function.
_PASSING = ("band_power", "cross_spectral_matrix", "mfcc")


def _may_use_devices(signature: inspect.Signature, name: str) -> bool:
    return "device" in signature.parameters or name in _PASSING


__all__ = ["explain"]

"""Transforms of batches, as `numpy.fft` and `scipy.fft`: real and complex, of any length, float32 and float64.

>>> import numpy as np
>>> from rlx_fft import fft
>>> x = np.cos(2 * np.pi * np.arange(8) / 8)
>>> np.round(fft.rfft(x).real, 12) + 0.0
array([0., 4., 0., 0., 0.])
>>> bool(np.allclose(fft.irfft(fft.rfft(x)), x))
True
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from . import _native
from ._arrays import as_array, normalize_axis, rows
from ._cache import cache
from ._checks import integer, workers as _workers
from ._public import public

Norm = Literal["backward", "ortho", "forward"] | None


def _transform(kind: str, x: Any, n: Any, axis: Any, norm: Any, workers: Any, plan: Any, threads: Any) -> np.ndarray:
    if plan is not None:
        raise NotImplementedError("plan: plans of other libraries are not supported")
    x = as_array(x)
    if x.dtype.kind not in "biufcO":
        raise TypeError(f"x: dtype {x.dtype} is not a number")
    if x.ndim == 0:
        raise ValueError("x: needs at least one dimension")
    real_input, real_output = kind == "rfft", kind == "irfft"
    if real_input and x.dtype.kind == "c":
        raise TypeError("x: must be real; complex samples have fft")
    if norm not in (None, "backward", "ortho", "forward"):
        raise ValueError(f"norm: {norm!r} is none of 'backward', 'ortho', 'forward', None")
    at = normalize_axis(axis, x.ndim)
    if n is None:
        n = 2 * (x.shape[at] - 1) if real_output else x.shape[at]
    else:
        n = integer(n, "n")
    if n < 1:
        raise ValueError(f"n: a transform of {n} points")
    single = x.dtype in (np.float16, np.float32, np.complex64)
    if real_input:
        dtype: Any = np.float32 if single else np.float64
    else:
        dtype = np.complex64 if single else np.complex128
    try:
        data = rows(x.astype(dtype, copy=False), at)
    except (TypeError, ValueError) as error:
        raise type(error)(f"x: {error}") from error
    key = "fft", kind, single, n, norm
    try:
        made = cache[key]
    except KeyError:
        made = _native.FftPlan(kind, single, n, norm or "backward")
        cache.put(key, made, made)
    if data.shape[-1] == 0:
        data = np.zeros(data.shape[:-1] + (1,), dtype)
    out = made(data, _workers(threads if threads is not None else workers))
    return out if at == x.ndim - 1 else np.moveaxis(out, -1, at)


@public("x")
def rfft(
    x: Any, n: int | None = None, axis: int = -1, norm: Norm = None, overwrite_x: bool = False,
    workers: int | None = None, *, plan: Any = None, threads: int | None = None,
) -> np.ndarray:  # fmt: skip
    """Bins from 0 Hz to Nyquist of real samples, as `scipy.fft.rfft`.

    Parameters
    ----------
    x : real samples of any shape.
    n : points of the transform; longer rows are cut, shorter ones padded with zeros. The length of `axis` by default.
    axis : along which rows are transformed.
    norm : where the factor 1/n goes: ``"backward"`` (None), ``"ortho"`` or ``"forward"``.
    overwrite_x, plan : for SciPy's signature; `x` is never changed.
    workers, threads : threads that share the rows, as in `rlx_fft.welch`.

    Returns
    -------
    X : complex, `n // 2 + 1` along `axis`; float32 (and float16) gives complex64.
    """
    return _transform("rfft", x, n, axis, norm, workers, plan, threads)


@public("x")
def irfft(
    x: Any, n: int | None = None, axis: int = -1, norm: Norm = None, overwrite_x: bool = False,
    workers: int | None = None, *, plan: Any = None, threads: int | None = None,
) -> np.ndarray:  # fmt: skip
    """Real samples from the bins from 0 Hz to Nyquist, as `scipy.fft.irfft`; the inverse of `rfft`.

    The arguments are those of `rfft`; `n` are the points of the output, ``2 * (m - 1)`` for m bins by default.
    """
    return _transform("irfft", x, n, axis, norm, workers, plan, threads)


@public("x")
def fft(
    x: Any, n: int | None = None, axis: int = -1, norm: Norm = None, overwrite_x: bool = False,
    workers: int | None = None, *, plan: Any = None, threads: int | None = None,
) -> np.ndarray:  # fmt: skip
    """All bins of complex (or real) samples, as `scipy.fft.fft`; the arguments are those of `rfft`."""
    return _transform("fft", x, n, axis, norm, workers, plan, threads)


@public("x")
def ifft(
    x: Any, n: int | None = None, axis: int = -1, norm: Norm = None, overwrite_x: bool = False,
    workers: int | None = None, *, plan: Any = None, threads: int | None = None,
) -> np.ndarray:  # fmt: skip
    """Complex samples from all bins, as `scipy.fft.ifft`: the inverse of `fft`; the arguments are those of `rfft`."""
    return _transform("ifft", x, n, axis, norm, workers, plan, threads)


__all__ = ["fft", "ifft", "irfft", "rfft"]

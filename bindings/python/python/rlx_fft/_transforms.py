"""The functions of `rlx_fft.fft`."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from . import _native
from ._arrays import as_array, normalize_axis, rows
from ._cache import cache
from ._checks import integer, workers as _workers, shown
from ._layout import MOST
from ._memory import room
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
        raise ValueError(f"norm: {shown(norm)} is none of 'backward', 'ortho', 'forward', None")
    at = normalize_axis(axis, x.ndim)
    if n is None and x.shape[at] < (2 if real_output else 1):
        raise ValueError(f"x: {x.shape[at]} values along axis {axis} have no transform")
    if n is None:
        n = 2 * (x.shape[at] - 1) if real_output else x.shape[at]
    else:
        n = integer(n, "n", None, MOST)
    if n < 1:
        raise ValueError(f"n: a transform of {n} points")
    room("n", n, n)
    room("n", n, n * (x.size // max(x.shape[at], 1)), 16)
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
    out = made(data, _workers(threads) if threads is not None else _workers(workers, "workers"))
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

    Parameters
    ----------
    x : complex bins of any shape.
    n : points of the output; ``2 * (m - 1)`` for m bins by default.
    axis, norm, overwrite_x, workers, plan, threads : as in `rfft`.

    Returns
    -------
    x : real, `n` along `axis`; complex64 gives float32.
    """
    return _transform("irfft", x, n, axis, norm, workers, plan, threads)


@public("x")
def fft(
    x: Any, n: int | None = None, axis: int = -1, norm: Norm = None, overwrite_x: bool = False,
    workers: int | None = None, *, plan: Any = None, threads: int | None = None,
) -> np.ndarray:  # fmt: skip
    """All bins of complex (or real) samples, as `scipy.fft.fft`.

    Parameters
    ----------
    x : samples of any shape, complex or real.
    n, axis, norm, overwrite_x, workers, plan, threads : as in `rfft`.

    Returns
    -------
    X : complex, `n` along `axis`; single precision stays single.
    """
    return _transform("fft", x, n, axis, norm, workers, plan, threads)


@public("x")
def ifft(
    x: Any, n: int | None = None, axis: int = -1, norm: Norm = None, overwrite_x: bool = False,
    workers: int | None = None, *, plan: Any = None, threads: int | None = None,
) -> np.ndarray:  # fmt: skip
    """Complex samples from all bins, as `scipy.fft.ifft`: the inverse of `fft`.

    Parameters
    ----------
    x : bins of any shape.
    n, axis, norm, overwrite_x, workers, plan, threads : as in `rfft`.

    Returns
    -------
    x : complex, `n` along `axis`; single precision stays single.
    """
    return _transform("ifft", x, n, axis, norm, workers, plan, threads)


__all__ = ["fft", "ifft", "irfft", "rfft"]

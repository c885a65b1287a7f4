"""`scipy.signal.periodogram`: the estimate of one segment."""

from __future__ import annotations

from typing import Any, SupportsIndex

import numpy as np

from ._arrays import as_array, normalize_axis
from ._cache import cache
from ._checks import integer
from ._public import public
from ._resident import is_resident
from ._segment_plans import Detrend, Scaling, is_plain
from ._welch import estimated_welch
from ._windows import given


@public("x")
def periodogram(
    x: Any,
    fs: float = 1.0,
    window: Any = "boxcar",
    nfft: SupportsIndex | None = None,
    detrend: Detrend = "constant",
    return_onesided: bool = True,
    scaling: Scaling = "density",
    axis: SupportsIndex = -1,
    *,
    device: str | None = None,
    threads: int | None = None,
    nan_policy: str = "propagate",
    stream: Any = None,
) -> tuple[np.ndarray, Any]:
    """Periodogram of the whole signal, as `scipy.signal.periodogram`.

    Parameters
    ----------
    x : samples, real or complex, of any shape.
    window : as in `welch`; weights must be as many as samples. None is ``"boxcar"``.
    nfft : a longer transform pads with zeros, a shorter one takes the leading samples.
    fs, detrend, return_onesided, scaling, axis, device, threads, nan_policy, stream : as in `welch`.

    Returns
    -------
    f : frequencies `[bins]`.
    Pxx : the spectrum `[…, bins]`, unit²/Hz or unit².
    """
    if type(x) is np.ndarray and axis == -1 and stream is None and nfft is None:
        try:
            f, plan = cache[
                "welch", x.dtype, x.shape[-1], fs, window, x.shape[-1], 0, None, detrend, return_onesided, scaling,
                "mean", device, nan_policy,
            ]  # fmt: skip
        except (KeyError, TypeError, IndexError):
            pass
        else:
            if is_plain(x):
                return f.copy(), plan(x, threads)
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
        nfft = integer(nfft, "nfft")
        if nfft < 1:
            raise ValueError(f"nfft: {nfft} is not a positive integer")
        if nfft < n:
            if resident:
                raise ValueError(f"nfft: {nfft} is less than the {n} samples of a CUDA tensor, which is not copied")
            x = x[(slice(None),) * axis + (slice(nfft),)]
            nperseg, nfft = nfft, None
    if not isinstance(window, (str, tuple)):
        window = given(window)
        if len(window) != nperseg:
            raise ValueError(f"window: has {len(window)} weights, the signal {nperseg} samples")
    return estimated_welch(
        x, fs, window, nperseg, 0, nfft, detrend, return_onesided, scaling, axis, "mean", device, threads, nan_policy,
        stream, "periodogram",
    )  # fmt: skip


__all__ = ["periodogram"]

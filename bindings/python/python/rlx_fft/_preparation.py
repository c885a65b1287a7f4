"""`scipy.signal.get_window` and `scipy.signal.detrend`."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from . import _native
from ._arrays import CODES, normalize_axis, numeric, rows
from ._checks import integer, real, shown
from ._layout import MOST
from ._memory import room
from ._public import public
from ._windows import weights


@public()
def get_window(window: Any, Nx: int, fftbins: bool = True) -> np.ndarray:
    """Weights of a window by name, as `scipy.signal.get_window`.

    Parameters
    ----------
    window : a name (``"hann"``), a name and its parameters (``("tukey", 0.25)``), or Kaiser's beta; a suffix
        ``"_periodic"`` or ``"_symmetric"`` overrides `fftbins`.
    Nx : number of weights.
    fftbins : periodic, for spectra; False is symmetric.

    Returns
    -------
    w : weights `[Nx]`, float64. Windows that are not here (chebwin, taylor, …) come from SciPy, if it is installed.

    >>> import rlx_fft
    >>> rlx_fft.get_window("hann", 4)
    array([0. , 0.5, 1. , 0.5])
    """
    if isinstance(Nx, bool) or not isinstance(Nx, (int, np.integer)) or Nx <= 0:
        raise ValueError(f"Nx: must be a positive integer, got {shown(Nx)}")
    integer(Nx, "Nx", 1, MOST)
    room("Nx", Nx, int(Nx), 32)
    if not isinstance(fftbins, (bool, np.bool_)):
        raise ValueError(f"fftbins: must be True or False, got {shown(fftbins)}")
    if not isinstance(window, (str, tuple)):
        try:
            window = ("kaiser", real(window, "window"))
        except (TypeError, ValueError) as error:
            raise ValueError(f"window: must be a name, a tuple or a number, got {shown(window)}") from error
    if isinstance(window, tuple) and (not window or not isinstance(window[0], str)):
        raise ValueError(f"window: {shown(window)} does not start with a window's name")
    name, *parameters = window if isinstance(window, tuple) else (window,)
    if not fftbins and not name.endswith(("_periodic", "_symmetric")):
        name += "_symmetric"
    plain = name.removesuffix("_symmetric").removesuffix("_periodic")
    if plain == "dpss" and len(parameters) == 1 and Nx > 1:
        symmetric = name.endswith("_symmetric")
        return dpss(int(Nx), parameters[0], sym=symmetric)
    return weights((name, *parameters) if parameters else name, int(Nx))[0].copy()


@public()
def dpss(
    M: int,
    NW: float,
    Kmax: int | None = None,
    sym: bool = True,
    norm: Literal[2, "approximate", "subsample"] | None = None,
    return_ratios: bool = False,
) -> Any:
    """Discrete prolate spheroidal sequences (Slepian tapers), as `scipy.signal.windows.dpss`.

    Parameters
    ----------
    M : samples of a taper.
    NW : half the bandwidth in units of ``fs / M``.
    Kmax : number of tapers; None is one, without an axis of tapers.
    sym : symmetric; False is the head of tapers one sample longer.
    norm : 2 (unit energy), ``"approximate"`` or ``"subsample"`` (maximum 1, with two corrections of even lengths); 2 by
        default, and "approximate" for one window.
    return_ratios : whether the share of each taper's energy within the bandwidth is returned too.

    Returns
    -------
    v : tapers `[Kmax, M]` or `[M]`.
    r : shares `[Kmax]`, or a number.
    """
    M = integer(M, "M", 0, MOST)
    NW = real(NW, "NW")
    single = Kmax is None
    count = 1 if single else integer(Kmax, "Kmax", 1, M if M > 1 else None)
    room("M", M, M * max(count, 1), 64)
    if norm is None:
        norm = "approximate" if single else 2
    if norm not in (2, "approximate", "subsample"):
        raise ValueError(f"norm: {shown(norm)} is none of 2, 'approximate', 'subsample'")
    if M <= 1:
        one: Any = 1.0 if single else np.ones(1)
        return (np.ones(M), one) if return_ratios else np.ones(M)
    points = M if sym else M + 1
    flat, shares = _native.dpss(points, NW, count, True)
    tapers = flat.reshape(count, points)
    if norm != 2:
        tapers = tapers / tapers.max()
        if points % 2 == 0:
            if norm == "approximate":
                correction = points**2 / float(points**2 + NW)
            else:
                spectrum = np.fft.rfft(tapers[0])
                shift = -(1 - 1.0 / points) * np.arange(1, points // 2 + 1)
                spectrum[1:] *= 2 * np.exp(-1j * np.pi * shift)
                correction = points / spectrum.real.sum()
            tapers = tapers * correction
    tapers = np.ascontiguousarray(tapers[:, :M])
    if single:
        return (tapers[0], float(shares[0])) if return_ratios else tapers[0]
    return (tapers, shares) if return_ratios else tapers


@public("data")
def detrend(
    data: Any,
    axis: int = -1,
    type: Literal["linear", "constant"] = "linear",
    bp: Any = 0,
    overwrite_data: bool = False,
) -> Any:
    """Removes the mean or a straight line along an axis, as `scipy.signal.detrend`.

    Parameters
    ----------
    data : samples, real or complex, of any shape.
    axis : along which the samples follow each other.
    type : ``"linear"`` (the least-squares line) or ``"constant"`` (the mean).
    bp : samples at which a new line begins, of "linear" alone.
    overwrite_data : accepted and ignored: the input is never changed.

    Returns
    -------
    out : of the shape of `data`; float32 stays float32 (fitted in float64), integers become float64.
    """
    if type not in ("linear", "l", "constant", "c"):
        raise ValueError(f"type: {shown(type)} is none of 'linear', 'constant'")
    x, _ = numeric(data, "data")
    if x.ndim == 0:
        raise ValueError("data: needs at least one dimension")
    axis = normalize_axis(axis, x.ndim, "data")
    n = x.shape[axis]
    try:
        breaks = np.atleast_1d(np.asarray(bp))
    except ValueError as error:
        raise ValueError(f"bp: {error}") from error
    if breaks.dtype.kind not in "iu" or breaks.ndim != 1:
        if not (breaks.dtype.kind == "f" and (breaks == np.floor(breaks)).all()):
            raise TypeError(f"bp: must be integers, got {shown(bp)}")
        breaks = breaks.astype(np.int64)
    if (breaks > n).any() or (breaks < 0).any():
        raise ValueError(f"bp: break points must lie within the {n} samples, got {shown(bp)}")
    if x.size == 0:
        return x.copy()
    kind = "linear" if type in ("linear", "l") else "constant"
    out = _native.detrend_rows(rows(x, axis), CODES[x.dtype], kind, breaks.tolist())
    return out if axis == x.ndim - 1 else np.moveaxis(out, -1, axis)


__all__ = ["detrend", "dpss", "get_window"]

"""Windows by SciPy's names."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from . import _native
from ._arrays import as_array
from ._cache import cache
from ._checks import real, shown

#: Names and short names of `scipy.signal.get_window` that the core has, and what it calls them.
_CORE = {
    "boxcar": "rectangular", "box": "rectangular", "ones": "rectangular", "rect": "rectangular",
    "rectangular": "rectangular",
    "hann": "hann", "hanning": "hann", "han": "hann",
    "hamming": "hamming", "hamm": "hamming", "ham": "hamming",
    "blackman": "blackman", "black": "blackman", "blk": "blackman",
    "blackmanharris": "blackman-harris", "blackharr": "blackman-harris", "bkh": "blackman-harris",
    "flattop": "flat-top", "flat": "flat-top", "flt": "flat-top",
    "povey": "povey",
}  # fmt: skip

#: Those with one parameter.
_CORE_PARAMETER = {
    "kaiser": "kaiser", "ksr": "kaiser",
    "tukey": "tukey", "tuk": "tukey",
    "gaussian": "gaussian", "gauss": "gaussian", "gss": "gaussian",
}  # fmt: skip


def _centred(n: int) -> np.ndarray:
    return np.arange(n) - (n - 1) / 2


def _cosines(n: int, *a: float) -> np.ndarray:
    phase = np.linspace(-np.pi, np.pi, n)
    return np.sum([a_k * np.cos(k * phase) for k, a_k in enumerate(a)], axis=0)


def _bartlett(n: int) -> np.ndarray:
    return 1 - np.abs(_centred(n)) / ((n - 1) / 2)


def _triang(n: int) -> np.ndarray:
    return 1 - np.abs(_centred(n)) / ((n + n % 2) / 2 if n % 2 else n / 2)


def _bohman(n: int) -> np.ndarray:
    fraction = np.abs(np.linspace(-1, 1, n))
    weights = (1 - fraction) * np.cos(np.pi * fraction) + np.sin(np.pi * fraction) / np.pi
    weights[[0, -1]] = 0
    return weights


def _barthann(n: int) -> np.ndarray:
    fraction = np.abs(np.arange(n) / (n - 1) - 0.5)
    return 0.62 - 0.48 * fraction + 0.38 * np.cos(2 * np.pi * fraction)


def _tukey(n: int, alpha: float) -> np.ndarray:
    if alpha <= 0:
        return np.ones(n)
    if alpha >= 1:
        return _cosines(n, 0.5, 0.5)
    i = np.arange(n, dtype=np.float64)
    width = int(math.floor(alpha * (n - 1) / 2.0))
    rise = 0.5 * (1 + np.cos(np.pi * (-1 + 2.0 * i[: width + 1] / alpha / (n - 1))))
    fall = 0.5 * (1 + np.cos(np.pi * (-2.0 / alpha + 1 + 2.0 * i[n - width - 1 :] / alpha / (n - 1))))
    return np.concatenate((rise, np.ones(max(n - 2 * width - 2, 0)), fall))


def _gaussian(n: int, std: float) -> np.ndarray:
    return np.exp(-(_centred(n) ** 2) / (2 * std * std))


#: The core's windows in NumPy, where that gives SciPy's weights to the last bit.
_EXACT: dict[str, Any] = {
    "rectangular": np.ones,
    "hann": lambda n: _cosines(n, 0.5, 0.5),
    "hamming": lambda n: _cosines(n, 0.54, 1 - 0.54),
    "blackman": lambda n: _cosines(n, 0.42, 0.50, 0.08),
    "blackman-harris": lambda n: _cosines(n, 0.35875, 0.48829, 0.14128, 0.01168),
    "flat-top": lambda n: _cosines(n, 0.21557895, 0.41663158, 0.277263158, 0.083578947, 0.006947368),
    "tukey": _tukey,
    "gaussian": _gaussian,
}

#: Symmetric windows of n ≥ 2 points, by name, with their parameters.
_HERE: dict[str, Any] = {
    "bartlett": _bartlett,
    "triangle": _triang,
    "triang": _triang,
    "bohman": _bohman,
    "barthann": _barthann,
    "cosine": lambda n: np.sin(np.pi / n * (np.arange(n) + 0.5)),
    "halfcosine": lambda n: np.sin(np.pi / n * (np.arange(n) + 0.5)),
    "nuttall": lambda n: _cosines(n, 0.3635819, 0.4891775, 0.1365995, 0.0106411),
    "general_hamming": lambda n, alpha: _cosines(n, alpha, 1 - alpha),
    "general_cosine": lambda n, a: _cosines(n, *a),
    "general_gaussian": lambda n, p, sig: np.exp(-0.5 * np.abs(_centred(n) / sig) ** (2 * p)),
    "lanczos": lambda n: np.sinc(2 * np.arange(n) / (n - 1) - 1),
    "sinc": lambda n: np.sinc(2 * np.arange(n) / (n - 1) - 1),
}


def core_name(window: Any) -> str | None:
    """The core's text of a periodic window that it has."""
    core, symmetric, _, _ = _parsed(window)
    return None if symmetric else core


def _parsed(window: Any) -> tuple[str | None, bool, str, list[Any]]:
    """The core's text if it has the window, whether it is symmetric, the plain name and the parameters."""
    name, *parameters = (window or (None,)) if isinstance(window, tuple) else (window,)
    if not isinstance(name, str):
        raise ValueError(f"window: {shown(window)} does not start with a window's name")
    symmetric = name.endswith("_symmetric")
    plain = name.removesuffix("_symmetric").removesuffix("_periodic")
    core = None
    if not parameters and plain in _CORE:
        core = _CORE[plain]
    elif not parameters and plain in ("tukey", "tuk"):
        core = "tukey:0.5"
    elif len(parameters) == 1 and plain in _CORE_PARAMETER:
        core = f"{_CORE_PARAMETER[plain]}:{real(parameters[0], 'window')!r}"
    elif not parameters and ":" in plain:
        core = plain
        _native.window(core, 2, True)  # Refuses what it does not know.
    return core, symmetric, plain, parameters


def weights(window: Any, n: int) -> tuple[np.ndarray, str | None]:
    """Read-only weights of a named window of `n` points and its name in the core, kept for the next call: see `_made`."""
    key = "window", window, n
    try:
        return cache[key]
    except (KeyError, TypeError):
        values, name = _made(window, n)
        values.flags.writeable = False
        cache.put(key, (values, name), values)
        return values, name


def _made(window: Any, n: int) -> tuple[np.ndarray, str | None]:
    """Weights of a named window of `n` points, and its name in the core if it is one of the core's (periodic) ones.

    `window` is a string or a tuple of a name and its parameters, as in `scipy.signal.get_window`. Windows that are not
    here (dpss, chebwin, …) come from SciPy, if it is installed.
    """
    core, symmetric, plain, parameters = _parsed(window)
    if core is not None:
        return _core_weights(core, n, symmetric), None if symmetric else core
    if plain in _HERE:
        if n <= 1:
            return np.ones(n), None
        try:
            made = _HERE[plain](n if symmetric else n + 1, *parameters)
        except TypeError as error:
            raise ValueError(f"window: {shown(window)}: {error}") from error
        return made[:n].copy(), None
    return _from_scipy(window, plain, n), None


def _core_weights(core: str, n: int, symmetric: bool) -> np.ndarray:
    name, _, parameter = core.partition(":")
    if n <= 1 or name not in _EXACT or (parameter and not _is_number(parameter)):
        return np.asarray(_native.window(core, n, symmetric))
    if parameter:
        _native.window(core, 2, True)  # Refuses what is out of range.
    made = _EXACT[name](n if symmetric else n + 1, *([float(parameter)] if parameter else []))
    return made[:n].copy()


def _is_number(text: str) -> bool:
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False


def _from_scipy(window: Any, plain: str, n: int) -> np.ndarray:
    try:
        from scipy.signal import get_window  # type: ignore[import-untyped, unused-ignore]
    except ImportError:
        known = ", ".join(sorted({*_CORE, *_CORE_PARAMETER, *_HERE}))
        raise ValueError(
            f"window: {shown(plain)} is not one of {known}; with SciPy installed its other windows are there too"
        ) from None
    try:
        return np.array(get_window(window, n), dtype=np.float64)
    except ValueError as error:
        raise ValueError(f"window: {error}") from error


def given(window: Any) -> np.ndarray:
    """Weights that the caller has computed."""
    window = as_array(window, "window")
    if window.ndim != 1:
        raise ValueError(f"window: must be a name or 1-D, got {window.ndim} dimensions")
    if window.dtype.kind not in "biuf":
        raise TypeError(f"window: weights of dtype {window.dtype} are not real numbers")
    return window.astype(np.float64)

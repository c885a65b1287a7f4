"""Arguments that are no samples: numbers and choices, with errors that begin with the argument's name."""

from __future__ import annotations

import operator
import reprlib
from typing import Any

import numpy as np


_short = reprlib.Repr()
_short.maxother = _short.maxstring = _short.maxlong = 60


def shown(value: Any) -> str:
    """A value for a message: its beginning and its end."""
    return " ".join(_short.repr(value).split())


def _scalar(value: Any) -> Any:
    """The one entry of an array (`scipy.io.loadmat` gives scalars as 1 × 1 matrices), or the value itself."""
    if isinstance(value, (str, bytes)):
        return value
    if not isinstance(value, (int, float)) and hasattr(value, "__array__"):
        array = np.asarray(value)
        if array.size == 1:
            return array.item()
    return value


def integer(value: Any, name: str, least: int | None = None, most: int | None = None) -> int:
    """An integer; floats are truncated, as SciPy does. Text is refused."""
    given = value
    value = _scalar(value)
    if isinstance(value, (str, bytes)) or value is None:
        raise TypeError(f"{name}: must be an integer, got {shown(given)}")
    try:
        value = operator.index(value)
    except TypeError:
        try:
            value = int(value)
        except (TypeError, ValueError, OverflowError) as error:
            kind = TypeError if isinstance(error, TypeError) else ValueError
            raise kind(f"{name}: must be an integer, got {shown(given)}") from error
    if (least is not None and value < least) or (most is not None and value > most):
        bounds = f"at least {least}" if most is None else f"at most {most}" if least is None else f"from {least} to {most}"
        raise ValueError(f"{name}: must be {bounds}, got {value}")
    return value


def whole(value: Any, name: str, least: int | None = None, most: int | None = None) -> int:
    """An integer that is not truncated: 2.0 is one, 1.5 is not."""
    number = _scalar(value)
    if isinstance(number, float) and not number.is_integer():
        raise TypeError(f"{name}: must be an integer, got {shown(value)}")
    return integer(number, name, least, most)


def real(value: Any, name: str) -> float:
    """A number; NaN and infinities pass."""
    number = _scalar(value)
    if isinstance(number, (str, bytes)) or number is None:
        raise TypeError(f"{name}: must be a number, got {shown(value)}")
    try:
        return float(number)
    except (TypeError, ValueError, OverflowError) as error:
        kind = TypeError if isinstance(error, TypeError) else ValueError
        raise kind(f"{name}: must be a number, got {shown(value)}") from error


def flag(value: Any, name: str) -> bool:
    """True or False; text is refused, and so is an array of several."""
    if isinstance(value, (str, bytes, dict, list, tuple)) or callable(value):
        raise TypeError(f"{name}: must be True or False, got {shown(value)}")
    try:
        return bool(value)
    except (TypeError, ValueError) as error:
        raise type(error)(f"{name}: {error}") from error


def choice(value: Any, name: str, allowed: tuple[str, ...]) -> str:
    """One of some names."""
    if not isinstance(value, str) or value not in allowed:
        raise ValueError(f"{name}: {shown(value)} is none of {', '.join(map(repr, allowed))}")
    return value


#: More threads than this are a mistake in a unit.
MOST_THREADS = 4096


def workers(threads: Any, name: str = "threads") -> int | None:
    """A number of threads; None is what `set_num_threads` set."""
    return None if threads is None else whole(threads, name, 0, MOST_THREADS)

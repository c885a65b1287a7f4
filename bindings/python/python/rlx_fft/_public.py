"""What every public function has in common: samples of any library, results in that library, errors with names."""

from __future__ import annotations

import dataclasses
import functools
import inspect
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

import numpy as np

from . import _checks
from ._arrays import as_array
from ._resident import is_resident
from ._sources import back

P = ParamSpec("P")
R = TypeVar("R")

_FAILURES = (TypeError, ValueError, OverflowError)


def public(
    *signals: str, convert_samples: bool = True, renamed: dict[str, str] | None = None
) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Decorates a function whose arguments `signals` are samples.

    Samples arrive in the function as NumPy arrays (CUDA tensors as they are), and where the first of them is a tensor of
    another library, arrays in the result become tensors of that library. `threads` arrives checked. Errors begin with
    the name of an argument. With ``convert_samples=False`` samples arrive as they are. `renamed` has the arguments that other
    functions, which this one calls, know by another name.
    """

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        signature = inspect.signature(function)
        samples = signals if convert_samples else ()
        places = [(list(signature.parameters).index(name), name) for name in samples]

        @functools.wraps(function)
        def call(*args: P.args, **keywords: P.kwargs) -> R:
            try:
                threads = keywords.get("threads")
                if threads is not None and not (type(threads) is int and 0 <= threads <= _checks.MOST_THREADS):
                    keywords["threads"] = _checks.workers(threads)
                convert = None
                for place, name in places:
                    x = args[place] if place < len(args) else keywords.get(name)
                    if type(x) is not np.ndarray and x is not None:
                        args, convert = _converted(args, keywords, places)  # type: ignore[assignment]
                        break
                result = function(*args, **keywords)
                return result if convert is None else converted(result, convert)
            except MemoryError as error:
                if renamed is None:
                    raise
                raise MemoryError(_with_own_name(str(error), renamed)) from error
            except _FAILURES as error:
                if is_named(error, signature):
                    raise
                own = _with_own_name(str(error), renamed or {})
                if own != str(error):
                    raise (type(error) if type(error) in (TypeError, ValueError) else ValueError)(own) from error
                named = _named(error, signature, args, keywords, signals)
                if named is None:
                    raise
                raise named from error

        return call

    return decorate


def _converted(
    args: tuple, keywords: dict[str, Any], places: list[tuple[int, str]]
) -> tuple[tuple, Callable[[np.ndarray], Any] | None]:
    """The arguments with NumPy arrays in place of other samples, and what results become."""
    done: dict[int, np.ndarray] = {}
    convert, positional = None, list(args)
    for place, name in places:
        x = args[place] if place < len(args) else keywords.get(name)
        if x is None or is_resident(x):
            continue
        convert = convert or back(x)
        # The same object stays the same: csd(x, x) is a welch.
        array = done.setdefault(id(x), as_array(x, name))
        if place < len(args):
            positional[place] = array
        else:
            keywords[name] = array
    return tuple(positional), convert


def converted(result: Any, convert: Callable[[np.ndarray], Any]) -> Any:
    """`result` with its arrays converted; records say themselves how (`_converted`)."""
    if isinstance(result, np.ndarray):
        return convert(result)
    if isinstance(result, tuple):
        values = [converted(value, convert) for value in result]
        return type(result)(*values) if hasattr(result, "_fields") else tuple(values)
    if isinstance(result, dict):
        return {name: converted(value, convert) for name, value in result.items()}
    if hasattr(result, "_converted"):
        return result._converted(convert)
    if dataclasses.is_dataclass(result) and not isinstance(result, type):
        fields = {f.name: converted(getattr(result, f.name), convert) for f in dataclasses.fields(result) if f.init}
        return dataclasses.replace(result, **fields)
    return result


def _with_own_name(message: str, renamed: dict[str, str]) -> str:
    head, colon, rest = message.partition(":")
    return f"{renamed[head]}{colon}{rest}" if head in renamed else message


def is_named(error: Exception, signature: inspect.Signature) -> bool:
    """Whether the message begins with the name of an argument."""
    head = str(error).partition(":")[0]
    return head in signature.parameters or head.startswith("axis of ")


def _named(
    error: Exception, signature: inspect.Signature, args: tuple, keywords: dict[str, Any], signals: tuple[str, ...]
) -> Exception | None:
    """The same error with the name of the argument at fault; None where the call itself does not fit the signature."""
    try:
        bound = signature.bind(*args, **keywords)
    except TypeError:
        return None
    for name, value in bound.arguments.items():
        check = CHECKS.get(name)
        if check is None and isinstance(signature.parameters[name].default, bool):
            check = _checks.flag
        if check is not None and value is not signature.parameters[name].default:
            try:
                check(value, name)
            except _FAILURES as found:
                return found if not isinstance(found, OverflowError) else ValueError(str(found))
    if "truth value" in str(error):
        for name, value in bound.arguments.items():
            if isinstance(value, np.ndarray) and _is_choice(signature.parameters[name]):
                return ValueError(f"{name}: must not be an array, got {_checks.shown(value)}")
    for name in bound.arguments:
        if str(error).startswith(f"{name} "):
            return None
    if not signals:
        return None
    kind = type(error) if type(error) in (TypeError, ValueError) else ValueError
    return kind(f"{signals[0]}: {error}")


def _is_choice(parameter: inspect.Parameter) -> bool:
    """Whether an argument is one of some names or numbers."""
    return isinstance(parameter.default, str) or any(word in str(parameter.annotation) for word in _CHOICES)


#: Types of such arguments in the sources.
_CHOICES = ("Literal", "Mode", "Norm", "Padding", "Scaling", "Trend", "Window")


def _optional(check: Callable[..., Any]) -> Callable[[Any, str], Any]:
    return lambda value, name: None if value is None else check(value, name)


def _count(value: Any, name: str) -> int:
    return _checks.whole(value, name, 0, 1 << 32)


def _seed(value: Any, name: str) -> int:
    return _checks.whole(value, name, 0, (1 << 64) - 1)


def _text(value: Any, name: str) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{name}: must be a name, got {value!r}")
    return value


#: Checks by the argument's name, asked when a call has failed without saying which argument it was.
CHECKS: dict[str, Callable[[Any, str], Any]] = {
    **dict.fromkeys(
        ("nperseg", "noverlap", "nfft", "n_fft", "hop_length", "win_length", "n_mels", "max_segments", "order"),
        _optional(_count),
    ),
    **dict.fromkeys(("k", "batch", "n", "len", "hop", "push_len", "steps"), _count),
    "seed": _seed,
    **dict.fromkeys(("axis", "time_axis", "freq_axis", "f_axis", "t_axis", "width", "n_mfcc", "num_ceps"), _checks.integer),
    **dict.fromkeys(("fs", "sr"), _optional(_checks.real)),
    **dict.fromkeys(
        ("distance", "wlen", "rel_height", "fmin", "fmax", "power", "preemphasis", "top_db", "level"),
        _optional(_checks.real),
    ),
    **dict.fromkeys(("device", "scaling", "average", "mode", "nan_policy", "pad_mode", "scale"), _optional(_text)),
    **dict.fromkeys(("preset", "strategy", "transform"), _text),
}

"""Puts this package's functions in the place of SciPy's, for programs that call `scipy.signal`."""

from __future__ import annotations

import functools
import sys
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Any

import numpy as np

#: Functions of `scipy.signal` that can be replaced, where this package has them.
NAMES = (
    "welch", "periodogram", "csd", "coherence", "spectrogram", "stft", "istft", "lombscargle",
    "find_peaks", "peak_prominences", "peak_widths", "argrelmax",
)  # fmt: skip

_lock = threading.RLock()
#: SciPy's functions and ours while they are replaced.
_replaced: dict[str, tuple[Callable, Callable]] = {}
_depth = 0


def _is_scipys(x: Any) -> bool:
    """Whether SciPy answers in another way: tensors become arrays, masks are ignored."""
    return isinstance(x, np.ma.MaskedArray) or (type(x) is not np.ndarray and hasattr(x, "__dlpack__"))


def _replacement(name: str, ours: Callable, theirs: Callable) -> Callable:
    one_row = name in ("find_peaks", "peak_prominences", "peak_widths")

    @functools.wraps(theirs)
    def call(*args: Any, **keywords: Any) -> Any:
        if any(map(_is_scipys, args)) or any(map(_is_scipys, keywords.values())):
            return theirs(*args, **keywords)
        if one_row and np.ndim(args[0] if args else keywords.get("x", 0)) != 1:
            return theirs(*args, **keywords)
        try:
            return ours(*args, **keywords)
        except (TypeError, ValueError, AttributeError):
            # What is not offered here SciPy answers, or refuses in its own words.
            return theirs(*args, **keywords)

    call.__rlx_fft__ = ours  # type: ignore[attr-defined]
    return call


#: Attributes of a module that were functions of SciPy's or ours, and the module's size, by its name: looked through once.
_sites: dict[str, tuple[int, int, tuple[str, ...]]] = {}


def _swap(pairs: list[tuple[Callable, Callable]]) -> None:
    """Replaces functions in every module that has imported them; SciPy's own modules keep theirs."""
    by_id = {id(old): new for old, new in pairs}
    for name, module in list(sys.modules.items()):
        names = getattr(module, "__dict__", None)
        if not isinstance(names, dict) or name.startswith("rlx_fft"):
            continue
        if name.startswith("scipy.") and name != "scipy.signal":
            continue
        seen = _sites.get(name)
        if seen is not None and seen[:2] == (id(names), len(names)):
            attributes = seen[2]
        else:
            attributes = tuple(attribute for attribute, value in list(names.items()) if id(value) in by_id)
            _sites[name] = id(names), len(names), attributes
        for attribute in attributes:
            new = by_id.get(id(names.get(attribute)))
            if new is not None:
                names[attribute] = new


class Patch:
    """What `patch_scipy` returns: a context manager, or an object whose `undo` ends it."""

    def __init__(self) -> None:
        self._active = True

    def undo(self) -> None:
        """Gives SciPy's functions back, also to modules that were imported in between. Once is enough."""
        global _depth
        with _lock:
            if not self._active:
                return
            self._active = False
            _depth -= 1
            if _depth == 0:
                _swap([(ours, theirs) for theirs, ours in _replaced.values()])
                _replaced.clear()

    @property
    def functions(self) -> tuple[str, ...]:
        """Names of the functions that are replaced."""
        return tuple(_replaced)

    def __enter__(self) -> Patch:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.undo()

    def __repr__(self) -> str:
        return f"<patch of scipy.signal: {', '.join(_replaced) if self._active else 'undone'}>"


def patch_scipy() -> Patch:
    """Replaces `scipy.signal`'s functions by this package's, so that programs on top of SciPy run faster unchanged.

    Modules that have imported the functions by name get them as well, before and after this call. Arguments that this
    package does not support, tensors and masked arrays go to SciPy, and so do errors: they are SciPy's own.

    As a function it holds until `Patch.undo`; as a context manager until the end of the block. Patches nest. Other threads
    see the replaced functions, too.

    >>> import numpy as np, rlx_fft, scipy.signal
    >>> x = np.random.default_rng(0).normal(size=1000)
    >>> with rlx_fft.patch_scipy() as patch:
    ...     f, pxx = scipy.signal.welch(x)  # rlx_fft.welch
    >>> "welch" in patch.functions or bool(np.allclose(pxx, scipy.signal.welch(x)[1]))
    True
    """
    global _depth
    try:
        import scipy.signal  # type: ignore[import-untyped, unused-ignore]
    except ImportError as error:
        raise ImportError("patch_scipy: SciPy is not installed, so there is nothing to replace") from error
    import rlx_fft

    with _lock:
        if _depth == 0:
            for name in NAMES:
                ours, theirs = getattr(rlx_fft, name, None), getattr(scipy.signal, name, None)
                if ours is not None and theirs is not None:
                    _replaced[name] = theirs, _replacement(name, ours, theirs)
            _swap(list(_replaced.values()))
        _depth += 1
    return Patch()

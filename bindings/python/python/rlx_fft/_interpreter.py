"""Says clearly where the package cannot run."""

from __future__ import annotations

import importlib
import sys


def refuse_subinterpreters() -> None:
    """ImportError in any interpreter of the process but the main one: NumPy and this package keep state per process."""
    if sys.implementation.name != "cpython":
        return
    for name in ("_interpreters", "_xxsubinterpreters"):
        try:
            module = importlib.import_module(name)
        except ImportError:
            continue
        current, main = module.get_current(), module.get_main()
        # CPython 3.13 gives a pair, earlier versions a number.
        current, main = (value[0] if isinstance(value, tuple) else value for value in (current, main))
        if int(current) != int(main):
            raise ImportError(
                "rlx_fft cannot be imported in a subinterpreter: NumPy and its native module support the main interpreter "
                "of a process only; use threads (Python's lock is free while it computes) or processes"
            )
        return

"""The default number of threads."""

from __future__ import annotations

from typing import Any

from . import _checks, _native


def set_num_threads(threads: Any) -> None:
    """Sets the number of threads of calls that do not say: 0 is one per core (the default), 1 the calling thread alone.

    threads : 0 to 4096; ValueError and TypeError begin with ``threads:``.
    """
    _native.set_num_threads(_checks.whole(threads, "threads", 0, _checks.MOST_THREADS))

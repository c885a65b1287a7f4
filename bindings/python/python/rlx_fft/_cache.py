"""Plans and windows of earlier calls, bounded by their bytes."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Hashable
from typing import Any

from ._explaining import is_asked

#: Bytes that are kept between calls.
LIMIT = 64 << 20
#: Entries that are kept, so that looking through them stays cheap.
_MOST = 512


class Cache:
    """Values by key, the least recently used first. Values larger than the limit are kept while they are the newest."""

    def __init__(self, limit: int = LIMIT) -> None:
        self._limit = limit
        self._lock = threading.Lock()
        self._kept: OrderedDict[Hashable, tuple[Any, Any]] = OrderedDict()

    def __getitem__(self, key: Hashable) -> Any:
        """The value; KeyError where there is none or the call is explained, TypeError for a key without a hash."""
        if is_asked():
            raise KeyError(key)
        value = self._kept[key][0]
        try:
            self._kept.move_to_end(key)
        except KeyError:
            pass  # Another thread has just dropped it.
        return value

    def put(self, key: Hashable, value: Any, owner: Any) -> None:
        """Keeps `value`, whose memory `owner.nbytes` is: a number, or a function where it grows with use."""
        try:
            hash(key)
        except TypeError:
            return  # An array of weights or the like.
        with self._lock:
            self._kept[key] = value, owner
            self._kept.move_to_end(key)
            owners = {id(owner): owner for _, owner in self._kept.values()}
            total = sum(map(_bytes, owners.values()))
            while (total > self._limit and len(self._kept) > 1) or len(self._kept) > _MOST:
                _, (_, dropped) = self._kept.popitem(last=False)
                if all(other is not dropped for _, other in self._kept.values()):
                    total -= _bytes(dropped)

    def clear(self) -> None:
        with self._lock:
            self._kept.clear()

    @property
    def nbytes(self) -> int:
        """Bytes that are kept."""
        with self._lock:
            return sum(map(_bytes, {id(owner): owner for _, owner in self._kept.values()}.values()))

    def __len__(self) -> int:
        return len(self._kept)


def _bytes(owner: Any) -> int:
    size = getattr(owner, "nbytes", 1 << 16)
    return int(size() if callable(size) else size)


#: The cache of every function.
cache = Cache()


def clear_cache() -> None:
    """Frees the plans and windows that earlier calls have left for later ones (at most some 64 MiB)."""
    from . import _devices, _resident

    cache.clear()
    _devices._plans.clear()
    _resident._seen.clear()

"""Memory that is left: a call that needs more ends before it allocates, with the argument that asked for it."""

from __future__ import annotations

import os

#: Bytes below which nothing is checked.
_SMALL = 1 << 28

#: Bytes that a plan holds per point of its transform, from above.
PER_POINT = 96


def _free() -> int | None:
    """Bytes of memory that are free or can be freed; None where the system does not say."""
    try:
        with open("/proc/meminfo") as file:
            for line in file:
                if line.startswith("MemAvailable:"):
                    return int(line.split()[1]) << 10
        return os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, OSError, ValueError):
        return None


def _allowed() -> int | None:
    """Bytes that the limit of this process leaves; None where there is none."""
    try:
        import resource

        limit = resource.getrlimit(resource.RLIMIT_AS)[0]
        if limit == resource.RLIM_INFINITY:
            return None
        with open("/proc/self/statm") as file:
            return max(limit - int(file.read().split()[0]) * resource.getpagesize(), 0)
    except (ImportError, OSError, ValueError):
        return None


def room(name: str, value: int, count: int, each: int = PER_POINT) -> None:
    """Refuses argument `name`, whose `value` asks for `count` times `each` bytes, where that is more than is left."""
    wanted = count * each
    if wanted < _SMALL:
        return
    left = min((bytes for bytes in (_free(), _allowed()) if bytes is not None), default=None)
    if left is not None and wanted > left:
        raise MemoryError(f"{name}: {value} needs some {wanted / 2**30:.1f} GiB of memory, {left / 2**30:.1f} GiB are left")


__all__ = ["PER_POINT", "room"]

"""What can run where."""

from __future__ import annotations

import json
from typing import Any

from . import _native


def devices() -> dict[str, list[dict[str, Any]]]:
    """Devices that can be opened (`devices`, the CPU first) and those that cannot with the reason (`absent`).

    The report of `rlx-fft devices --json`.
    """
    return json.loads(_native.devices_json())


def require_cpu(device: str | None, function: str) -> None:
    """Refuses devices on which `function` does not run."""
    if device is None or device in ("auto", "cpu"):
        return
    if not isinstance(device, str):
        raise TypeError(f"device: must be a name, got {type(device).__name__}")
    raise ValueError(
        f"device: {function} runs on the CPU ('cpu' or 'auto'), not on {device!r}; "
        "welch_peaks and AutoWelchPeaks take other devices"
    )

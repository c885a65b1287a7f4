"""Tensors that lie on an NVIDIA device: read and answered there."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from . import _native
from ._arrays import normalize_axis
from ._layout import Layout, averages, detrending, frequencies, layout, nan_policies, rate, scalings
from ._devices import plan_of
from ._explaining import Answer, is_asked

#: DLPack kinds of device: CUDA, CUDA managed.
_KINDS = (2, 13)

#: What a second call with the same arguments reuses: frequencies, segments, rate, plan.
_seen: dict[tuple, tuple[np.ndarray, Layout, float, _native.DevicePlan]] = {}
_MOST_SEEN = 64


def is_resident(x: Any) -> bool:
    """Whether `x` is a CUDA tensor of another library."""
    if isinstance(x, np.ndarray) or not hasattr(x, "__dlpack_device__"):
        return False
    try:
        return int(x.__dlpack_device__()[0]) in _KINDS
    except (BufferError, TypeError, ValueError):
        # DLPack has no name for the type, such as Arrow's lists: the samples are read by another protocol.
        return False


def handle(stream: Any) -> int | None:
    """The driver's handle of a stream: a number, or a stream of torch, CuPy or cuda.core."""
    if stream is None or isinstance(stream, int):
        return stream
    for name in ("cuda_stream", "ptr", "handle"):
        if hasattr(stream, name):
            return int(getattr(stream, name))
    if hasattr(stream, "__cuda_stream__"):
        return int(stream.__cuda_stream__()[1])
    raise TypeError(f"stream: must be a stream or its handle, got {type(stream).__name__}")


def answer(plan: _native.DevicePlan, x: Any) -> None:
    """Ends a call that is explained: the samples stay on their device."""
    if is_asked():
        rows = math.prod(int(n) for n in x.shape[:-1])
        raise Answer(plan.explain(rows, int(x.shape[-1]), f"cuda:{int(x.__dlpack_device__()[1])}", None))


def on_host(stream: Any) -> None:
    """Refuses a stream for samples in host memory."""
    if stream is not None:
        raise ValueError("stream: x lies in host memory; a stream is for CUDA tensors")


def check(x: Any, axis: Any, device: str | None) -> tuple[int, bool]:
    """Samples per row, and whether they are complex."""
    shape = tuple(x.shape)
    if not shape or 0 in shape:
        raise ValueError(f"x: a CUDA tensor of shape {shape} has no samples")
    if normalize_axis(axis, len(shape)) != len(shape) - 1:
        raise ValueError("axis: of a CUDA tensor the last one, as it is not copied")
    if device not in (None, "auto", "cuda", "gpu"):
        at = f"cuda:{int(x.__dlpack_device__()[1])}"
        if device != at:
            raise ValueError(f"device: the tensor lies on {at}, not on {device!r}")
    return shape[-1], "complex" in str(x.dtype)


def estimate(
    kind: str, x: Any, fs: Any, window: Any, nperseg: Any, noverlap: Any, nfft: Any, detrend: Any, onesided: Any,
    scaling: Any, axis: Any, average: str, device: str | None, nan_policy: str, stream: Any, *, share: int = 2, k: int = 0,
) -> tuple[np.ndarray, Layout, float, _native.DeviceArray]:  # fmt: skip
    """Frequencies, segments, rate and the values on the device."""
    n, is_complex = check(x, axis, device)
    key = ("resident", kind, n, is_complex, fs, window, nperseg, noverlap, nfft, detrend, onesided, scaling, average,
           nan_policy, share, k)  # fmt: skip
    try:
        if is_asked():
            raise KeyError(key)
        f, at, fs, plan = _seen[key]
    except (KeyError, TypeError):
        pass
    else:
        return f.copy(), at, fs, plan.resident(x, handle(stream))
    at = layout(n, window, nperseg, noverlap, nfft, overlap_share=share)
    if at.name is None or at.nfft < 2:
        raise ValueError(f"window: of CUDA tensors a periodic window of the package's own, not {window!r}")
    trend, function = detrending(detrend)
    if function is not None:
        raise ValueError("detrend: a function cannot be applied on a device")
    if not onesided and not is_complex:
        raise ValueError("return_onesided: of real CUDA tensors the one-sided spectrum alone")
    if nan_policies(nan_policy) != "propagate":
        raise ValueError(f"nan_policy: {nan_policy!r}: on a device samples are not checked before; 'propagate'")
    fs = rate(fs)
    plan = plan_of(kind, at, fs, trend, scalings(scaling), averages(average), "propagate", is_complex, k)
    answer(plan, x)
    f = frequencies(at.nfft, fs, not is_complex)
    done = plan.resident(x, handle(stream))
    if not at.shrunk:
        if len(_seen) >= _MOST_SEEN:
            _seen.clear()
        try:
            _seen[key] = f, at, fs, plan
        except TypeError:
            pass  # Numbers as arrays have no hash.
    return f.copy(), at, fs, done


class DevicePeaks:
    """Peaks `[…, k]` on an NVIDIA device, by power descending, as `DeviceArray`: `torch.from_dlpack(peaks.power)`.

    resolution : distance of the bins in the unit of fs.
    packed : `[…, k, 2]`, bin and power; what lies in memory.
    bin : float32, whole numbers; times `resolution` it is the frequency.
    power : in the unit of the scaling; NaN in rows with a NaN or an infinity.
    """

    def __init__(self, packed: _native.DeviceArray, resolution: float) -> None:
        self.packed = packed
        self.resolution = resolution

    @property
    def bin(self) -> _native.DeviceArray:
        """Bins, `[…, k]`."""
        return self.packed.last(0)

    @property
    def power(self) -> _native.DeviceArray:
        """Powers, `[…, k]`."""
        return self.packed.last(1)

    @property
    def shape(self) -> tuple[int, ...]:
        """Leading axes of the samples, and k."""
        return self.packed.shape[:-1]

    def __repr__(self) -> str:
        return f"DevicePeaks(shape={self.shape}, device={self.packed.device!r})"

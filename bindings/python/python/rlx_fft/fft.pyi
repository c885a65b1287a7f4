"""Types of the transforms. Written by make_stubs.py: change the functions or its table."""

from collections.abc import Callable, Sequence
from typing import Any, Literal, Protocol, SupportsIndex, TypeVar, overload

import numpy as np
import numpy.typing as npt

_F4 = npt.NDArray[np.float32]
_F8 = npt.NDArray[np.float64]
_C8 = npt.NDArray[np.complex64]
_C16 = npt.NDArray[np.complex128]
_Index = npt.NDArray[np.intp]
_Any = npt.NDArray[Any]
_Single = npt.NDArray[np.float32] | npt.NDArray[np.float16]
_ComplexSingle = npt.NDArray[np.complex64]
_Double = npt.NDArray[np.float64 | np.integer[Any] | np.bool_] | Sequence[float] | Sequence[Sequence[float]]
_ComplexDouble = npt.NDArray[np.complex128] | Sequence[complex]

class _SupportsDLPack(Protocol):
    """A tensor of another library. One in host memory gives tensors; one on an NVIDIA device gives `DeviceArray`s."""

    def __dlpack__(self, *, stream: Any = ...) -> Any: ...
    def __dlpack_device__(self) -> tuple[Any, Any]: ...

_Tensor = TypeVar("_Tensor", bound=_SupportsDLPack)

@overload
def fft(x: _Single | _ComplexSingle, n: int | None = None, axis: int = -1, norm: Literal["backward", "ortho", "forward"] | None = None, overwrite_x: bool = False, workers: int | None = None, *, plan: Any = None, threads: int | None = None) -> _C8: ...  # type: ignore[overload-overlap]  # pyright: ignore[reportOverlappingOverload]
@overload
def fft(x: _Double | _ComplexDouble, n: int | None = None, axis: int = -1, norm: Literal["backward", "ortho", "forward"] | None = None, overwrite_x: bool = False, workers: int | None = None, *, plan: Any = None, threads: int | None = None) -> _C16: ...  # type: ignore[overload-overlap]  # pyright: ignore[reportOverlappingOverload]
@overload
def fft(x: _Tensor, n: int | None = None, axis: int = -1, norm: Literal["backward", "ortho", "forward"] | None = None, overwrite_x: bool = False, workers: int | None = None, *, plan: Any = None, threads: int | None = None) -> _Tensor: ...  # type: ignore[overload-overlap]  # pyright: ignore[reportOverlappingOverload]
@overload
def fft(x: Any, n: int | None = None, axis: int = -1, norm: Literal["backward", "ortho", "forward"] | None = None, overwrite_x: bool = False, workers: int | None = None, *, plan: Any = None, threads: int | None = None) -> _Any: ...  # type: ignore[overload-overlap]  # pyright: ignore[reportOverlappingOverload]
@overload
def ifft(x: _Single | _ComplexSingle, n: int | None = None, axis: int = -1, norm: Literal["backward", "ortho", "forward"] | None = None, overwrite_x: bool = False, workers: int | None = None, *, plan: Any = None, threads: int | None = None) -> _C8: ...  # type: ignore[overload-overlap]  # pyright: ignore[reportOverlappingOverload]
@overload
def ifft(x: _Double | _ComplexDouble, n: int | None = None, axis: int = -1, norm: Literal["backward", "ortho", "forward"] | None = None, overwrite_x: bool = False, workers: int | None = None, *, plan: Any = None, threads: int | None = None) -> _C16: ...  # type: ignore[overload-overlap]  # pyright: ignore[reportOverlappingOverload]
@overload
def ifft(x: _Tensor, n: int | None = None, axis: int = -1, norm: Literal["backward", "ortho", "forward"] | None = None, overwrite_x: bool = False, workers: int | None = None, *, plan: Any = None, threads: int | None = None) -> _Tensor: ...  # type: ignore[overload-overlap]  # pyright: ignore[reportOverlappingOverload]
@overload
def ifft(x: Any, n: int | None = None, axis: int = -1, norm: Literal["backward", "ortho", "forward"] | None = None, overwrite_x: bool = False, workers: int | None = None, *, plan: Any = None, threads: int | None = None) -> _Any: ...  # type: ignore[overload-overlap]  # pyright: ignore[reportOverlappingOverload]
@overload
def irfft(x: _Single | _ComplexSingle, n: int | None = None, axis: int = -1, norm: Literal["backward", "ortho", "forward"] | None = None, overwrite_x: bool = False, workers: int | None = None, *, plan: Any = None, threads: int | None = None) -> _F4: ...  # type: ignore[overload-overlap]  # pyright: ignore[reportOverlappingOverload]
@overload
def irfft(x: _Double | _ComplexDouble, n: int | None = None, axis: int = -1, norm: Literal["backward", "ortho", "forward"] | None = None, overwrite_x: bool = False, workers: int | None = None, *, plan: Any = None, threads: int | None = None) -> _F8: ...  # type: ignore[overload-overlap]  # pyright: ignore[reportOverlappingOverload]
@overload
def irfft(x: _Tensor, n: int | None = None, axis: int = -1, norm: Literal["backward", "ortho", "forward"] | None = None, overwrite_x: bool = False, workers: int | None = None, *, plan: Any = None, threads: int | None = None) -> _Tensor: ...  # type: ignore[overload-overlap]  # pyright: ignore[reportOverlappingOverload]
@overload
def irfft(x: Any, n: int | None = None, axis: int = -1, norm: Literal["backward", "ortho", "forward"] | None = None, overwrite_x: bool = False, workers: int | None = None, *, plan: Any = None, threads: int | None = None) -> _Any: ...  # type: ignore[overload-overlap]  # pyright: ignore[reportOverlappingOverload]
@overload
def rfft(x: _Single | _ComplexSingle, n: int | None = None, axis: int = -1, norm: Literal["backward", "ortho", "forward"] | None = None, overwrite_x: bool = False, workers: int | None = None, *, plan: Any = None, threads: int | None = None) -> _C8: ...  # type: ignore[overload-overlap]  # pyright: ignore[reportOverlappingOverload]
@overload
def rfft(x: _Double | _ComplexDouble, n: int | None = None, axis: int = -1, norm: Literal["backward", "ortho", "forward"] | None = None, overwrite_x: bool = False, workers: int | None = None, *, plan: Any = None, threads: int | None = None) -> _C16: ...  # type: ignore[overload-overlap]  # pyright: ignore[reportOverlappingOverload]
@overload
def rfft(x: _Tensor, n: int | None = None, axis: int = -1, norm: Literal["backward", "ortho", "forward"] | None = None, overwrite_x: bool = False, workers: int | None = None, *, plan: Any = None, threads: int | None = None) -> _Tensor: ...  # type: ignore[overload-overlap]  # pyright: ignore[reportOverlappingOverload]
@overload
def rfft(x: Any, n: int | None = None, axis: int = -1, norm: Literal["backward", "ortho", "forward"] | None = None, overwrite_x: bool = False, workers: int | None = None, *, plan: Any = None, threads: int | None = None) -> _Any: ...  # type: ignore[overload-overlap]  # pyright: ignore[reportOverlappingOverload]

__all__ = ["fft", "ifft", "irfft", "rfft"]

"""From whatever holds samples to arrays that the native plans take."""

from __future__ import annotations

from typing import Any

import numpy as np

from ._checks import integer
from ._explaining import is_asked
from ._sources import to_numpy

#: Types that the plans work in.
CODES: dict[np.dtype[Any], str] = {
    np.dtype(np.float32): "f32",
    np.dtype(np.float64): "f64",
    np.dtype(np.complex64): "c32",
    np.dtype(np.complex128): "c64",
}

def as_array(x: Any, name: str = "x") -> np.ndarray:
    """`x` as a NumPy array, without a copy where its memory allows."""
    return x if type(x) is np.ndarray else to_numpy(x, name)


def numeric(x: Any, name: str = "x") -> tuple[np.ndarray, np.dtype[Any]]:
    """`x` in a type that the plans work in, and SciPy's type for the (real) result.

    f32, f64 and complex stay. Integers and bool are computed in f64; f16 in f32. The result's precision is that of
    `np.result_type(x, np.complex64)`.
    """
    x = as_array(x, name)
    if x.dtype in CODES:
        return x, np.empty(0, x.dtype).real.dtype
    kind = x.dtype.kind
    if kind == "O":
        try:
            x = x.astype(np.float64)
        except (TypeError, ValueError):
            try:
                x = x.astype(np.complex128)
            except (TypeError, ValueError) as error:
                raise TypeError(f"{name}: objects that are not numbers: {error}") from error
        return x, np.dtype(np.float64)
    if kind == "V" and x.dtype.name.startswith(("bfloat16", "float8", "float4", "int4", "uint4")):
        return x.astype(np.float32), np.dtype(np.float32)
    if kind not in "biufc":
        raise TypeError(f"{name}: dtype {x.dtype} is not a number")
    result = np.empty(0, np.result_type(x.dtype, np.complex64)).real.dtype
    if result not in CODES:
        result = np.dtype(np.float64)
    if kind == "c":
        work: Any = np.complex64 if x.dtype.itemsize == 8 else np.complex128
    elif kind == "f":
        work = np.float32 if x.dtype.itemsize <= 4 else np.float64
    else:
        work = np.float64
    return x.astype(work), result


def normalize_axis(axis: Any, ndim: int, name: str = "x") -> int:
    """`axis` as a non-negative index."""
    axis = integer(axis, "axis")
    if not -ndim <= axis < ndim:
        raise np.exceptions.AxisError(axis, ndim, f"axis of {name}")
    return axis % ndim


def rows(x: np.ndarray, axis: int) -> np.ndarray:
    """`x` with `axis` last, C-contiguous and aligned; a copy only where it is not so already."""
    if axis != x.ndim - 1:
        x = np.moveaxis(x, axis, -1)
    if is_asked():
        return x
    if x.size == 0:
        return np.empty(x.shape, x.dtype)  # Memory of nothing may lie anywhere.
    return np.require(x, requirements=["C_CONTIGUOUS", "ALIGNED"])

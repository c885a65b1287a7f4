"""Conversion of other libraries' containers to NumPy arrays, and of results to the library that the samples came from."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import numpy as np

from . import _native

#: Kinds of DLPack devices whose memory the processor can read: CPU, pinned.
_HOST = (1, 3, 11)


def to_numpy(x: Any, name: str) -> np.ndarray:
    """`x` as a NumPy array, without a copy where its memory allows. Missing values (masks, nulls, NA) become NaN."""
    if isinstance(x, np.ndarray):
        return _from_masked(x) if isinstance(x, np.ma.MaskedArray) else np.asarray(x)
    for base in type(x).__mro__:
        convert = _CONVERSIONS.get(base.__module__.partition(".")[0])
        if convert is not None:
            return convert(x, name)
    return _from_protocols(x, name)


def back(x: Any) -> Callable[[np.ndarray], Any] | None:
    """The function that converts a result to the library (and device) of `x`; None for what SciPy answers in NumPy."""
    if type(x) is np.ndarray or not hasattr(x, "__dlpack__"):
        return None
    torch = sys.modules.get("torch")
    if torch is not None and isinstance(x, torch.Tensor):
        return _to_torch
    if isinstance(x, np.ndarray) or not hasattr(x, "__array_namespace__"):
        return None
    namespace = x.__array_namespace__()
    device = getattr(x, "device", None)

    def convert(values: np.ndarray) -> Any:
        try:
            return namespace.asarray(values, device=device)
        except (TypeError, ValueError):
            return namespace.asarray(values)

    return convert


def _to_torch(values: np.ndarray) -> Any:
    import torch

    if any(stride < 0 for stride in values.strides) or not values.flags.writeable:
        values = values.copy()
    return torch.from_numpy(values)


def _from_masked(x: np.ma.MaskedArray) -> np.ndarray:
    if not np.ma.is_masked(x):
        return np.asarray(x.data)
    real: Any = x if x.dtype.kind in "fc" else x.astype(np.float64)
    return np.asarray(real.filled(np.nan))


def _from_protocols(x: Any, name: str) -> np.ndarray:
    dlpack = hasattr(x, "__dlpack__") and hasattr(x, "__dlpack_device__")
    if dlpack:
        try:
            kind, number = x.__dlpack_device__()
        except (BufferError, TypeError, ValueError):
            dlpack = False  # No DLPack name for the type, such as Arrow's lists.
        else:
            if int(kind) not in _HOST:
                raise TypeError(
                    f"{name}: lives on device {number} of DLPack kind {int(kind)}, not in host memory; "
                    f"copy it to the host first (for a torch tensor: {name}.cpu())"
                )
    if dlpack:
        try:
            return np.from_dlpack(x)
        except (BufferError, RuntimeError, TypeError) as error:
            if not hasattr(x, "__array__"):
                raise TypeError(f"{name}: cannot be read through DLPack: {error}") from error
    if not hasattr(x, "__array__") and (hasattr(x, "__arrow_c_array__") or hasattr(x, "__arrow_c_stream__")):
        return _from_arrow(x, name)
    try:
        return np.asarray(x)
    except (TypeError, ValueError) as error:
        raise type(error)(f"{name}: {error}") from error


def _from_arrow(x: Any, name: str) -> np.ndarray:
    """By Arrow's C interface: a plain column, or a fixed-size list of one row per entry."""
    try:
        chunks = _native.from_arrow(x)
    except TypeError as error:
        raise TypeError(str(error).replace("x:", f"{name}:", 1)) from error
    arrays = [values.reshape(-1, width) if width else values for values, width in chunks]
    if not arrays:
        return np.empty(0)
    return arrays[0] if len(arrays) == 1 else np.concatenate(arrays)


def _listed(inner: np.ndarray, rows: int, name: str) -> np.ndarray:
    """The values of equally long lists as `[rows, …]`."""
    if rows and len(inner) % rows:
        raise ValueError(f"{name}: a column of lists of different lengths")
    return inner.reshape(rows, len(inner) // max(rows, 1), *inner.shape[1:])


def _from_pyarrow(x: Any, name: str) -> np.ndarray:
    import pyarrow as pa

    if isinstance(x, (pa.Table, pa.RecordBatch)):
        columns = [_from_pyarrow(column, name) for column in x.columns]
        return np.column_stack(columns) if columns else np.empty((x.num_rows, 0))
    if not isinstance(x, (pa.Array, pa.ChunkedArray)):
        return _from_protocols(x, name)
    kind, is_kind = x.type, pa.types
    if isinstance(kind, pa.BaseExtensionType):
        return _from_pyarrow(x.cast(kind.storage_type), name)
    if is_kind.is_dictionary(kind):
        return _from_pyarrow(x.cast(kind.value_type), name)
    if is_kind.is_boolean(kind) and not x.null_count:
        return np.asarray(_from_pyarrow(x.cast(pa.uint8()), name), bool)
    if is_kind.is_float16(kind):
        return _from_pyarrow(x.cast(pa.float32()), name)
    if is_kind.is_boolean(kind) or is_kind.is_decimal(kind) or is_kind.is_null(kind):
        return _from_pyarrow(x.cast(pa.uint8()) if is_kind.is_boolean(kind) else x.cast(pa.float64()), name)
    if is_kind.is_list(kind) or is_kind.is_large_list(kind) or is_kind.is_fixed_size_list(kind):
        if x.null_count:
            raise TypeError(f"{name}: a column of lists with null rows")
        chunks = x.chunks if isinstance(x, pa.ChunkedArray) else [x]
        if not is_kind.is_fixed_size_list(kind) and len({n for c in chunks for n in c.value_lengths().unique().to_pylist()}) > 1:
            raise ValueError(f"{name}: a column of lists of different lengths")
        inner = [_listed(_from_pyarrow(chunk.flatten(), name), len(chunk), name) for chunk in chunks]
        return inner[0] if len(inner) == 1 else np.concatenate(inner) if inner else np.empty((0, 0))
    return _from_arrow(x, name)


def _from_polars(x: Any, name: str) -> np.ndarray:
    import polars as pl

    if isinstance(x, pl.DataFrame):
        columns = [_from_polars(column, name) for column in x.get_columns()]
        return np.column_stack(columns) if columns else np.empty((0, 0))
    if not isinstance(x, pl.Series):
        raise TypeError(f"{name}: a polars {type(x).__name__} holds no samples; call collect() or select a column")
    kind = x.dtype
    if isinstance(kind, (pl.List, pl.Array)):
        if x.null_count():
            raise TypeError(f"{name}: a column of lists with null rows")
        if isinstance(kind, pl.List) and x.list.len().n_unique() > 1:
            raise ValueError(f"{name}: a column of lists of different lengths")
        return _listed(_from_polars(x.explode(), name), len(x), name) if len(x) else np.empty((0, 0))
    if kind == pl.Boolean and not x.null_count():
        return np.asarray(x.to_numpy(), bool)
    small = getattr(pl, "Float16", None)
    if small is not None and kind == small:
        return _from_arrow(x.cast(pl.Float32), name)
    if kind == pl.Object:
        return np.asarray(x.to_numpy())
    plain = (pl.Int8, pl.Int16, pl.Int32, pl.Int64, pl.UInt8, pl.UInt16, pl.UInt32, pl.UInt64, pl.Float32, pl.Float64)
    if kind == pl.Null or kind == pl.Boolean or (kind.is_numeric() and kind not in plain):
        x = x.cast(pl.Float64)
    return _from_arrow(x, name)


def _from_pandas(x: Any, name: str) -> np.ndarray:
    values = np.asarray(x)
    if values.dtype.kind == "O" and hasattr(x, "to_numpy"):
        # Nullable columns: their NA has no float.
        try:
            values = x.to_numpy(dtype=np.float64, na_value=np.nan)
        except (TypeError, ValueError):
            pass  # Objects: complex numbers or none at all, as `numeric` finds out.
    return values


def _from_torch(x: Any, name: str) -> np.ndarray:
    import torch

    if not isinstance(x, torch.Tensor):
        return _from_protocols(x, name)
    if x.device.type != "cpu":
        raise TypeError(f"{name}: lives on device {x.device}, not in host memory; copy it to the host first: {name}.cpu()")
    x = x.detach()
    if x.layout != torch.strided:
        x = x.to_dense()
    x = x.resolve_conj().resolve_neg()
    if x.dtype == torch.complex32:
        x = x.to(torch.complex64)
    try:
        return x.numpy()
    except TypeError:
        # bfloat16 and the 8-bit floats, which NumPy lacks.
        return x.to(torch.float32).numpy()


_CONVERSIONS: dict[str, Callable[[Any, str], np.ndarray]] = {
    "pandas": _from_pandas,
    "polars": _from_polars,
    "pyarrow": _from_pyarrow,
    "torch": _from_torch,
}

"""Products of butterflies as a module."""

from __future__ import annotations

import json
import os
from typing import Any, Literal

import numpy as np
import torch

from .. import _native
from .._learned import LearnedFft
from ._files import exact, model_bytes, read

#: Gates of the model files.
_CLOSED, _OPEN, _SKIP, _REVERSE = range(4)


def butterflies(x: torch.Tensor, twiddles: torch.Tensor, orders: torch.Tensor) -> torch.Tensor:
    """The transforms of complex vectors `[…, n]`, in torch operations.

    twiddles : `[stages, n/2, 4, 2]`: a, b, c, d of each butterfly `[[a, b], [c, d]]`, real and imaginary. Stage `s` of a product
        combines points `2^s` apart; butterfly `i` is the i-th pair in the order of its first point.
    orders : `[products, n]`: each product takes `x[…, order]`.
    """
    n = x.shape[-1]
    bits = n.bit_length() - 1
    for stage in range(len(twiddles)):
        if stage % bits == 0:
            x = x[..., orders[stage // bits]]
        half = 1 << stage % bits
        pairs = x.reshape(*x.shape[:-1], n // (2 * half), 2, half)
        a, b, c, d = torch.view_as_complex(twiddles[stage].contiguous()).reshape(-1, half, 4).unbind(-1)
        first, second = pairs.unbind(-2)
        x = torch.stack((a * first + b * second, c * first + d * second), -2).reshape(x.shape)
    return x


class _Kernels(torch.autograd.Function):
    """`butterflies` by this package's kernels: float64 inside; the backward pass computes the activations again."""

    @staticmethod
    def forward(ctx: Any, x: torch.Tensor, twiddles: torch.Tensor, orders: torch.Tensor) -> torch.Tensor:
        ctx.save_for_backward(x, twiddles, orders)
        return torch.from_numpy(_native.butterflies(_u32(orders), _f64(twiddles), _array(x)))

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, gy: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, None]:  # type: ignore[override]
        x, twiddles, orders = ctx.saved_tensors
        gx, gw = _native.butterflies_backward(_u32(orders), _f64(twiddles), _array(x), _array(gy))
        return torch.from_numpy(gx), torch.from_numpy(gw).reshape(twiddles.shape).to(twiddles.dtype), None


def _u32(orders: torch.Tensor) -> np.ndarray:
    return np.ascontiguousarray(orders.numpy(), np.uint32)


def _f64(twiddles: torch.Tensor) -> np.ndarray:
    return np.ascontiguousarray(twiddles.detach().numpy(), np.float64)


def _array(x: torch.Tensor) -> np.ndarray:
    return np.ascontiguousarray(x.detach().resolve_conj().resolve_neg().numpy())


class LearnedTransform(torch.nn.Module):
    """A trainable transform of `n_fft` points: frames `[…, n_fft]`, real or complex, to complex values of that shape.

    It starts as the FFT or, with `model`, as that model. `weights` says what is free in a butterfly: ``"general"``, four complex
    numbers, or ``"angle"``, one angle `θ` of `[[1, w], [1, −w]]`, `w = exp(iθ)`, with which it keeps the FFT's form and cost.

    The state has the names of the tensors of a model file, so that ``module.load_state_dict(safetensors.torch.load_file(path))``
    reads one; `load` does it, and sets the size. Gates of a model act, and are not trained.

    >>> import torch
    >>> from rlx_fft.torch import LearnedTransform
    >>> x = torch.randn(3, 16)
    >>> torch.allclose(LearnedTransform(16)(x), torch.fft.fft(x), atol=1e-5)
    True
    """

    orders: torch.Tensor
    gates: torch.Tensor
    mask: torch.Tensor
    corrector: torch.Tensor

    def __init__(
        self,
        n_fft: int | None = None,
        *,
        weights: Literal["general", "angle"] = "general",
        model: LearnedFft | None = None,
    ) -> None:
        super().__init__()
        if (n_fft is None) == (model is None):
            raise ValueError("n_fft: give either the number of points or a model")
        if weights not in ("general", "angle"):
            raise ValueError(f"weights: must be 'general' or 'angle', got {weights!r}")
        tensors, self.metadata = read(model._native.to_bytes()) if model is not None else exact(n_fft)
        twiddles = tensors["twiddles"]
        if weights == "angle":
            a, b, c, d = torch.view_as_complex(twiddles.contiguous()).unbind(-1)
            one = torch.ones_like(a)
            close = torch.allclose
            if not (close(a, one) and close(c, one) and close(b, -d) and close(b.abs(), one.abs())):
                raise ValueError("weights: 'angle' needs butterflies [[1, w], [1, -w]] with |w| = 1, and the model has others")
            self.angles = torch.nn.Parameter(b.angle())
        else:
            self.twiddles = torch.nn.Parameter(twiddles)
        self.weights = weights
        self.n_fft = int(self.metadata["n_fft"])
        self.is_real = self.metadata.get("real") == "true"
        self.register_buffer("gates", tensors["gates"])
        self.register_buffer("orders", tensors["orders"].to(torch.int64))
        self.register_buffer("mask", tensors["mask"])
        self.register_buffer("corrector", tensors["corrector"])

    def plain(self) -> torch.Tensor:
        """The weights `[stages, n_fft/2, 4, 2]` before gates are applied."""
        if self.weights == "general":
            return self.twiddles
        w = torch.stack((self.angles.cos(), self.angles.sin()), -1)
        one = torch.zeros_like(w)
        one[..., 0] = 1
        return torch.stack((one, w, one, -w), -2)

    def butterflies(self) -> torch.Tensor:
        """The weights with gates applied."""
        twiddles = self.plain()
        gates = self.gates[..., None, None]
        if bool((gates == _OPEN).all()):
            return twiddles
        sign = torch.tensor([1, -1], dtype=twiddles.dtype, device=twiddles.device)
        adjoint = twiddles[..., [0, 2, 1, 3], :] * sign
        same = torch.zeros_like(twiddles)
        same[..., 0, 0] = same[..., 3, 0] = 1
        twiddles = torch.where(gates == _REVERSE, adjoint, twiddles)
        twiddles = torch.where(gates == _SKIP, same, twiddles)
        return torch.where(gates == _CLOSED, torch.zeros_like(twiddles), twiddles)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if x.shape[-1:] != (self.n_fft,):
            raise ValueError(f"x: frames of shape {tuple(x.shape)}, the last axis must have {self.n_fft} samples")
        twiddles = self.butterflies()
        kind = torch.complex128 if twiddles.dtype == torch.float64 else torch.complex64
        x = x.to(kind)
        by_kernels = x.device.type == "cpu" and not torch.jit.is_tracing()
        y = (_Kernels.apply if by_kernels else butterflies)(x, twiddles, self.orders)
        return y.real.to(kind) if self.is_real else y

    def extra_repr(self) -> str:
        return f"n_fft={self.n_fft}, weights={self.weights!r}"

    def model(self) -> LearnedFft:
        """The present weights as a model of this package."""
        return LearnedFft(_native.LearnedFft.from_bytes(model_bytes(self)))

    def save(self, path: str | os.PathLike[str]) -> None:
        """Writes a model file, which `rlx-fft`, `rlx_fft.load` and `load` read."""
        with open(path, "wb") as file:
            file.write(model_bytes(self))

    @classmethod
    def load(
        cls, path: str | os.PathLike[str], *, weights: Literal["general", "angle"] = "general"
    ) -> LearnedTransform:
        """A transform from a model file."""
        from .._learned import load

        return cls(model=load(path), weights=weights)

    def record(self) -> dict[str, Any]:
        """How the model was made, as far as this package made it."""
        return json.loads(self.metadata["record"])

    def to_onnx(self, path: str | os.PathLike[str]) -> None:
        """Writes an ONNX model: real `frames` `[rows, n_fft]` to `real` and `imaginary` of that shape, in plain operators."""
        from ._onnx import export_transform

        export_transform(self, path)

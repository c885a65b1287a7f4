"""Model files: the tensors of `rlx-fft`'s safetensors format and their metadata."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

if TYPE_CHECKING:
    from ._transform import LearnedTransform

#: Tensors of a model, and their types in files.
_TYPES = {
    "twiddles": torch.float32,
    "gates": torch.uint8,
    "orders": torch.uint32,
    "mask": torch.float32,
    "corrector": torch.float32,
}


def _safetensors() -> Any:
    try:
        import safetensors
        import safetensors.torch
    except ImportError as error:
        raise ModuleNotFoundError(
            "model files need safetensors: pip install 'rlx-fft[torch]'", name="safetensors"
        ) from error
    return safetensors


def read(data: bytes) -> tuple[dict[str, torch.Tensor], dict[str, str]]:
    """The tensors of a file's bytes and its metadata."""
    header = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])
    return _safetensors().torch.load(data), header.get("__metadata__", {})


def exact(n_fft: int | None) -> tuple[dict[str, torch.Tensor], dict[str, str]]:
    """The same of the FFT."""
    n = n_fft
    if not isinstance(n, int) or isinstance(n, bool) or n < 2 or n & (n - 1):
        raise ValueError(f"n_fft: must be a power of two from 2, got {n!r}")
    bits = n.bit_length() - 1
    stages = []
    for stage in range(bits):
        half = 1 << stage
        w = np.exp(-1j * np.pi * (np.arange(n // 2) % half) / half)
        one = np.ones_like(w)
        stages.append(np.stack((one, w, one, -w), -1))
    twiddles = torch.view_as_real(torch.from_numpy(np.stack(stages))).to(torch.float32)
    order = [int(f"{i:0{bits}b}"[::-1], 2) for i in range(n)]
    tensors = {
        "twiddles": twiddles,
        "gates": torch.ones(bits, n // 2, dtype=torch.uint8),
        "orders": torch.tensor([order]),
        "mask": torch.ones(n // 2 + 1),
        "corrector": torch.tensor([1.0, 0.0]),
    }
    record = {"version": 2, "method": "exact", "transform": "dft", "learner": "exact", "init": "exact"}
    metadata = {"format": "rlx-fft-learned", "version": "1", "n_fft": str(n), "real": "false"}
    return tensors, {**metadata, "record": json.dumps(record)}


def model_bytes(
    transform: LearnedTransform, more: dict[str, torch.Tensor] | None = None, metadata: dict[str, str] | None = None
) -> bytes:
    """The bytes of a model file; `more` are tensors beside the model's, which other readers pass over."""
    state = dict(transform.state_dict())
    if "angles" in state:
        state["twiddles"] = transform.plain()
        more = {**(more or {}), "angles": state["angles"]}
    tensors = {name: state[name].detach().cpu().to(kind).contiguous() for name, kind in _TYPES.items()}
    tensors |= {name: tensor.detach().cpu().to(torch.float32).contiguous() for name, tensor in (more or {}).items()}
    record = json.loads(transform.metadata["record"])
    # What was measured was measured on other weights.
    record |= {"method": "torch", "learner": "gradient", "parametrisation": transform.weights}
    record |= {"recall": None, "rel_l2": None, "rmse": None, "measured": {}, "loss": None, "stop": None}
    # Version 2 has a window of the model's own, which is no part of the transform.
    metadata = {**transform.metadata, "version": "1", **(metadata or {}), "record": json.dumps(record)}
    return _safetensors().torch.save(tensors, metadata)

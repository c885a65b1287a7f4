"""A log-mel front end whose parts can be trained."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from typing import Any, Literal

import numpy as np
import torch

from .._mel import _bank, _plan
from .._mel_general import _frame_len, _padded, _window
from .._mel_params import _CHECKS, checked
from ._files import model_bytes, read
from ._transform import LearnedTransform

#: What can be trained.
PARTS = ("window", "transform", "mel")


class LearnedFrontEnd(torch.nn.Module):
    """Log-mel features `[…, samples]` → those of `rlx_fft.melspectrogram`, with trainable parts.

    preset, and the keywords of `melspectrogram` : which features it starts as. `n_fft` must be a power of two: the presets of
        Whisper and torchaudio need ``n_fft=512, win_length=400`` or the like.
    learn : what is trained, of ``"window"``, ``"transform"`` and ``"mel"`` (the filters' weights where they are not zero).
        The rest is fixed.
    weights : ``"general"`` or ``"angle"`` butterflies, as in `LearnedTransform`.

    At the start it is the exact FFT, so that its values are those of `melspectrogram` up to float32 rounding.

    >>> import torch, rlx_fft
    >>> from rlx_fft.torch import LearnedFrontEnd
    >>> x = torch.randn(2, 16000)
    >>> features = LearnedFrontEnd("whisper", n_fft=512, win_length=400)
    >>> torch.allclose(features(x), rlx_fft.melspectrogram(x, "whisper", n_fft=512, win_length=400), atol=1e-4)
    True
    """

    def __init__(
        self,
        preset: Literal["whisper", "librosa", "kaldi", "torchaudio", "nemo"] = "whisper",
        *,
        learn: Iterable[str] = ("window", "transform"),
        weights: Literal["general", "angle"] = "general",
        log: bool = True,
        **keywords: Any,
    ) -> None:
        super().__init__()
        learn = (learn,) if isinstance(learn, str) else tuple(learn)
        for part in learn:
            if part not in PARTS:
                raise ValueError(f"learn: {part!r} is none of {', '.join(PARTS)}")
        for name in keywords:
            if name not in _CHECKS:
                raise TypeError(f"LearnedFrontEnd() got an unexpected keyword argument {name!r}")
        self.arguments = {"preset": preset, "learn": list(learn), "weights": weights, "log": log, **keywords}
        changes = checked(preset, {**keywords, "log": None if log else False})
        plan = _plan("f64", preset, changes)
        self.core = plan.core()
        n_fft = self.core["n_fft"]
        if n_fft & (n_fft - 1):
            raise ValueError(f"n_fft: {n_fft} is not a power of two; give n_fft={1 << n_fft.bit_length()} and win_length={n_fft}")
        self.pad_mode = changes.get("pad_mode", self.core["pad_mode"])
        if self.pad_mode == "linear_ramp":
            raise ValueError("pad_mode: 'linear_ramp' is not for trainable front ends")
        self.learn = learn
        self.window = torch.nn.Parameter(
            torch.tensor(_window(changes.get("window", self.core["window"]), self.core), dtype=torch.float32)
        )
        self.transform = LearnedTransform(n_fft, weights=weights)
        self.mel = torch.nn.Parameter(torch.tensor(_bank(plan, changes), dtype=torch.float32))
        self.register_buffer("support", self.mel.detach() != 0, persistent=False)
        self.window.requires_grad_("window" in learn)
        self.transform.requires_grad_("transform" in learn)
        self.mel.requires_grad_("mel" in learn)

    support: torch.Tensor

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.logarithm(self.energies(x))

    def frames(self, x: torch.Tensor) -> torch.Tensor:
        """Windowed frames `[…, frames, n_fft]`."""
        core, length = self.core, _frame_len(self.core)
        x = x.to(self.window.dtype)
        c = core["preemphasis_signal"]
        if c:
            x = torch.cat((x[..., :1], x[..., 1:] - c * x[..., :-1]), -1)
        if self.pad_mode == "constant":
            x = torch.nn.functional.pad(x, (length // 2, length // 2))
        elif self.pad_mode != "none":
            index = torch.from_numpy(_padded(np.arange(x.shape[-1]), core, self.pad_mode))
            x = x[..., index.to(x.device)]
        if x.shape[-1] < length:
            raise ValueError(f"x: {x.shape[-1]} samples are less than a frame of {length}")
        frames = x.unfold(-1, length, core["hop_length"])
        if core["drop_last_frame"]:
            frames = frames[..., :-1, :]
        if core["remove_dc"]:
            frames = frames - frames.mean(-1, keepdim=True)
        c = core["preemphasis_frame"]
        if c:
            frames = frames - c * torch.cat((frames[..., :1], frames[..., :-1]), -1)
        return torch.nn.functional.pad(frames * self.window, (0, core["n_fft"] - length))

    def energies(self, x: torch.Tensor) -> torch.Tensor:
        """Energies of the filters, `[…, frames, n_mels]`."""
        spectrum = self.transform(self.frames(x))[..., : self.core["n_fft"] // 2 + 1]
        if self.core["power"] == 2:
            power = spectrum.real.square() + spectrum.imag.square()
        else:
            power = spectrum.abs() ** self.core["power"]
        energies = power @ (self.mel * self.support).T
        return energies.clamp_min(0) if "mel" in self.learn else energies

    def logarithm(self, mel: torch.Tensor) -> torch.Tensor:
        """Features of energies `[…, frames, n_mels]`, in the unit and the layout of the preset."""
        kind, first, second = self.core["log"]
        axes = tuple(range(mel.ndim)) if self.core["max_over_batch"] else (-2, -1)
        if kind == "decibel":
            top = 10 * mel.clamp_min(first).log10()
            if self.core["ref_max"]:
                top = top - 10 * mel.amax(axes, keepdim=True).clamp_min(first).log10()
            else:
                top = top - 10 * max(0.0, float(np.log10(first)))
            mel = top if second is None else torch.maximum(top, top.amax(axes, keepdim=True) - second)
        elif kind == "log10":
            mel = mel.clamp_min(first).log10()
        elif kind == "ln":
            mel = mel.clamp_min(first).log()
        elif kind == "ln-plus":
            mel = (mel + first).log()
        kind, first, second, third = self.core["normalise"]
        if kind == "clamp":
            mel = (torch.maximum(mel, mel.amax(axes, keepdim=True) - first) + second) / third
        elif kind == "per-feature":
            mel = (mel - mel.mean(-2, keepdim=True)) / (mel.std(-2, keepdim=True) + first)
        return mel if self.core["frames_by_mels"] else mel.swapaxes(-1, -2)

    def extra_repr(self) -> str:
        return ", ".join(f"{name}={value!r}" for name, value in self.arguments.items())

    def save(self, path: str | os.PathLike[str]) -> None:
        """Writes a safetensors file: a model file of the transform, which `rlx_fft.load` reads, with window and filters."""
        # The weights are in the file.
        arguments = {name: value for name, value in self.arguments.items() if name != "window"}
        data = model_bytes(
            self.transform, {"window": self.window, "mel": self.mel}, {"front_end": json.dumps(arguments)}
        )
        with open(path, "wb") as file:
            file.write(data)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> LearnedFrontEnd:
        """A front end from a file of `save`."""
        with open(path, "rb") as file:
            tensors, metadata = read(file.read())
        if "front_end" not in metadata:
            raise ValueError(f"path: {os.fspath(path)}: has no front end; LearnedTransform.load reads models")
        made = cls(**json.loads(metadata["front_end"]))
        state = made.state_dict()
        for name in state:
            state[name] = tensors[name.removeprefix("transform.")].to(state[name].dtype)
        made.load_state_dict(state)
        return made

    def to_onnx(self, path: str | os.PathLike[str]) -> None:
        """Writes an ONNX model: `samples` `[rows, samples]` to `features`, in plain operators (opset 17)."""
        from ._onnx import export_front_end

        export_front_end(self, path)

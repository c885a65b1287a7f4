"""Learned transforms: products of butterflies that can take the FFT's place."""

from __future__ import annotations

import os
from typing import Any

import numpy as np

from . import _native
from ._arrays import numeric


class LearnedFft:
    """A learned transform of `n_fft` points. Make one with `load`, `fit` or `train`.

    >>> import numpy as np, rlx_fft
    >>> model = rlx_fft.fit(16)
    >>> x = np.random.default_rng(0).normal(size=(3, 16))
    >>> bool(np.allclose(model(x), np.fft.fft(x), atol=1e-5))
    True
    """

    def __init__(self, native: _native.LearnedFft) -> None:
        self._native = native

    @property
    def n_fft(self) -> int:
        return self._native.n_fft

    @property
    def rel_l2(self) -> float | None:
        """Relative L2 error against the transform, where it was measured."""
        return self._native.rel_l2

    @property
    def recall(self) -> float | None:
        """Share of the reference's peaks found on held-out data, where it was measured."""
        return self._native.recall

    @property
    def dead_share(self) -> float:
        """Share of the butterflies that no wanted bin needs."""
        return self._native.dead_share

    def __call__(self, x: Any) -> np.ndarray:
        """The transforms of frames `[…, n_fft]`, complex64."""
        x, _ = numeric(x)
        return self._native(np.require(x, np.complex64, ["C_CONTIGUOUS", "ALIGNED"]))

    def save(self, path: str | os.PathLike[str]) -> None:
        """Writes a safetensors file."""
        self._native.save(os.fspath(path))

    def __reduce__(self) -> tuple:
        return _from_bytes, (bytes(self._native.to_bytes()),)

    def __repr__(self) -> str:
        return f"LearnedFft(n_fft={self.n_fft}, rel_l2={self.rel_l2})"


def _from_bytes(data: bytes) -> LearnedFft:
    return LearnedFft(_native.LearnedFft.from_bytes(data))


def load(path: str | os.PathLike[str]) -> LearnedFft:
    """A model from a safetensors file."""
    return LearnedFft(_native.LearnedFft.load(os.fspath(path)))


def fit(n_fft: int, transform: str = "dft", *, seed: int = 0) -> LearnedFft:
    """The factors of a transform in closed form: dft, idft, dct2, dst2, hartley, hadamard or convolution."""
    return LearnedFft(_native.LearnedFft.fit(n_fft, transform, seed))


def train(n_fft: int, transform: str = "dft", *, steps: int | None = None, seed: int = 0) -> LearnedFft:
    """The factors of a transform by gradient, from random weights; KeyboardInterrupt stops it."""
    return LearnedFft(_native.LearnedFft.train(n_fft, transform, steps, seed))

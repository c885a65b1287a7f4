"""Learned transforms: products of butterflies that can take the FFT's place."""

from __future__ import annotations

import json
import os
from typing import Any, Callable

import numpy as np

from . import _native
from ._arrays import numeric
from ._checks import flag, shown, whole
from ._public import public


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
        """Points of the transform."""
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

    @property
    def record(self) -> dict[str, Any]:
        """How the model was made: method, learner, start, what was shown, order, steps, loss and more."""
        return json.loads(self._native.record())

    @public("x")
    def __call__(self, x: Any) -> Any:
        """The transforms of frames `[…, n_fft]`, complex64."""
        x, _ = numeric(x)
        return self._native(np.require(x, np.complex64, ["C_CONTIGUOUS", "ALIGNED"]))

    def save(self, path: str | os.PathLike[str]) -> None:
        """Writes a safetensors file at `path`."""
        self._native.save(os.fspath(path))

    def __reduce__(self) -> tuple:
        return _from_bytes, (bytes(self._native.to_bytes()),)

    def __repr__(self) -> str:
        return f"LearnedFft(n_fft={self.n_fft}, rel_l2={self.rel_l2})"


def _from_bytes(data: bytes) -> LearnedFft:
    return LearnedFft(_native.LearnedFft.from_bytes(data))


def load(path: str | os.PathLike[str]) -> LearnedFft:
    """Returns the model of a safetensors file.

    path : of a file that `LearnedFft.save` or the program `rlx-fft` wrote.
    """
    return LearnedFft(_native.LearnedFft.load(os.fspath(path)))


#: Names of the samples in errors of other functions.
_OWN_NAMES = {"x": "what", "matrix": "what", "n_fft": "what", "inputs": "what", "outputs": "what"}


def _wanted(
    what: Any, transform: str, depth: int, permutation: str | None, complex_target: bool, seed: int
) -> dict[str, Any]:
    for name, text in (("transform", transform), ("permutation", "unknown" if permutation is None else permutation)):
        if not isinstance(text, str):
            raise TypeError(f"{name}: must be a name, got {shown(text)}")
    depth, seed = whole(depth, "depth", 1, 2), whole(seed, "seed", 0, (1 << 64) - 1)
    complex_target = flag(complex_target, "complex_target")
    matrix: np.ndarray | None = None
    outputs: np.ndarray | None = None
    n_fft, rounding = 0, 0.0
    if isinstance(what, tuple):
        if len(what) != 2:
            raise ValueError(f"what: pairs are (inputs, outputs), got {len(what)} arrays")
        matrix, outputs = _square(what[0], "inputs"), _square(what[1], "outputs")
        rounding = max(_rounding(matrix), _rounding(outputs))
    elif isinstance(what, (int, np.integer)) and not isinstance(what, bool):
        n_fft = whole(what, "what", 2, 1 << 13)
    else:
        matrix = _square(what, "matrix")
        rounding = _rounding(matrix)
    if matrix is None and depth != 1:
        raise ValueError("depth: goes with a matrix or pairs; named transforms have their own")
    if matrix is not None and transform != "dft":
        raise ValueError(f"transform: {transform!r}: the matrix or the pairs say what is learned")
    complex128 = [None if x is None else np.require(x, np.complex128, ["C", "A"]) for x in (matrix, outputs)]
    return {
        "n_fft": n_fft,
        "transform": transform,
        "matrix": complex128[0],
        "outputs": complex128[1],
        "depth": depth,
        "permutation": permutation,
        "complex_target": complex_target,
        "rounding": rounding,
        "seed": seed,
    }


def _square(x: Any, name: str) -> np.ndarray:
    x, _ = numeric(x)
    x = np.asarray(x)
    if x.ndim != 2:
        raise ValueError(f"{name}: {name} must have two axes, got {x.shape}")
    return x


def _rounding(x: np.ndarray) -> float:
    return float(np.finfo(x.dtype).eps) if x.dtype in (np.float16, np.float32, np.complex64) else 0.0


@public(renamed=_OWN_NAMES)
def fit(
    what: Any,
    transform: str = "dft",
    *,
    depth: int = 1,
    permutation: str | None = None,
    complex_target: bool = False,
    polish: int = 100,
    seed: int = 0,
) -> LearnedFft:
    """Finds the butterflies of a transform in closed form.

    Parameters
    ----------
    what : points of a named transform, a power of two up to 8192; or a matrix `[n, n]`; or `(inputs, outputs)`, each
        `[pairs, n]`, of which the matrix is estimated by least squares. One product for a real matrix is compared by its real part.
    transform : ``"dft"``, ``"idft"``, ``"dct2"``, ``"dst2"``, ``"hartley"``, ``"hadamard"`` or ``"convolution"``.
    depth : products of butterflies for a matrix, 1 or 2.
    permutation : ``"bit-reversal"``, ``"identity"``, ``"cosine"``, ``"reverse"`` or ``"unknown"``, which is the default of a
        matrix of one product.
    complex_target : fits the complex matrix whose real part a named real transform is, instead of its real entries.
    polish : largest number of iterations of L-BFGS where the matrix is not an exact product.
    seed : of the kernel of ``"convolution"``.

    Returns
    -------
    model : calls transform complex64 frames `[…, n]`.

    >>> import numpy as np, rlx_fft
    >>> dct = np.cos(np.pi / 32 * (np.arange(32) + 0.5) * np.arange(32)[:, None])
    >>> model = rlx_fft.fit(dct)
    >>> bool(np.allclose(model(np.eye(32)).real.T, dct, atol=1e-5)), model.record["order"]
    (True, 'cosine')
    """
    wanted = _wanted(what, transform, depth, permutation, complex_target, seed)
    return LearnedFft(_native.LearnedFft.fit(wanted, whole(polish, "polish", 0, 1 << 32)))


@public(renamed=_OWN_NAMES)
def train(
    what: Any,
    transform: str = "dft",
    *,
    steps: int | None = None,
    depth: int = 1,
    permutation: str | None = None,
    complex_target: bool = False,
    seed: int = 0,
    callback: Callable[[int, int, float], Any] | None = None,
) -> LearnedFft:
    """Finds the butterflies of a transform by gradient, from random weights.

    Parameters
    ----------
    what, transform, depth, permutation, complex_target : as in `fit`.
    steps : of the training, at most.
    seed : of the random weights.
    callback : called as ``callback(step, steps, relative_error)``; False from it stops the training, an exception ends it.

    A training that does not reach 1e-6 logs a warning; `LearnedFft.record` says how a model was made.
    """
    wanted = _wanted(what, transform, depth, permutation, complex_target, seed)
    return LearnedFft(_native.LearnedFft.train(wanted, steps, callback))

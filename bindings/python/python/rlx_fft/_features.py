"""What follows log-mel spectrograms: decibels, cepstral coefficients, deltas; and spectrograms of streams."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

import numpy as np

from . import _native
from ._arrays import CODES, as_array, normalize_axis, numeric, rows
from ._checks import integer, real, shown
from ._mel import _plan, melspectrogram
from ._mel_params import checked, is_general
from ._public import public
from ._warnings import warn


#: Widest window of frames that is no mistake.
_MOST = 1 << 24


def _real(values: Any, name: str) -> np.ndarray:
    values, _ = numeric(values, name)
    if values.dtype.kind == "c":
        raise TypeError(f"{name}: complex values are not supported")
    return values


@public("S")
def power_to_db(
    S: Any, *, ref: float | Callable[[np.ndarray], Any] = 1.0, amin: float = 1e-10, top_db: float | None = 80.0
) -> np.ndarray:
    """Powers in decibels, as `librosa.power_to_db`: ``10 log10(max(amin, S)) - 10 log10(max(amin, ref))``.

    Parameters
    ----------
    S : powers of any shape; of complex values the magnitude, with a warning.
    ref : what 0 dB is: a number, or a function of `S` such as `numpy.max`.
    amin : smallest power, positive.
    top_db : dB below the largest value of all that are kept; None keeps all.

    Returns
    -------
    S_db : of the shape of `S`; float32 stays float32.
    """
    S, _ = numeric(S, "S")
    if S.dtype.kind == "c":
        warn(
            "power_to_db was called on complex input so phase information will be discarded. To suppress this warning, "
            "call power_to_db(np.abs(D)**2) instead."
        )
        S = np.abs(S)
    amin = real(amin, "amin")
    if not amin > 0:
        raise ValueError(f"amin: must be strictly positive, got {amin}")
    if top_db is not None and real(top_db, "top_db") < 0:
        raise ValueError(f"top_db: must not be negative, got {top_db}")
    reference = max(amin, abs(real(ref(S) if callable(ref) else ref, "ref")))
    if S.size == 0:
        return S.copy()
    limit = None if top_db is None else real(top_db, "top_db")
    data = rows(np.atleast_1d(S), max(S.ndim, 1) - 1)
    return _native.power_to_db(data, CODES[S.dtype], reference, amin, limit).reshape(S.shape)


@public("x")
def mfcc(
    x: Any = None,
    preset: Literal["whisper", "librosa", "kaldi", "torchaudio", "nemo"] = "librosa",
    *,
    S: Any = None,
    n_mfcc: int | None = None,
    dct_type: Literal[1, 2, 3] = 2,
    norm: Literal["ortho"] | None = "ortho",
    lifter: float = 0,
    axis: int = -1,
    threads: int | None = None,
    **options: Any,
) -> np.ndarray:
    """Mel-frequency cepstral coefficients, as `librosa.feature.mfcc` and `torchaudio.transforms.MFCC`; Kaldi's are
    `rlx_fft.kaldi.mfcc`.

    Parameters
    ----------
    x : samples of any shape, in the rate of the preset (or ``sr=``).
    preset : system whose log-mel spectrogram is transformed; ``"torchaudio"`` gets its `top_db` of 80.
    S : a log-mel spectrogram `[…, mels, frames]` instead of `x`.
    n_mfcc : number of coefficients: 20 by default, 40 of torchaudio's.
    dct_type, norm : type and scale of the cosine transform, as in `scipy.fft.dct`.
    lifter : raises the higher coefficients by ``1 + lifter / 2 * sin(pi * (k + 1) / lifter)``; 0 for none.
    axis : of `x` along which the samples follow each other.
    threads : as in `welch`.
    options : further arguments of `melspectrogram` (`sr`, `n_fft`, `hop_length`, `n_mels`, …).

    Returns
    -------
    M : `[…, n_mfcc, frames]`; float32 stays float32.

    >>> import numpy as np, rlx_fft
    >>> rlx_fft.mfcc(np.sin(np.arange(22050.0)), n_mfcc=13).shape
    (13, 44)
    """
    if (x is None) == (S is None):
        raise ValueError("x: either samples x or a spectrogram S must be given")
    if n_mfcc is None:
        n_mfcc = 40 if preset == "torchaudio" else 20
    n_mfcc = integer(n_mfcc, "n_mfcc", 1)
    axis = integer(axis, "axis")
    if dct_type not in (1, 2, 3):
        raise ValueError(f"dct_type: {shown(dct_type)} is none of 1, 2, 3")
    if norm not in ("ortho", None):
        raise ValueError(f"norm: {shown(norm)} is none of 'ortho', None")
    lifter = real(lifter, "lifter")
    if lifter < 0:
        raise ValueError(f"lifter: must not be negative, got {lifter}")
    if S is None:
        if preset == "kaldi":
            raise ValueError("preset: rlx_fft.kaldi.mfcc has Kaldi's coefficients")
        if preset == "torchaudio":
            options.setdefault("top_db", 80.0)
        S = melspectrogram(x, preset, axis=-1, threads=threads, **options) if axis == -1 else melspectrogram(
            np.moveaxis(as_array(x), normalize_axis(axis, as_array(x).ndim), -1), preset, threads=threads, **options
        )
    S = _real(S, "S")
    if S.ndim < 2:
        raise ValueError(f"S: needs mels and frames, got shape {S.shape}")
    count = min(n_mfcc, S.shape[-2])
    if S.size == 0:
        return np.zeros(S.shape[:-2] + (count, S.shape[-1]), S.dtype)
    return _native.mfcc(rows(S, S.ndim - 1), CODES[S.dtype], count, str(dct_type), norm == "ortho", lifter, threads)


@public("data")
def delta(
    data: Any,
    *,
    width: int = 9,
    order: int = 1,
    axis: int = -1,
    mode: Literal["interp", "nearest", "replicate", "mirror", "constant", "wrap"] = "interp",
    threads: int | None = None,
) -> np.ndarray:
    """Local derivatives of features along their frames (Savitzky and Golay), as `librosa.feature.delta`.

    Parameters
    ----------
    data : features of any shape.
    width : frames that a polynomial is fitted to, odd and at least 3.
    order : derivative, and degree of the polynomial.
    axis : along which the frames follow each other.
    mode : frames beyond the ends. ``width=5, mode="replicate"`` is `torchaudio.functional.compute_deltas`.
    threads : as in `welch`.

    Returns
    -------
    out : of the shape of `data`; float32 stays float32.
    """
    x = _real(data, "data")
    x = np.atleast_1d(x)
    axis = normalize_axis(axis, x.ndim, "data")
    width = integer(width, "width", 0, _MOST)
    order = integer(order, "order", 0, _MOST)
    if width > x.shape[axis] and mode == "interp" and x.size:
        raise ValueError(f"data: width={width} is more than the {x.shape[axis]} frames, which mode 'interp' needs")
    if not isinstance(mode, str):
        raise ValueError(f"mode: {shown(mode)} is not a name")
    if x.size == 0:
        return x.copy()
    out = _native.delta(rows(x, axis), CODES[x.dtype], width, order, mode, threads)
    return np.moveaxis(out, -1, axis)


class LogMelStream:
    """The frames of `melspectrogram` of a signal that arrives in blocks of any length.

    Parameters
    ----------
    preset, options : as in `melspectrogram`. What refers to the whole signal (whisper's and NeMo's normalisation, `top_db`,
        `ref_max`) is refused; ``log=False`` gives mel energies of any preset.
    dtype : type of the samples and values, float32 or float64.

    The frames are those of the whole signal: as many, and energies equal to rounding. The logarithm enlarges that in bands
    that are empty beside a loud tone: in float32 to 0.01 there.

    >>> import numpy as np, rlx_fft
    >>> x = np.random.default_rng(0).normal(size=16000).astype(np.float32)
    >>> stream = rlx_fft.LogMelStream("kaldi")
    >>> frames = [stream.push(block) for block in np.split(x, 10)] + [stream.finish()]
    >>> bool(np.allclose(np.concatenate(frames), rlx_fft.melspectrogram(x, "kaldi"), atol=1e-3))
    True
    """

    def __init__(
        self,
        preset: Literal["whisper", "librosa", "kaldi", "torchaudio", "nemo"] = "whisper",
        *,
        dtype: Any = np.float32,
        **options: Any,
    ) -> None:
        try:
            kind = np.dtype(dtype)
        except TypeError as error:
            raise TypeError(f"dtype: {error}") from error
        if kind not in (np.float32, np.float64):
            raise TypeError(f"dtype: must be float32 or float64, got {kind}")
        log = options.pop("log", None)
        known = {
            "sr", "n_fft", "hop_length", "win_length", "n_mels", "fmin", "fmax", "power", "window", "pad_mode", "scale",
            "norm", "preemphasis", "top_db", "ref_max",
        }  # fmt: skip
        for name in options:
            if name not in known:
                raise TypeError(f"{name}: melspectrogram of a stream has no such argument")
        changes = checked(preset, {**options, "log": False if log is False else None})
        if is_general(changes):
            raise ValueError("window: a stream has the core's windows, norms and paddings alone")
        self._dtype = kind
        self._frames_first = preset == "kaldi"
        self._stream = _native.MelStream(CODES[kind], _plan(CODES[kind], preset, changes))

    def push(self, x: Any) -> np.ndarray:
        """Returns the frames that the next samples complete, `[mels, frames]` (Kaldi: `[frames, mels]`).

        x : samples `[n]`, real; converted to the stream's type.
        """
        x = as_array(x)
        if x.ndim != 1:
            raise ValueError(f"x: must be 1-D, got shape {x.shape}")
        if x.dtype.kind not in "biuf":
            raise TypeError(f"x: dtype {x.dtype} is not a real number")
        return self._shaped(self._stream.push(np.ascontiguousarray(x, self._dtype)))

    def finish(self) -> np.ndarray:
        """Pads the end; returns the frames that are left. The stream takes no more samples."""
        return self._shaped(self._stream.finish())

    def _shaped(self, frames: np.ndarray) -> np.ndarray:
        return frames if self._frames_first else frames.T


__all__ = ["LogMelStream", "delta", "mfcc", "power_to_db"]

"""`scipy.signal.ShortTimeFFT`: the same names, arguments, properties and values; batched and on several threads."""

from __future__ import annotations

from collections.abc import Callable
from types import GenericAlias
from typing import Any, Literal

import numpy as np

from . import _native
from ._arrays import as_array, normalize_axis, rows
from ._checks import integer, real, workers
from ._preparation import get_window
from ._sources import back

Mode = Literal["twosided", "centered", "onesided", "onesided2X"]
Padding = Literal["zeros", "edge", "even", "odd"]
Trend = Callable[[np.ndarray], np.ndarray] | Literal["linear", "constant"] | None

_MODES = ("twosided", "centered", "onesided", "onesided2X")
_PADDINGS = ("zeros", "edge", "even", "odd")

#: Samples that the inverse computes at a time, so that long signals are shared between threads and can be interrupted.
_CHUNK = 1 << 16


def _weights(window: Any, name: str, kind: str = "biufc") -> np.ndarray:
    """A window that the caller has computed, finite and 1-D, as it is."""
    window = as_array(window, name)
    if window.ndim != 1 or window.size == 0:
        raise ValueError(f"{name}: must be 1-D and not empty, got shape {window.shape}")
    if window.dtype.kind not in kind:
        raise ValueError(f"{name}: weights of dtype {window.dtype}")
    if not np.isfinite(window).all():
        raise ValueError(f"{name}: must have finite entries")
    return window


def _complex(window: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(window, dtype=np.complex128)


def _hop(hop: Any, most: int | None = None) -> int:
    if not isinstance(hop, (int, np.integer)) or isinstance(hop, bool):
        raise ValueError(f"hop: must be an integer, got {hop!r}")
    if hop < 1 or (most is not None and hop > most):
        raise ValueError(f"hop: must be 1 {'or more' if most is None else f'to {most}'}, got {hop}")
    return int(hop)


def _like(values: np.ndarray, window: np.ndarray) -> np.ndarray:
    """Complex values in the type of the window."""
    return (values if window.dtype.kind == "c" else values.real).astype(window.dtype)


def _canonical(window: np.ndarray, hop: int) -> np.ndarray:
    if window.dtype.kind in "biu":
        raise ValueError(f"win: integers ({window.dtype}) have no dual window; convert to float")
    return _like(_native.canonical_dual(_complex(window), hop, float(np.finfo(window.dtype).resolution)), window)


def closest_STFT_dual_window(
    win: Any, hop: int, desired_dual: Any = None, *, scaled: bool = True
) -> tuple[np.ndarray, float | complex]:
    """The dual window of `win` that is nearest to `desired_dual`, as `scipy.signal.closest_STFT_dual_window`.

    Parameters
    ----------
    win : weights `[m]` of the short-time transform, real or complex.
    hop : samples from one slice to the next, 1 to m.
    desired_dual : weights `[m]`; None is all ones.
    scaled : nearest to any multiple of `desired_dual` instead of to itself.

    Returns
    -------
    dual_win : the dual window `[m]`.
    alpha : the multiple; 1 without `scaled`.
    """
    window = _weights(win, "win")
    desired = np.ones_like(window) if desired_dual is None else _weights(desired_dual, "desired_dual")
    if desired.shape != window.shape:
        raise ValueError(f"desired_dual: shape {desired.shape}, expected that of win, {window.shape}")
    hop = _hop(hop, len(window))
    if window.dtype.kind in "biu":
        raise ValueError(f"win: integers ({window.dtype}) have no dual window; convert to float")
    resolution = float(np.finfo(window.dtype).resolution)
    dual, parts = _native.closest_dual(_complex(window), hop, _complex(desired), bool(scaled), resolution)
    alpha = complex(*parts)
    kind = np.result_type(window, desired)
    if kind.kind != "c":
        return dual.real.astype(kind), alpha.real
    return dual.astype(kind), alpha


class ShortTimeFFT:
    """A short-time Fourier transform and its inverse, as `scipy.signal.ShortTimeFFT`.

    Slice p covers the samples from ``p * hop - m_num // 2`` on, `m_num` of them; ``stft`` gives its spectrum at
    ``S[..., :, p - p_min]``. All of SciPy's methods, properties and class methods are here with the same values; signals
    may have further axes, which share the work of `threads`.

    Parameters
    ----------
    win : weights `[m_num]` of a slice, real or complex.
    hop : samples from one slice to the next.
    fs : sampling frequency, samples per unit of time.
    fft_mode : ``"onesided"`` (bins from 0 Hz up), ``"onesided2X"`` (these with the power or magnitude of the negative ones
        added; after `scale_to`), ``"twosided"`` or ``"centered"`` (0 Hz in the middle).
    mfft : length of the transform, at least `m_num`, which is the default.
    dual_win : weights of the inverse; the canonical dual by default.
    scale_to : ``"magnitude"``, ``"psd"`` or None: what the window is scaled for.
    phase_shift : sample, from the middle of a slice, where the phase is 0; None is the slice's first sample.
    threads : threads that share the slices; 0 is all cores, None what `set_num_threads` set. Not in SciPy.

    float32 samples are computed in float64 (SciPy pads and detrends them in float32 first); NaN spreads over its slices.
    Instances are not changed by transforms and can be shared between threads.

    >>> import numpy as np, rlx_fft
    >>> stft = rlx_fft.ShortTimeFFT(np.hanning(9)[:-1], hop=2, fs=1.0)
    >>> x = np.cos(np.arange(40))
    >>> S = stft.stft(x)
    >>> S.shape
    (5, 23)
    >>> bool(np.allclose(stft.istft(S, k1=40), x))
    True
    """

    __class_getitem__: Any = classmethod(GenericAlias)

    def __init__(
        self,
        win: Any,
        hop: int,
        fs: float,
        *,
        fft_mode: Mode = "onesided",
        mfft: int | None = None,
        dual_win: Any = None,
        scale_to: Literal["magnitude", "psd"] | None = None,
        phase_shift: int | None = 0,
        threads: int | None = None,
    ) -> None:
        self._plans: dict[tuple, _native.ShortTimePlan] = {}
        self._scaling: str | None = None
        self._win = _frozen(_weights(win, "win"))
        self._hop = _hop(hop)
        self.fs = fs
        self.mfft = len(self._win) if mfft is None else mfft
        self._dual_win: np.ndarray | None = None
        self._given_dual = dual_win is not None
        if dual_win is not None:
            dual = _weights(dual_win, "dual_win")
            if dual.shape != self._win.shape:
                raise ValueError(f"dual_win: shape {dual.shape}, expected that of win, {self._win.shape}")
            self._dual_win = _frozen(dual)
        if scale_to is not None:
            self.scale_to(scale_to)
        self.fft_mode = fft_mode
        self.phase_shift = phase_shift
        self._threads = workers(threads)

    @classmethod
    def from_dual(
        cls, dual_win: Any, hop: int, fs: float, *, fft_mode: Mode = "onesided", mfft: int | None = None,
        scale_to: Literal["magnitude", "psd"] | None = None, phase_shift: int | None = 0, threads: int | None = None,
    ) -> ShortTimeFFT:  # fmt: skip
        """The transform whose window is the canonical dual of `dual_win`."""
        dual = _weights(dual_win, "dual_win")
        return cls(
            _canonical(dual, _hop(hop)), hop, fs, fft_mode=fft_mode, mfft=mfft, dual_win=dual, scale_to=scale_to,
            phase_shift=phase_shift, threads=threads,
        )  # fmt: skip

    @classmethod
    def from_window(
        cls, win_param: Any, fs: float, nperseg: int, noverlap: int, *, symmetric_win: bool = False,
        fft_mode: Mode = "onesided", mfft: int | None = None, scale_to: Literal["magnitude", "psd"] | None = None,
        phase_shift: int | None = 0, threads: int | None = None,
    ) -> ShortTimeFFT:  # fmt: skip
        """The transform with a window of `get_window` of `nperseg` samples, `noverlap` of them shared by neighbours."""
        window = get_window(win_param, nperseg, fftbins=not symmetric_win)
        return cls(
            window, nperseg - noverlap, fs, fft_mode=fft_mode, mfft=mfft, scale_to=scale_to, phase_shift=phase_shift,
            threads=threads,
        )  # fmt: skip

    @classmethod
    def from_win_equals_dual(
        cls, desired_win: Any, hop: int, fs: float, *, fft_mode: Mode = "onesided", mfft: int | None = None,
        scale_to: Literal["magnitude", "psd", "unitary"] | None = None, phase_shift: int | None = 0,
        threads: int | None = None,
    ) -> ShortTimeFFT:  # fmt: skip
        """The transform whose window is its own dual (up to a factor): `desired_win` with each hop's energy made 1."""
        window = _weights(desired_win, "desired_win")
        if window.dtype.kind in "biu":
            raise ValueError(f"desired_win: integers ({window.dtype}) have no dual window; convert to float")
        hop = _hop(hop, len(window))
        if scale_to not in ("magnitude", "psd", "unitary", None):
            raise ValueError(f"scale_to: {scale_to!r} is none of 'magnitude', 'psd', 'unitary', None")
        mfft = len(window) if mfft is None else mfft
        window = window.copy()
        least = np.finfo(window.dtype).resolution * np.abs(window).max()
        for part in range(hop):
            norm = np.linalg.norm(window[part::hop])
            if not norm > least:
                raise ValueError(f"desired_win: samples {part} mod {hop} have no weight: no dual window")
            window[part::hop] /= norm
        factor = np.sqrt(mfft) if scale_to == "unitary" else 1
        made = cls(
            window / factor, hop, fs, fft_mode=fft_mode, mfft=mfft, dual_win=window * factor, phase_shift=phase_shift,
            scale_to=None if scale_to == "unitary" else scale_to, threads=threads,
        )  # fmt: skip
        if scale_to == "unitary":
            made._scaling = scale_to
        return made

    @property
    def win(self) -> np.ndarray:
        """Weights of a slice; read-only."""
        return self._win

    @property
    def hop(self) -> int:
        """Samples from one slice to the next."""
        return self._hop

    @property
    def T(self) -> float:
        """Time between samples, 1/fs."""
        return 1 / self._fs

    @T.setter
    def T(self, v: float) -> None:
        v = real(v, "T")
        if not v > 0:
            raise ValueError(f"T: must be positive, got {v}")
        self._fs = 1 / v

    @property
    def fs(self) -> float:
        """Samples per unit of time."""
        return self._fs

    @fs.setter
    def fs(self, v: float) -> None:
        v = real(v, "fs")
        if not v > 0:
            raise ValueError(f"fs: must be positive, got {v}")
        self._fs = v

    @property
    def fft_mode(self) -> Mode:
        """Bins of a spectrum."""
        return self._fft_mode

    @fft_mode.setter
    def fft_mode(self, t: Mode) -> None:
        if t not in _MODES:
            raise ValueError(f"fft_mode: {t!r} is none of {', '.join(map(repr, _MODES))}")
        if t.startswith("onesided") and np.iscomplexobj(self._win):
            raise ValueError(f"fft_mode: {t!r}: complex windows have no one-sided spectra")
        if t == "onesided2X" and self._scaling is None:
            raise ValueError("fft_mode: 'onesided2X' needs scale_to('psd') or scale_to('magnitude')")
        self._fft_mode: Mode = t
        self._plans = {}

    @property
    def mfft(self) -> int:
        """Length of the transform."""
        return self._mfft

    @mfft.setter
    def mfft(self, n_: int) -> None:
        n_ = integer(n_, "mfft")
        if n_ < self.m_num:
            raise ValueError(f"mfft: {n_} is less than the window's length m_num={self.m_num}")
        self._mfft = n_
        self._plans = {}

    @property
    def scaling(self) -> str | None:
        """What the window is scaled for: "magnitude", "psd", "unitary" or None."""
        return self._scaling

    def scale_to(self, scaling: Literal["magnitude", "psd"]) -> None:
        """Scales window and dual for magnitudes (``"magnitude"``) or power densities (``"psd"``)."""
        if scaling not in ("magnitude", "psd"):
            raise ValueError(f"scaling: {scaling!r} is none of 'magnitude', 'psd'")
        if self._scaling == scaling:
            return
        factor = self.fac_psd if scaling == "psd" else self.fac_magnitude
        self._win = _frozen(self._win * factor)
        if self._dual_win is not None:
            self._dual_win = _frozen(self._dual_win / factor)
        self._scaling = scaling
        self._plans = {}

    @property
    def phase_shift(self) -> int | None:
        """Sample, from the middle of a slice, where the phase is 0."""
        return self._phase_shift

    @phase_shift.setter
    def phase_shift(self, v: int | None) -> None:
        if v is not None:
            if not isinstance(v, (int, np.integer)):
                raise ValueError(f"phase_shift: must be an integer or None, got {v!r}")
            if not -self.mfft < v < self.mfft:
                raise ValueError(f"phase_shift: {v} is not between -mfft and mfft={self.mfft}")
        self._phase_shift = None if v is None else int(v)
        self._plans = {}

    @property
    def m_num(self) -> int:
        """Samples of a slice."""
        return len(self._win)

    @property
    def m_num_mid(self) -> int:
        """Sample of a slice that its time is of."""
        return self.m_num // 2

    @property
    def onesided_fft(self) -> bool:
        """Whether spectra have the bins from 0 Hz up alone."""
        return self._fft_mode in ("onesided", "onesided2X")

    @property
    def f_pts(self) -> int:
        """Bins of a spectrum."""
        return self.mfft // 2 + 1 if self.onesided_fft else self.mfft

    @property
    def delta_f(self) -> float:
        """Distance of the bins."""
        return 1 / (self.mfft * self.T)

    @property
    def delta_t(self) -> float:
        """Time between slices."""
        return self.T * self.hop

    @property
    def f(self) -> np.ndarray:
        """Frequencies of the bins."""
        if self.onesided_fft:
            return np.fft.rfftfreq(self.mfft, self.T)
        f = np.fft.fftfreq(self.mfft, self.T)
        return np.fft.fftshift(f) if self._fft_mode == "centered" else f

    @property
    def fac_magnitude(self) -> float:
        """Factor of the window for magnitudes."""
        return 1 if self._scaling == "magnitude" else 1 / abs(sum(self._win))

    @property
    def fac_psd(self) -> float:
        """Factor of the window for power densities."""
        if self._scaling == "psd":
            return 1
        return 1 / np.sqrt(sum(self._win.real**2 + self._win.imag**2) / self.T)

    @property
    def dual_win(self) -> np.ndarray:
        """Weights of the inverse; ValueError where there is none."""
        if self._dual_win is None:
            self._dual_win = _frozen(_canonical(self._win, self._hop))
        return self._dual_win

    @property
    def invertible(self) -> bool:
        """Whether there is an inverse."""
        try:
            return len(self.dual_win) > 0
        except ValueError:
            return False

    def _plan(self, code: str, padding: str = "zeros", detrend: str = "none", inverse: bool = False) -> Any:
        key = code, padding, detrend, inverse
        plan = self._plans.get(key)
        if plan is None:
            gain = 1.0
            if self._fft_mode == "onesided2X":
                gain = float(np.sqrt(2)) if self._scaling == "psd" else 2.0
            plan = _native.ShortTimePlan(
                code, _complex(self._win), self._hop, self._mfft, self._fft_mode.removesuffix("2X"), gain,
                self._phase_shift, padding, detrend, _complex(self.dual_win) if inverse else None,
            )  # fmt: skip
            self._plans[key] = plan
        return plan

    def _code(self, x: np.ndarray) -> tuple[str, type]:
        is_complex = np.iscomplexobj(x) or np.iscomplexobj(self._win)
        return ("c64", np.complex128) if is_complex else ("f64", np.float64)

    @property
    def _slices(self) -> Any:
        return self._plan("c64" if np.iscomplexobj(self._win) else "f64")

    @property
    def k_min(self) -> int:
        """First sample that the first slice covers, 0 or less."""
        return self._slices.k_min

    @property
    def p_min(self) -> int:
        """First slice, 0 or less."""
        return self._slices.p_min

    def k_max(self, n: int) -> int:
        """One more than the last sample that a slice of a signal of `n` samples covers."""
        return self._slices.k_max(_length(n))

    def p_max(self, n: int) -> int:
        """One more than the last slice of a signal of `n` samples."""
        return self._slices.p_max(_length(n))

    def p_num(self, n: int) -> int:
        """Slices of a signal of `n` samples."""
        return self.p_max(n) - self.p_min

    @property
    def lower_border_end(self) -> tuple[int, int]:
        """First sample and first slice that the samples before the signal do not touch."""
        return self._slices.lower_border_end

    def upper_border_begin(self, n: int) -> tuple[int, int]:
        """First sample and first slice that the samples after a signal of `n` samples touch."""
        return self._slices.upper_border_begin(_length(n))

    def p_range(self, n: int, p0: int | None = None, p1: int | None = None) -> tuple[int, int]:
        """Slices `p0` to `p1` (not included), by default all of a signal of `n` samples."""
        least, most = self.p_min, self.p_max(n)
        first = least if p0 is None else integer(p0, "p0")
        end = most if p1 is None else integer(p1, "p1")
        if not least <= first < end <= most:
            name = "p0" if p1 is None or not least <= first < most else "p1"
            raise ValueError(f"{name}: p_min={least} <= p0={p0} < p1={p1} <= p_max={most} does not hold for n={n}")
        return first, end

    def t(self, n: int, p0: int | None = None, p1: int | None = None, k_offset: int = 0) -> np.ndarray:
        """Times of the slices of a signal of `n` samples."""
        if not isinstance(n, (int, np.integer)) or n <= 0:
            raise ValueError(f"n: must be a positive integer, got {n!r}")
        first, end = self.p_range(int(n), p0, p1)
        return np.arange(first, end) * self.delta_t + k_offset * self.T

    def nearest_k_p(self, k: int, left: bool = True) -> int:
        """The sample of a slice's middle at or before `k`, or with ``left=False`` at or after it."""
        p, rest = divmod(k, self.hop)
        return k if rest == 0 else (p if left else p + 1) * self.hop

    def extent(
        self, n: int, axes_seq: Literal["tf", "ft"] = "tf", center_bins: bool = False
    ) -> tuple[float, float, float, float]:
        """Limits of time and frequency axes, for `matplotlib.pyplot.imshow`."""
        if axes_seq not in ("tf", "ft"):
            raise ValueError(f"axes_seq: {axes_seq!r} is none of 'tf', 'ft'")
        if self.onesided_fft:
            q0, q1 = 0, self.f_pts
        elif self._fft_mode == "centered":
            q0, q1 = -(self.mfft // 2), (self.mfft + 1) // 2
        else:
            raise ValueError("fft_mode: 'twosided' has no extent; 'centered', 'onesided' and 'onesided2X' have")
        shift = 0.5 if center_bins else 0
        p0, p1 = self.p_min, self.p_max(n)
        times = self.delta_t * (p0 - shift), self.delta_t * (p1 - shift)
        bins = self.delta_f * (q0 - shift), self.delta_f * (q1 - shift)
        return (*times, *bins) if axes_seq == "tf" else (*bins, *times)

    def stft(
        self, x: Any, p0: int | None = None, p1: int | None = None, *, k_offset: int = 0, padding: Padding = "zeros",
        axis: int = -1,
    ) -> Any:  # fmt: skip
        """Spectra of the slices `p0` to `p1` of `x`; see `stft_detrend`."""
        return self.stft_detrend(x, None, p0, p1, k_offset=k_offset, padding=padding, axis=axis)

    def stft_detrend(
        self, x: Any, detr: Trend, p0: int | None = None, p1: int | None = None, *, k_offset: int = 0,
        padding: Padding = "zeros", axis: int = -1,
    ) -> Any:  # fmt: skip
        """Spectra of the slices `p0` to `p1` of `x`, each detrended before the window.

        Parameters
        ----------
        x : samples of any shape, at least half a window along `axis`; complex ones for two-sided modes.
        detr : ``"constant"``, ``"linear"``, None, or a function of slices `[…, m_num]`.
        p0, p1 : first slice, and the one after the last; all by default.
        k_offset : samples that the slices are moved by; with ``"even"`` and ``"odd"`` not all of them beyond the ends.
        padding : samples beyond the ends: ``"zeros"``, ``"edge"``, ``"even"`` or ``"odd"``.
        axis : along which the samples follow each other.

        Returns
        -------
        S : complex128; `axis` has the bins and a last axis the slices.
        """
        convert = back(x)
        x = as_array(x)
        if x.dtype.kind not in "biufcO":
            raise TypeError(f"x: dtype {x.dtype} is not a number")
        if self.onesided_fft and np.iscomplexobj(x):
            raise ValueError(f"x: complex samples have no {self._fft_mode!r} spectra; set fft_mode to 'twosided' or 'centered'")
        if detr is not None and not callable(detr) and detr not in ("linear", "constant"):
            raise ValueError(f"detr: {detr!r} is none of 'linear', 'constant', None or a function")
        if padding not in _PADDINGS:
            raise ValueError(f"padding: {padding!r} is none of {', '.join(map(repr, _PADDINGS))}")
        if x.ndim == 0:
            raise ValueError("x: needs at least one dimension")
        at = normalize_axis(axis, x.ndim)
        n = x.shape[at]
        if n < self.m_num - self.m_num_mid:
            raise ValueError(f"x: {n} samples, needs {self.m_num - self.m_num_mid} (half a window) or more")
        first, end = self.p_range(n, p0, p1)
        offset = integer(k_offset, "k_offset")
        code, kind = self._code(x)
        try:
            data = rows(x.astype(kind, copy=False), at)
        except (TypeError, ValueError) as error:
            raise type(error)(f"x: {error}") from error
        k0 = first * self.hop - self.m_num_mid + offset
        k1 = k0 + (end - first) * self.hop + self.m_num
        inside = (max(k0, 0), min(k1, n)) if padding in ("even", "odd") else (0, n)
        if inside[0] >= inside[1]:
            raise ValueError(f"k_offset: {offset} moves all slices beyond the samples")
        if callable(detr):
            spectra = self._by_function(data, detr, code, first, end, offset, padding, inside)
        elif data.size == 0:
            spectra = np.zeros(data.shape[:-1] + (end - first, self.f_pts), complex)
        else:
            plan = self._plan(code, padding, detr or "none")
            spectra = plan.forward(data, first, end - first, offset, inside, self._threads)
        S = np.moveaxis(np.swapaxes(spectra, -1, -2), -2, at)
        return S if convert is None else convert(S)

    def _by_function(
        self, x: np.ndarray, function: Callable, code: str, first: int, end: int, offset: int, padding: str,
        inside: tuple[int, int],
    ) -> np.ndarray:  # fmt: skip
        """Slices through a function of the caller's, one after the other as SciPy calls it."""
        k0 = first * self.hop - self.m_num_mid + offset
        k1 = k0 + (end - first - 1) * self.hop + self.m_num
        begin, stop = (inside if padding in ("even", "odd") else (max(k0, 0), min(k1, x.shape[-1])))
        width = [(0, 0)] * (x.ndim - 1) + [(max(begin - k0, 0), max(k1 - stop, 0))]
        modes: dict[str, dict[str, Any]] = {
            "zeros": dict(mode="constant"), "edge": dict(mode="edge"), "even": dict(mode="reflect"),
            "odd": dict(mode="reflect", reflect_type="odd"),
        }  # fmt: skip
        padded = np.pad(x[..., begin:stop], width, **modes[padding])
        slices = [
            np.asarray(function(padded[..., k : k + self.m_num]))
            for k in range(0, (end - first) * self.hop, self.hop)
        ]
        joined = np.stack(slices, axis=-2)
        if joined.shape[-1] != self.m_num or joined.dtype.kind not in "biufc":
            raise ValueError(f"detr: returned shape {joined.shape[:-2] + joined.shape[-1:]} and dtype {joined.dtype}")
        code, kind = self._code(joined)
        data: np.ndarray = np.ascontiguousarray(joined, dtype=kind)
        plan = self._plan(code)
        return plan.forward(data, 0, 1, self.m_num_mid, (0, self.m_num), self._threads)[..., 0, :]

    def spectrogram(
        self, x: Any, y: Any = None, detr: Trend = None, *, p0: int | None = None, p1: int | None = None,
        k_offset: int = 0, padding: Padding = "zeros", axis: int = -1,
    ) -> Any:  # fmt: skip
        """|S|² of `x`, or with `y` the cross spectra ``Sx * conj(Sy)``; the arguments are those of `stft_detrend`."""
        options: dict[str, Any] = dict(k_offset=k_offset, padding=padding, axis=axis)
        Sx = self.stft_detrend(x, detr, p0, p1, **options)
        if y is None or y is x:
            return Sx.real**2 + Sx.imag**2
        return Sx * self.stft_detrend(y, detr, p0, p1, **options).conj()

    def istft(self, S: Any, k0: int = 0, k1: int | None = None, *, f_axis: int = -2, t_axis: int = -1) -> Any:
        """The samples `k0` to `k1` of the signal whose spectra are `S`.

        Parameters
        ----------
        S : spectra of all slices from `p_min` on, as `stft` returns them, complex.
        k0, k1 : first sample, and the one after the last; by default all that the slices cover from sample 0 on.
        f_axis, t_axis : axes of the bins and of the slices.

        Returns
        -------
        x : float64 for one-sided modes, else complex128; `f_axis` has the samples.
        """
        convert = back(S)
        S = as_array(S, "S")
        if S.ndim < 2:
            raise ValueError(f"S: needs two dimensions or more, got {S.ndim}")
        f_at, t_at = normalize_axis(f_axis, S.ndim, "S"), normalize_axis(t_axis, S.ndim, "S")
        if f_at == t_at:
            raise ValueError(f"f_axis: {f_axis} may not be equal to t_axis={t_axis}")
        if S.shape[f_at] != self.f_pts:
            raise ValueError(f"S: {S.shape[f_at]} bins, expected f_pts={self.f_pts} (shape {S.shape})")
        least = self.m_num - self.m_num_mid
        if S.shape[t_at] < self.p_num(least):
            raise ValueError(f"S: needs {self.p_num(least)} slices or more, got {S.shape[t_at]} (shape {S.shape})")
        spectra = np.moveaxis(S, (t_at, f_at), (-2, -1))
        end_slice = spectra.shape[-2] + self.p_min
        k_max = (end_slice - 1) * self.hop + self.m_num - self.m_num_mid
        first = integer(k0, "k0")
        end = k_max if k1 is None else integer(k1, "k1")
        if not self.k_min <= first < end <= k_max:
            name = "k0" if k1 is None or not self.k_min <= first < k_max else "k1"
            raise ValueError(f"{name}: k_min={self.k_min} <= k0={k0} < k1={k1} <= k_max={k_max} is false")
        if end - first < least:
            raise ValueError(f"k1: k1 - k0 = {end - first} has to be {least} (half a window) or more")
        used = min(self.p_max(end), end_slice) - self.p_min
        data: np.ndarray = np.ascontiguousarray(spectra[..., :used, :], dtype=np.complex128)
        is_real = self.onesided_fft
        n = end - first
        chunk = n if n <= 2 * _CHUNK else max(_CHUNK, 16 * self.m_num)
        plan = self._plan("f64" if is_real else "c64", inverse=True)
        if data.size == 0:
            x = np.zeros(data.shape[:-2] + (n,), float if is_real else complex)
        else:
            x = plan.inverse(data, first, -(-n // chunk), chunk, self._threads)[..., :n]
        if x.ndim > 1:
            x = np.moveaxis(x, -1, f_at if f_at < x.ndim else t_at)
        return x if convert is None else convert(x)


def _length(n: Any) -> int:
    return integer(n, "n", 0)


def _frozen(values: np.ndarray) -> np.ndarray:
    values = values.view()
    values.flags.writeable = False
    return values


__all__ = ["ShortTimeFFT", "closest_STFT_dual_window"]

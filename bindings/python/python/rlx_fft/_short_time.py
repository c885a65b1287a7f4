"""`scipy.signal.ShortTimeFFT`: the same names, arguments, properties and values; batched and on several threads."""

from __future__ import annotations

from collections.abc import Callable
from types import GenericAlias
from typing import Any, Literal

import numpy as np

from ._arrays import as_array, normalize_axis, rows
from ._checks import integer, shown
from ._public import public
from ._dual_windows import closest_STFT_dual_window
from ._short_time_constructors import Constructors
from ._short_time_slices import MOST_SAMPLES
from ._sources import back

Padding = Literal["zeros", "edge", "even", "odd"]
Trend = Callable[[np.ndarray], np.ndarray] | Literal["linear", "constant"] | None

_PADDINGS = ("zeros", "edge", "even", "odd")

#: Samples that the inverse computes at a time, so that long signals are shared between threads and can be interrupted.
_CHUNK = 1 << 16


class ShortTimeFFT(Constructors):
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

    @public("x", convert_samples=False)
    def stft(
        self, x: Any, p0: int | None = None, p1: int | None = None, *, k_offset: int = 0, padding: Padding = "zeros",
        axis: int = -1,
    ) -> Any:  # fmt: skip
        """Returns the spectra of the slices of `x`, complex128; `axis` has the bins and a last axis the slices.

        x, p0, p1, k_offset, padding, axis : as in `stft_detrend`.
        """
        return self.stft_detrend(x, None, p0, p1, k_offset=k_offset, padding=padding, axis=axis)

    @public("x", convert_samples=False)
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
            raise ValueError(f"detr: {shown(detr)} is none of 'linear', 'constant', None or a function")
        if padding not in _PADDINGS:
            raise ValueError(f"padding: {shown(padding)} is none of {', '.join(map(repr, _PADDINGS))}")
        if x.ndim == 0:
            raise ValueError("x: needs at least one dimension")
        at = normalize_axis(axis, x.ndim)
        n = x.shape[at]
        if n < self.m_num - self.m_num_mid:
            raise ValueError(f"x: {n} samples, needs {self.m_num - self.m_num_mid} (half a window) or more")
        first, end = self.p_range(n, p0, p1)
        offset = integer(k_offset, "k_offset", -MOST_SAMPLES, MOST_SAMPLES)
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
        for done in slices:
            if done.shape[-1:] != (self.m_num,) or done.dtype.kind not in "biufc":
                raise ValueError(f"detr: returned shape {done.shape} and dtype {done.dtype}")
        joined = np.stack(slices, axis=-2)
        code, kind = self._code(joined)
        data: np.ndarray = np.ascontiguousarray(joined, dtype=kind)
        plan = self._plan(code)
        return plan.forward(data, 0, 1, self.m_num_mid, (0, self.m_num), self._threads)[..., 0, :]

    @public("x", convert_samples=False)
    def spectrogram(
        self, x: Any, y: Any = None, detr: Trend = None, *, p0: int | None = None, p1: int | None = None,
        k_offset: int = 0, padding: Padding = "zeros", axis: int = -1,
    ) -> Any:  # fmt: skip
        """Returns |S|² of `x`, or with `y` the cross spectra ``Sx * conj(Sy)``.

        x, detr, p0, p1, k_offset, padding, axis : as in `stft_detrend`.
        y : a second signal, of the shape of `x`.
        """
        options: dict[str, Any] = dict(k_offset=k_offset, padding=padding, axis=axis)
        Sx = self.stft_detrend(x, detr, p0, p1, **options)
        if y is None or y is x:
            return Sx.real**2 + Sx.imag**2
        try:
            Sy = self.stft_detrend(y, detr, p0, p1, **options)
        except (TypeError, ValueError) as error:
            if not str(error).startswith("x:"):
                raise
            raise type(error)(f"y{str(error)[1:]}") from error
        return Sx * Sy.conj()

    @public("S", convert_samples=False)
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


__all__ = ["ShortTimeFFT", "closest_STFT_dual_window"]

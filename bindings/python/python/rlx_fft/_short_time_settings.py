"""What a short-time transform is made of: window, hop, length, scale and bins."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from . import _native
from ._checks import integer, real, workers, shown
from ._layout import MOST
from ._public import public
from ._memory import room
from ._dual_windows import as_complex, canonical, checked_hop, frozen, weights

Mode = Literal["twosided", "centered", "onesided", "onesided2X"]

_MODES = ("twosided", "centered", "onesided", "onesided2X")


class Settings:
    """The settings of a `ShortTimeFFT`, with the native plans for them."""

    @public(renamed={"scaling": "scale_to"})
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
        self._win = frozen(weights(win, "win"))
        self._hop = checked_hop(hop)
        self.fs = fs
        self.mfft = len(self._win) if mfft is None else mfft
        self._dual_win: np.ndarray | None = None
        self._given_dual = dual_win is not None
        if dual_win is not None:
            dual = weights(dual_win, "dual_win")
            if dual.shape != self._win.shape:
                raise ValueError(f"dual_win: shape {dual.shape}, expected that of win, {self._win.shape}")
            self._dual_win = frozen(dual)
        if scale_to is not None:
            self.scale_to(scale_to)
        self.fft_mode = fft_mode
        self.phase_shift = phase_shift
        self._threads = workers(threads)

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
            raise ValueError(f"fft_mode: {shown(t)} is none of {', '.join(map(repr, _MODES))}")
        if t.startswith("onesided") and np.iscomplexobj(self._win):
            raise ValueError(f"fft_mode: {shown(t)}: complex windows have no one-sided spectra")
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
        n_ = integer(n_, "mfft", None, MOST)
        if n_ < self.m_num:
            raise ValueError(f"mfft: {n_} is less than the window's length m_num={self.m_num}")
        room("mfft", n_, n_)
        self._mfft = n_
        self._plans = {}

    @property
    def scaling(self) -> str | None:
        """What the window is scaled for: "magnitude", "psd", "unitary" or None."""
        return self._scaling

    def scale_to(self, scaling: Literal["magnitude", "psd"]) -> None:
        """Scales window and dual for a `scaling`: magnitudes (``"magnitude"``) or power densities (``"psd"``)."""
        if scaling not in ("magnitude", "psd"):
            raise ValueError(f"scaling: {shown(scaling)} is none of 'magnitude', 'psd'")
        if self._scaling == scaling:
            return
        factor = self.fac_psd if scaling == "psd" else self.fac_magnitude
        self._win = frozen(self._win * factor)
        if self._dual_win is not None:
            self._dual_win = frozen(self._dual_win / factor)
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
                raise ValueError(f"phase_shift: must be an integer or None, got {shown(v)}")
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
            self._dual_win = frozen(canonical(self._win, self._hop))
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
                code, as_complex(self._win), self._hop, self._mfft, self._fft_mode.removesuffix("2X"), gain,
                self._phase_shift, padding, detrend, as_complex(self.dual_win) if inverse else None,
            )  # fmt: skip
            self._plans[key] = plan
        return plan

    def _code(self, x: np.ndarray) -> tuple[str, type]:
        is_complex = np.iscomplexobj(x) or np.iscomplexobj(self._win)
        return ("c64", np.complex128) if is_complex else ("f64", np.float64)


__all__ = ["Mode", "Settings"]

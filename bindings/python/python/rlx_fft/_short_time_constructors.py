"""Other ways to a short-time transform than its window."""

from __future__ import annotations

from typing import Any, Literal, TypeVar

import numpy as np

from ._dual_windows import canonical, checked_hop, weights
from ._checks import integer, shown
from ._public import public
from ._preparation import get_window
from ._short_time_settings import Mode
from ._short_time_slices import Slices

Made = TypeVar("Made", bound="Constructors")


class Constructors(Slices):
    """A `ShortTimeFFT` of a dual window, of a window by name, or of one that is its own dual."""

    @classmethod
    @public(renamed={"win": "dual_win"})
    def from_dual(
        cls: type[Made], dual_win: Any, hop: int, fs: float, *, fft_mode: Mode = "onesided", mfft: int | None = None,
        scale_to: Literal["magnitude", "psd"] | None = None, phase_shift: int | None = 0, threads: int | None = None,
    ) -> Made:  # fmt: skip
        """Returns the transform whose window is the canonical dual of `dual_win`.

        hop, fs, fft_mode, mfft, scale_to, phase_shift, threads : as in the class.
        """
        dual = weights(dual_win, "dual_win")
        return cls(
            canonical(dual, checked_hop(hop)), hop, fs, fft_mode=fft_mode, mfft=mfft, dual_win=dual, scale_to=scale_to,
            phase_shift=phase_shift, threads=threads,
        )  # fmt: skip

    @classmethod
    @public(renamed={"window": "win_param", "Nx": "nperseg", "hop": "noverlap"})
    def from_window(
        cls: type[Made], win_param: Any, fs: float, nperseg: int, noverlap: int, *, symmetric_win: bool = False,
        fft_mode: Mode = "onesided", mfft: int | None = None, scale_to: Literal["magnitude", "psd"] | None = None,
        phase_shift: int | None = 0, threads: int | None = None,
    ) -> Made:  # fmt: skip
        """Returns the transform with a window by name.

        win_param : the window, as in `get_window`.
        nperseg, noverlap : samples of a slice, and those that neighbours share.
        symmetric_win : a symmetric window instead of a periodic one.
        fs, fft_mode, mfft, scale_to, phase_shift, threads : as in the class.
        """
        noverlap = integer(noverlap, "noverlap")
        window = get_window(win_param, nperseg, fftbins=not symmetric_win)
        return cls(
            window, nperseg - noverlap, fs, fft_mode=fft_mode, mfft=mfft, scale_to=scale_to, phase_shift=phase_shift,
            threads=threads,
        )  # fmt: skip

    @classmethod
    @public(renamed={"win": "desired_win", "dual_win": "desired_win"})
    def from_win_equals_dual(
        cls: type[Made], desired_win: Any, hop: int, fs: float, *, fft_mode: Mode = "onesided", mfft: int | None = None,
        scale_to: Literal["magnitude", "psd", "unitary"] | None = None, phase_shift: int | None = 0,
        threads: int | None = None,
    ) -> Made:  # fmt: skip
        """Returns the transform whose window is its own dual (up to a factor): `desired_win` with each hop's energy made 1.

        hop, fs, fft_mode, mfft, phase_shift, threads : as in the class.
        scale_to : ``"unitary"`` as well, where the transform keeps the energy.
        """
        window = weights(desired_win, "desired_win")
        if window.dtype.kind in "biu":
            raise ValueError(f"desired_win: integers ({window.dtype}) have no dual window; convert to float")
        hop = checked_hop(hop, len(window))
        if scale_to not in ("magnitude", "psd", "unitary", None):
            raise ValueError(f"scale_to: {shown(scale_to)} is none of 'magnitude', 'psd', 'unitary', None")
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


__all__ = ["Constructors"]

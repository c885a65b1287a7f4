"""Which samples the slices of a short-time transform cover, and at what times."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from ._checks import integer, shown
from ._public import public
from ._short_time_settings import Settings


#: Longest signal that is no mistake in a unit.
MOST_SAMPLES = 1 << 53


def _length(n: Any) -> int:
    return integer(n, "n", 0, MOST_SAMPLES)


class Slices(Settings):
    """Samples, slices, times and limits of a `ShortTimeFFT`."""

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

    @public()
    def k_max(self, n: int) -> int:
        """One more than the last sample that a slice of a signal of `n` samples covers."""
        return self._slices.k_max(_length(n))

    @public()
    def p_max(self, n: int) -> int:
        """One more than the last slice of a signal of `n` samples."""
        return self._slices.p_max(_length(n))

    @public()
    def p_num(self, n: int) -> int:
        """Slices of a signal of `n` samples."""
        return self.p_max(n) - self.p_min

    @property
    def lower_border_end(self) -> tuple[int, int]:
        """First sample and first slice that the samples before the signal do not touch."""
        return self._slices.lower_border_end

    @public()
    def upper_border_begin(self, n: int) -> tuple[int, int]:
        """First sample and first slice that the samples after a signal of `n` samples touch."""
        return self._slices.upper_border_begin(_length(n))

    @public()
    def p_range(self, n: int, p0: int | None = None, p1: int | None = None) -> tuple[int, int]:
        """Slices `p0` to `p1` (not included), by default all of a signal of `n` samples."""
        least, most = self.p_min, self.p_max(n)
        first = least if p0 is None else integer(p0, "p0")
        end = most if p1 is None else integer(p1, "p1")
        if not least <= first < end <= most:
            name = "p0" if p1 is None or not least <= first < most else "p1"
            raise ValueError(f"{name}: p_min={least} <= p0={p0} < p1={p1} <= p_max={most} does not hold for n={n}")
        return first, end

    @public()
    def t(self, n: int, p0: int | None = None, p1: int | None = None, k_offset: int = 0) -> np.ndarray:
        """Times of the slices `p0` to `p1` (by default all) of a signal of `n` samples, moved by `k_offset` samples."""
        if not isinstance(n, (int, np.integer)) or not 0 < n < MOST_SAMPLES:
            raise ValueError(f"n: must be a positive integer, got {shown(n)}")
        first, end = self.p_range(int(n), p0, p1)
        k_offset = integer(k_offset, "k_offset", -MOST_SAMPLES, MOST_SAMPLES)
        return np.arange(first, end) * self.delta_t + k_offset * self.T

    @public()
    def nearest_k_p(self, k: int, left: bool = True) -> int:
        """The sample of a slice's middle at or before `k`, or with ``left=False`` at or after it."""
        k = integer(k, "k")
        p, rest = divmod(k, self.hop)
        return k if rest == 0 else (p if left else p + 1) * self.hop

    @public()
    def extent(
        self, n: int, axes_seq: Literal["tf", "ft"] = "tf", center_bins: bool = False
    ) -> tuple[float, float, float, float]:
        """Limits of time and frequency axes, for `matplotlib.pyplot.imshow`.

        n : samples of the signal.
        axes_seq : ``"tf"`` (time first) or ``"ft"``.
        center_bins : whether the limits lie half a bin and half a slice before the first ones.
        """
        if axes_seq not in ("tf", "ft"):
            raise ValueError(f"axes_seq: {shown(axes_seq)} is none of 'tf', 'ft'")
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


__all__ = ["Slices"]

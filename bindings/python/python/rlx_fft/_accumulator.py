"""Welch's average of signals that arrive in blocks, or that many workers share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from . import _native
from ._arrays import CODES, normalize_axis, numeric, rows
from ._checks import flag, integer, whole
from ._layout import averages, detrending, frequencies, layout, nan_policies, rate, scalings
from ._public import converted, public
from ._sources import back
from ._windows import given


class WelchAccumulator:
    """A Welch spectrum that holds bins, not samples: push blocks, merge what others have taken, finish.

    A *stretch* is a run of samples without a break; blocks continue it, `gap` and `merge` end it, and no segment reaches over
    its end. All blocks have the same leading axes; the first one decides them and the type.

    Parameters
    ----------
    fs, window, nperseg, noverlap, nfft, return_onesided, scaling, average, nan_policy : as in `welch`. A signal is never
        shorter than `nperseg`: the segments wait for it.
    detrend : ``"constant"``, ``"linear"`` or False, per segment; no functions.
    max_segments : segments whose spectra ``average="median"`` keeps at most; more are an error.

    Pickles carry all that was taken, also the unfinished segment, so accumulators travel between processes; `+` merges
    copies, so that ``functools.reduce(operator.add, parts)`` and Dask's, Ray's and Spark's reductions work.

    >>> import numpy as np, rlx_fft
    >>> x = np.random.default_rng(0).normal(size=10_000)
    >>> total = rlx_fft.WelchAccumulator(fs=100, nperseg=128)
    >>> for block in np.array_split(x, 7):
    ...     _ = total.push(block)
    >>> f, pxx = total.finish()
    >>> bool(np.allclose(pxx, rlx_fft.welch(x, 100, nperseg=128)[1], rtol=1e-13))
    True
    """

    @public()
    def __init__(
        self,
        fs: float = 1.0,
        window: Any = "hann_periodic",
        nperseg: int | None = None,
        noverlap: int | None = None,
        nfft: int | None = None,
        detrend: str | bool | None = "constant",
        return_onesided: bool = True,
        scaling: str = "density",
        average: str = "mean",
        *,
        nan_policy: str = "propagate",
        max_segments: int | None = None,
    ) -> None:
        if nperseg is not None:
            nperseg = integer(nperseg, "nperseg", 1, 1 << 28)
        length = nperseg or (256 if isinstance(window, (str, tuple)) else len(given(window)))
        self._layout = layout(int(length), window, nperseg, noverlap, nfft)
        if self._layout.nfft < 2:
            raise ValueError("nperseg: an accumulator's segments have at least 2 samples")
        self._fs = rate(fs)
        self._detrend, function = detrending(detrend)
        if function is not None:
            raise TypeError("detrend: a function cannot be applied to samples that arrive in blocks")
        self._onesided = flag(return_onesided, "return_onesided")
        self._scaling = scalings(scaling)
        self._average = averages(average)
        self._policy = nan_policies(nan_policy)
        if max_segments is not None:
            max_segments = whole(max_segments, "max_segments", 1)
        if average == "median" and max_segments is None:
            raise ValueError("max_segments: a median keeps every segment, so it needs a limit on their number")
        self._limit = max_segments or 0
        self._code: str | None = None
        self._result: np.dtype | None = None
        self._outer: tuple[int, ...] | None = None
        self._native: _native.Accumulator | None = None
        #: What results become: tensors of the library of the last block.
        self._back: Callable[[np.ndarray], Any] | None = None

    def _arguments(self) -> tuple:
        at = self._layout
        return (
            self._fs, at.weights.tobytes(), at.noverlap, at.nfft, self._detrend, self._onesided, self._scaling,
            self._average, self._policy, self._limit,
        )  # fmt: skip

    def _segments(self, code: str) -> _native.Segments:
        sides = "one" if self._onesided and code[0] != "c" else "two"
        return self._layout.native(self._fs, self._detrend, self._scaling, self._average, sides, self._policy)

    def _start(self, code: str, result: np.dtype, outer: tuple[int, ...]) -> _native.Accumulator:
        made = _native.Accumulator(code, self._segments(code), int(np.prod(outer, dtype=np.int64)), self._limit)
        self._code, self._result, self._outer, self._native = code, result, outer, made
        return made

    @public("x", convert_samples=False)
    def push(self, x: Any, axis: int = -1) -> WelchAccumulator:
        """Takes the next block; returns the accumulator. After an error nothing of the block was taken.

        x : samples of any shape; all blocks have the same leading axes and type.
        axis : along which the samples follow each other.
        """
        convert = back(x)
        x, result = numeric(x)
        data = rows(x, normalize_axis(axis, x.ndim))
        code, outer = CODES[data.dtype], data.shape[:-1]
        taken = self._native or self._start(code, result, outer)
        if (code, outer) != (self._code, self._outer):
            raise ValueError(
                f"x: a block of type {code} with leading axes {outer} after {self._code} with {self._outer}"
            )
        taken.push(data)
        self._back = convert
        return self

    def gap(self) -> WelchAccumulator:
        """Ends the stretch: samples are missing here."""
        if self._native is not None:
            self._native.gap()
        return self

    def merge(self, other: WelchAccumulator) -> WelchAccumulator:
        """Ends the stretch, adds all that `other` has taken (it stays as it is), and goes on inside its stretch."""
        if not isinstance(other, WelchAccumulator):
            raise TypeError(f"other: must be a WelchAccumulator, got {type(other).__name__}")
        if self._arguments() != other._arguments():
            raise ValueError("other: was made with other arguments")
        if other._native is None:
            return self.gap()
        if self._native is None:
            assert other._code is not None and other._result is not None and other._outer is not None
            self._start(other._code, other._result, other._outer)
        elif (self._code, self._outer) != (other._code, other._outer):
            raise ValueError(
                f"other: took {other._code} with leading axes {other._outer}, this one {self._code} with {self._outer}"
            )
        assert self._native is not None
        self._native.merge(other._native)
        return self

    def __radd__(self, other: Any) -> WelchAccumulator:
        # sum() starts with 0.
        return self.copy() if isinstance(other, int) and other == 0 else NotImplemented

    def __add__(self, other: WelchAccumulator) -> WelchAccumulator:
        if not isinstance(other, WelchAccumulator):
            return NotImplemented
        return self.copy().merge(other)

    def copy(self) -> WelchAccumulator:
        """Returns an accumulator that has taken the same, and goes on independently."""
        made = WelchAccumulator.__new__(WelchAccumulator)
        made.__setstate__(self.__getstate__())
        made._back = self._back
        return made

    @property
    def segments(self) -> int:
        """Segments averaged so far, of each row (of the first, where a NaN policy left some out)."""
        return self._native.counts()[0][1] if self._native is not None and self._native.counts() else 0

    @property
    def samples(self) -> int:
        """Samples taken so far, of each row."""
        return self._native.counts()[0][0] if self._native is not None and self._native.counts() else 0

    def snapshot(self) -> tuple[Any, Any]:
        """Frequencies and the average so far; the stretch goes on."""
        if self._native is None:
            raise ValueError("x: no block has been pushed")
        assert self._code is not None and self._outer is not None
        f = frequencies(self._layout.nfft, self._fs, self._onesided and self._code[0] != "c")
        psd = self._native.snapshot().reshape(self._outer + (len(f),))
        result = f, psd.astype(self._result, copy=False)
        return result if self._back is None else converted(result, self._back)

    def finish(self) -> tuple[Any, Any]:
        """Ends the stretch; frequencies and the average. More may be pushed afterwards."""
        return self.gap().snapshot()

    def __getstate__(self) -> dict[str, Any]:
        state = {name: value for name, value in self.__dict__.items() if name not in ("_native", "_back")}
        state["_taken"] = None if self._native is None else self._native.state()
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        taken = state["_taken"]
        self.__dict__.update({name: value for name, value in state.items() if name != "_taken"})
        self._native = self._back = None
        if taken is not None:
            assert self._code is not None and self._result is not None and self._outer is not None
            self._start(self._code, self._result, self._outer).restore(taken)

    def _repr_html_(self) -> str:
        """What has been taken, as a table for notebooks."""
        at = self._layout
        rows = {
            "segment": f"{at.nperseg} samples, {at.noverlap} of them shared, transform of {at.nfft}",
            "rate": f"{self._fs:g}",
            "average": f"{self._average}, {self._scaling}",
            "leading axes": "none yet" if self._outer is None else str(self._outer),
            "samples": f"{self.samples:,}",
            "segments": f"{self.segments:,}",
        }
        lines = "".join(f"<tr><th>{name}</th><td>{value}</td></tr>" for name, value in rows.items())
        return f"<table><caption>WelchAccumulator</caption>{lines}</table>"

    def __repr__(self) -> str:
        return f"WelchAccumulator(nperseg={self._layout.nperseg}, samples={self.samples}, segments={self.segments})"

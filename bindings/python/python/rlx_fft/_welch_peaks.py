"""The strongest peaks of Welch spectra, a row of samples each."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any, Literal, SupportsIndex

import numpy as np

from . import _native
from ._arrays import normalize_axis, numeric, rows
from ._cache import cache
from ._checks import choice, flag, whole
from ._devices import attempt, lacking, plan_of
from ._layout import detrending, frequencies, layout, nan_policies, rate, scalings
from ._explaining import is_asked, note
from ._learned import LearnedFft
from ._peaks import find_peaks
from ._resident import DevicePeaks, estimate, is_resident, on_host
from ._public import public
from ._welch import welch

#: Peaks that a notebook shows.
_SHOWN = 30


class WelchPeaks:
    """Peaks `[…, k]` by power descending; where a row has fewer, the rest has bin −1 and NaN.

    bin : index in the spectrum.
    frequency : of the bin, in the unit of fs; one of `frequencies`.
    power : in the unit of the scaling.
    level : 10·log10(power), dB.
    prominence : height over the higher of the two lowest points around (`scipy.signal.peak_prominences`), in the unit
        of the power; 0 for a bin that is no local maximum; None where it was not asked for.
    """

    def __init__(
        self, bin: Any, power: Any, frequencies: np.ndarray, prominence: Any = None
    ) -> None:
        self.bin = bin
        self.power = power
        self.prominence = prominence
        self._frequencies = frequencies

    def _converted(self, convert: Callable[[np.ndarray], Any]) -> WelchPeaks:
        """All fields as tensors of another library."""
        arrays = self.frequency, self.level, self.bin, self.power, self.prominence
        self.frequency, self.level, self.bin, self.power, self.prominence = (
            None if values is None else convert(values) for values in arrays
        )
        return self

    @cached_property
    def frequency(self) -> Any:
        """Frequencies of the bins, in the unit of fs; NaN where there is no peak."""
        return np.where(self.bin >= 0, self._frequencies[self.bin], np.nan)

    @cached_property
    def level(self) -> Any:
        """10·log10(power), dB; −inf where the power is 0."""
        with np.errstate(divide="ignore"):
            return 10 * np.log10(self.power)

    @property
    def shape(self) -> tuple[int, ...]:
        """Leading axes of the samples, and k."""
        return tuple(self.bin.shape)

    def to_structured(self) -> np.ndarray:
        """One structured array with the fields bin, frequency, power, level and prominence."""
        power = np.asarray(self.power)
        real = power.dtype
        kinds = [("bin", np.int32), ("frequency", np.float64), ("power", real), ("level", real), ("prominence", real)]
        out = np.empty(self.shape, dtype=kinds)
        for name in ("bin", "frequency", "power", "level"):
            out[name] = getattr(self, name)
        out["prominence"] = np.nan if self.prominence is None else self.prominence
        return out

    def _repr_html_(self) -> str:
        """The first peaks as a table, for notebooks."""
        columns = [np.asarray(values).reshape(-1, self.shape[-1]) for values in (self.bin, self.frequency, self.power, self.level)]
        lines: list[str] = []
        for row in range(len(columns[0])):
            for rank in range(self.shape[-1]):
                if len(lines) < _SHOWN:
                    bin, frequency, power, level = (values[row, rank] for values in columns)
                    numbers = f"{row}", f"{rank + 1}", f"{bin}", f"{frequency:.6g}", f"{power:.4g}", f"{level:.2f}"
                    lines.append("<tr>" + "".join(f"<td>{number}</td>" for number in numbers) + "</tr>")
        head = "".join(f"<th>{name}</th>" for name in ("row", "rank", "bin", "frequency", "power", "level (dB)"))
        count = columns[0].size
        note = f"{count:,} peaks, shape {self.shape}" + (f"; the first {_SHOWN}" if count > _SHOWN else "")
        return f"<table><caption>WelchPeaks: {note}</caption><tr>{head}</tr>{''.join(lines)}</table>"

    def __repr__(self) -> str:
        return f"WelchPeaks(shape={self.shape}, power={self.power.dtype})"


@public("x")
def welch_peaks(
    x: Any,
    fs: float = 1.0,
    nperseg: SupportsIndex | None = None,
    k: SupportsIndex = 16,
    *,
    window: Any = "hann_periodic",
    noverlap: SupportsIndex | None = None,
    nfft: SupportsIndex | None = None,
    detrend: Any = False,
    scaling: Literal["raw", "density", "spectrum"] = "raw",
    mode: Literal["bins", "local"] = "bins",
    prominence: bool = False,
    axis: SupportsIndex = -1,
    device: str | None = None,
    threads: int | None = None,
    nan_policy: str = "raise",
    stream: Any = None,
) -> WelchPeaks:
    """The `k` strongest peaks of each row's Welch spectrum, over all other axes.

    ``mode="bins"`` takes the largest bins, neighbours or not; ties go to the lower bin. ``mode="local"`` takes the
    local maxima (`find_peaks`), the strongest first; their prominences are always there. By default the power is raw
    (one-sided |X|², mean over the segments, no detrending): float32 rows then go through the fused kernels and no
    spectrum is ever stored. ``detrend="constant", scaling="density"`` gives the peaks of `welch` with its defaults.

    fs, nperseg, noverlap, nfft, window, detrend, scaling, axis, threads, device : as in `welch`.
    k : peaks per row, at least 1; more than there are bins are as many as there are.
    prominence : whether ``mode="bins"`` computes prominences.
    nan_policy : as in `welch`, but ``"raise"`` by default.

    Returns `WelchPeaks`; with tensors in, its fields are tensors. A CUDA tensor is read and answered on its device, without a copy, and gives `DevicePeaks`;
    with a `stream` the work is queued there and not waited for, and ``nan_policy="propagate"`` has to be said, for nobody
    looks whether a row's powers are NaN.

    >>> import numpy as np, rlx_fft
    >>> t = np.arange(384) / 128
    >>> x = np.sin(2 * np.pi * np.array([[10], [20]]) * t).astype(np.float32)
    >>> peaks = rlx_fft.welch_peaks(x, fs=128, nperseg=256, k=3)
    >>> peaks.frequency[:, 0]
    array([10., 20.])
    """
    key: Any = None
    if type(x) is np.ndarray and x.dtype == np.float32 and axis == -1 and prominence is False and stream is None and x.size and x.ndim:
        key = ("peaks", x.shape[-1], fs, nperseg, k, window, noverlap, nfft, detrend, scaling, mode, device, nan_policy)
        try:
            f, (plan, factors) = cache[key]
        except (KeyError, TypeError):
            pass
        else:
            if x.flags.c_contiguous and x.flags.aligned:
                return _scaled(plan(x, threads), f, factors)
    if isinstance(k, bool):
        raise TypeError(f"k: must be an integer, got {k}")
    k = whole(k, "k", 1)
    choice(mode, "mode", ("bins", "local"))
    if is_resident(x):
        return _resident(x, fs, nperseg, k, window, noverlap, nfft, detrend, scaling, mode, prominence, axis, device,
                         nan_policy, stream)  # fmt: skip
    on_host(stream)
    given = x
    x, _ = numeric(x)
    axis = normalize_axis(axis, x.ndim)
    if x.size == 0:
        empty = np.empty(x.shape[:axis] + x.shape[axis + 1 :] + (0,))
        return WelchPeaks(empty.astype(np.int32), empty, np.empty(0), empty if prominence or mode == "local" else None)
    at = layout(x.shape[axis], window, nperseg, noverlap, nfft)
    rate_ = rate(fs)
    trend, function = detrending(detrend)
    scalings(scaling)
    policy = nan_policies(nan_policy)
    prominence = flag(prominence, "prominence")
    plain_bins = mode == "bins" and not prominence
    if (device not in (None, "cpu") or is_asked()) and plain_bins:
        data = rows(x, axis)
        lacks = None
        if device not in (None, "cpu"):
            lacks = lacking(data, at, function) or ("complex samples" if data.dtype.kind == "c" else None)
        packed = attempt(
            "welch_peaks", device, data, lacks,
            lambda: plan_of("peaks", at, rate_, trend, scaling, "mean", policy, False, k), threads,
        )  # fmt: skip
        if packed is not None:
            bins = packed[..., 0].astype(np.int32)
            return WelchPeaks(bins, np.ascontiguousarray(packed[..., 1]), frequencies(at.nfft, rate_, True))
        device = None
    plain = trend == "none" and function is None and mode == "bins" and not prominence
    fused = x.dtype == np.float32 and at.name is not None and at.nfft == at.nperseg and at.nfft >= 2
    if plain and fused and at.name is not None:
        f = frequencies(at.nfft, rate_, True)
        count = (x.shape[axis] - at.nperseg) // at.hop + 1
        native = _native.PeaksPlan(at.name, at.nfft, at.hop, count, k, policy)
        factor = {"raw": 1.0, "density": 1 / (rate_ * np.sum(at.weights**2)), "spectrum": 1 / np.sum(at.weights) ** 2}
        factors = np.float32(factor[scaling])
        if key is not None and x is given and not at.shrunk and key[11] in (None, "cpu"):
            cache.put(key, (f, (native, factors)), native)
        return _scaled(native(rows(x, axis), threads), f, factors)
    note(f"{mode} peaks and prominences: cpu; no device computes them")
    f, psd = welch(
        rows(x, axis), fs, window, at.nperseg if at.name else nperseg, noverlap, nfft, detrend, scaling=scaling,
        device=device, threads=threads, nan_policy=nan_policy,
    )  # fmt: skip
    return _of_spectra(np.ascontiguousarray(psd), f, k, mode, prominence, threads)


def _scaled(found: tuple[np.ndarray, np.ndarray], f: np.ndarray, factor: np.float32) -> WelchPeaks:
    bins, power = found
    if factor != 1:
        power *= factor
    return WelchPeaks(bins, power, f)


def _of_spectra(
    psd: np.ndarray, f: np.ndarray, k: int, mode: str, prominence: bool, threads: int | None
) -> WelchPeaks:
    outer, bins = psd.shape[:-1], psd.shape[-1]
    flat = psd.reshape(-1, bins)
    if mode == "bins":
        k = min(k, bins)
        at, power = _native.top_k(flat, k)
        prominences = _native.prominences_of_bins(flat, at, k).reshape(outer + (k,)) if prominence else None
        return WelchPeaks(at.astype(np.int32).reshape(outer + (k,)), power.reshape(outer + (k,)), f, prominences)
    at, properties = find_peaks(flat, prominence=(None, None), threads=threads)
    offsets = properties["row_offsets"]
    row = np.repeat(np.arange(len(flat)), np.diff(offsets))
    order = np.lexsort((at, -flat[row, at], row))
    rank = np.arange(len(at)) - offsets[row]
    best = rank < k
    place, source = (row[best], rank[best]), order[best]
    out_bin = np.full((len(flat), k), -1, np.int32)
    power = np.full((len(flat), k), np.nan, psd.dtype)
    heights = np.full((len(flat), k), np.nan)
    out_bin[place] = at[source]
    power[place] = flat[row[source], at[source]]
    heights[place] = properties["prominences"][source]
    shape = outer + (k,)
    return WelchPeaks(out_bin.reshape(shape), power.reshape(shape), f, heights.reshape(shape))


def _resident(
    x: Any, fs: Any, nperseg: Any, k: int, window: Any, noverlap: Any, nfft: Any, detrend: Any, scaling: Any, mode: str,
    prominence: bool, axis: Any, device: str | None, nan_policy: str, stream: Any,
) -> Any:  # fmt: skip
    if mode != "bins" or prominence:
        raise ValueError("mode: of CUDA tensors the largest bins alone, without prominences")
    policy = nan_policies(nan_policy)
    if policy not in ("error", "propagate") or (policy == "error" and stream is not None):
        raise ValueError(
            f"nan_policy: {nan_policy!r}: 'propagate', or 'raise' without a stream; on a device samples are not checked before"
        )
    _, at, rate_, packed = estimate(
        "peaks", x, fs, window, nperseg, noverlap, nfft, detrend, True, scaling, axis, "mean", device, "propagate", stream,
        k=k,
    )  # fmt: skip
    found = DevicePeaks(packed, rate_ / at.nfft)
    if policy == "error":
        power = found.power.to_host()
        bad = np.argwhere(~np.isfinite(power))
        if len(bad):
            raise ValueError(f"x: row {bad[0][:-1].tolist()} holds a NaN or an infinity, or its powers overflow")
    return found


class AutoWelchPeaks:
    """Packed peaks of batches of `batch` float32 rows, by the strategy that is predicted to be the cheapest.

    Picked and built once, called many times. A row has the samples of 8 half-overlapping segments of `n_fft`
    (``full_len``) or of the leading 2 (``fast_len``). Two segments are transformed (one under ``strategy="ultra"``): in rows
    of ``full_len`` they are spread over the row, which finds more of the peaks of all 8.

    k : peaks per row.
    device : ``None`` or ``"auto"`` (the cheapest predicted), ``"cpu"``, ``"cuda"``, …, see `devices`.
    threads : threads of the CPU that share the rows; None lets the batch decide.
    strategy : ``"auto"``, or one of ``"ultra"``, ``"fast"``, ``"rlx"``, ``"learned"``.
    learned : a model that may be picked.
    same_answer : leave out strategies whose bins are not those of the two-segment spectrum.

    >>> import numpy as np, rlx_fft
    >>> auto = rlx_fft.AutoWelchPeaks(4, 256, 3, device="cpu", strategy="fast")
    >>> packed = auto(np.sin(0.4 * np.arange(4 * 384, dtype=np.float32)).reshape(4, 384))
    >>> packed.shape, int(packed[0, 0, 0])
    ((4, 3, 2), 16)
    >>> auto.strategy
    'fast_streaming_rustfft'
    """

    STRATEGIES = ("auto", "ultra", "fast", "rlx", "learned")

    @public()
    def __init__(
        self,
        batch: int,
        n_fft: int,
        k: int,
        device: str | None = None,
        *,
        strategy: str = "auto",
        same_answer: bool = False,
        threads: int | None = None,
        learned: LearnedFft | None = None,
    ) -> None:
        self._args = (batch, n_fft, k, device, strategy, same_answer, threads, learned)
        if learned is not None and not isinstance(learned, LearnedFft):
            raise TypeError(f"learned: must be a LearnedFft, got {type(learned).__name__}")
        model = None if learned is None else learned._native
        same_answer = flag(same_answer, "same_answer")
        self._auto = _native.AutoPeaks(batch, n_fft, k, device, strategy, same_answer, threads, model)
        hop = max(n_fft // 2, 1)
        self.fast_len = n_fft + hop
        self.full_len = n_fft + 7 * hop

    @public("x")
    def __call__(self, x: Any) -> Any:
        """`[batch, k, 2]` of (bin, raw power), by power descending, of `[batch, full_len]` or `[batch, fast_len]`."""
        x, _ = numeric(x)
        if x.dtype.kind == "c":
            raise TypeError("x: must be real")
        return self._auto(np.require(x, np.float32, ["C_CONTIGUOUS", "ALIGNED"]))

    @property
    def strategy(self) -> str:
        """Label of the strategy that runs."""
        return self._auto.trace()["strategy"]

    def trace(self) -> dict[str, Any]:
        """What the picker saw: predicted times, candidates, where the predictions come from."""
        return self._auto.trace()

    def pick_for_batch(self, batch: int) -> str:
        """Returns the strategy that would be picked for `batch` rows."""
        return self._auto.pick_for_batch(batch)

    def explain(self) -> str:
        """Returns lines with the strategy and the reason for it, and the regions of its plan with their devices."""
        seen = self.trace()
        lines = [
            seen["line"],
            f"  n_fft={seen['n_fft']} k={seen['k']} threads={seen['threads']}, "
            f"predictions from {seen['calibration']} times",
        ]
        for label, ms in sorted(seen["predicted_ms"].items(), key=lambda item: item[1]):
            notes = [] if label in seen["candidates"] else ["no candidate"]
            notes += ["runs"] if label == seen["strategy"] else []
            lines.append(f"  {label:<24} {ms:10.4f} ms predicted" + (f" ({', '.join(notes)})" if notes else ""))
        lines += [f"  {region}" for region in self._auto.regions()]
        return "\n".join(lines)

    def __reduce__(self) -> tuple:
        return _rebuild, self._args

    def __repr__(self) -> str:
        batch, n_fft, k = self._args[:3]
        return f"AutoWelchPeaks({batch}, {n_fft}, {k}, strategy={self.strategy!r})"


def _rebuild(
    batch: int,
    n_fft: int,
    k: int,
    device: str | None,
    strategy: str,
    same_answer: bool,
    threads: int | None,
    learned: LearnedFft | None,
) -> AutoWelchPeaks:
    return AutoWelchPeaks(
        batch, n_fft, k, device, strategy=strategy, same_answer=same_answer, threads=threads, learned=learned
    )

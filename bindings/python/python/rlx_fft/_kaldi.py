"""The functions of `rlx_fft.kaldi`."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from . import _native
from ._arrays import CODES, normalize_axis, numeric, rows
from ._cache import cache
from ._checks import flag, integer, real, shown
from ._public import public

Window = Literal["povey", "hanning", "hamming", "rectangular", "blackman"]

_WINDOWS = {
    "povey": "povey", "hanning": "hann", "hamming": "hamming", "rectangular": "rectangular", "blackman": "blackman",
}  # fmt: skip


#: Largest numbers of samples and filters that are no mistake in a unit.
_MOST = 1 << 22


def _features(waveform: Any, coefficients: tuple[int, float] | None, axis: Any, threads: Any, options: dict[str, Any]) -> np.ndarray:
    x, _ = numeric(waveform, "waveform")
    if x.dtype.kind == "c":
        raise TypeError("waveform: complex samples have no features")
    if x.ndim == 0:
        raise ValueError("waveform: needs at least one dimension")
    at = normalize_axis(axis, x.ndim, "waveform")
    rate = real(options["sample_frequency"], "sample_frequency")
    if not (rate > 0 and np.isfinite(rate)):
        raise ValueError(f"sample_frequency: must be positive and finite, got {rate}")
    lengths = []
    for name in ("frame_length", "frame_shift"):
        duration = rate * real(options[name], name) * 0.001
        samples = int(duration) if abs(duration) < 1 << 53 else _MOST + 1
        if not 1 <= samples <= _MOST:
            bound = "less than one sample" if samples < 1 else f"more than {_MOST} samples"
            raise ValueError(f"{name}: {options[name]} ms are {bound} at sample_frequency={rate:g}")
        lengths.append(samples)
    width, hop = lengths
    if width < 2:
        raise ValueError(f"frame_length: {options['frame_length']} ms are {width} sample at sample_frequency={rate:g}, needs 2 or more")
    n_fft = 1 << (width - 1).bit_length() if flag(options["round_to_power_of_two"], "round_to_power_of_two") else width
    window = options["window_type"]
    if not isinstance(window, str) or window not in _WINDOWS:
        raise ValueError(f"window_type: {shown(window)} is none of {', '.join(map(repr, _WINDOWS))}")
    coefficient = real(options["blackman_coeff"], "blackman_coeff")
    if window == "blackman" and coefficient != 0.42:
        raise ValueError(f"blackman_coeff: {options['blackman_coeff']}: 0.42 alone is supported")
    high = real(options["high_freq"], "high_freq")
    high = high + rate / 2 if high <= 0 else high
    if not high > real(options["low_freq"], "low_freq"):
        raise ValueError(f"high_freq: {options['high_freq']} gives {high} Hz, which is not above low_freq={options['low_freq']}")
    dither = real(options["dither"], "dither")
    if not (dither >= 0 and np.isfinite(dither)):
        raise ValueError(f"dither: must be finite and not negative, got {dither}")
    seed = integer(options["seed"], "seed", 0, (1 << 64) - 1)
    floor = real(options["energy_floor"], "energy_floor")
    raw_energy = flag(options["raw_energy"], "raw_energy")
    energy = (raw_energy, floor) if flag(options["use_energy"], "use_energy") else None
    arguments = (
        CODES[x.dtype], rate, width, hop, n_fft, _WINDOWS[window], flag(options["snip_edges"], "snip_edges"),
        flag(options["remove_dc_offset"], "remove_dc_offset"),
        real(options["preemphasis_coefficient"], "preemphasis_coefficient"), integer(options["num_mel_bins"], "num_mel_bins", 1, _MOST),
        real(options["low_freq"], "low_freq"), high, flag(options.get("use_log_fbank", True), "use_log_fbank"),
        flag(options.get("use_power", True), "use_power"), energy, (dither, seed) if dither > 0 else None, coefficients,
        flag(options["subtract_mean"], "subtract_mean"), flag(options["htk_compat"], "htk_compat"),
    )  # fmt: skip
    key = "kaldi", *arguments
    try:
        plan = cache[key]
    except KeyError:
        plan = _native.KaldiPlan(*arguments)
        cache.put(key, plan, plan)
    data = rows(x, at)
    out = plan(data, threads)
    return out if at == x.ndim - 1 else np.moveaxis(out, (-2, -1), (at, at + 1))


@public("waveform")
def fbank(
    waveform: Any,
    *,
    blackman_coeff: float = 0.42,
    dither: float = 0.0,
    energy_floor: float = 1.0,
    frame_length: float = 25.0,
    frame_shift: float = 10.0,
    high_freq: float = 0.0,
    htk_compat: bool = False,
    low_freq: float = 20.0,
    num_mel_bins: int = 23,
    preemphasis_coefficient: float = 0.97,
    raw_energy: bool = True,
    remove_dc_offset: bool = True,
    round_to_power_of_two: bool = True,
    sample_frequency: float = 16000.0,
    seed: int = 0,
    snip_edges: bool = True,
    subtract_mean: bool = False,
    use_energy: bool = False,
    use_log_fbank: bool = True,
    use_power: bool = True,
    window_type: Window = "povey",
    axis: int = -1,
    threads: int | None = None,
) -> np.ndarray:
    """Log-mel filterbank features, as `torchaudio.compliance.kaldi.fbank`; without `channel`, `min_duration` and VTLN.

    Parameters
    ----------
    waveform : samples of any shape, ±32768 for Kaldi's numbers; every row has its features.
    blackman_coeff : 0.42.
    dither : standard deviation of normal noise that is added to the samples; 0 for none.
    energy_floor : smallest energy of a frame, with `use_energy`.
    frame_length, frame_shift : in milliseconds, at any rate.
    high_freq, low_freq : edges of the filters in Hz; a `high_freq` of 0 or less counts down from half the rate.
    htk_compat : the energy is the last column instead of the first.
    num_mel_bins : number of filters.
    preemphasis_coefficient : 0 for none.
    raw_energy : the energy before preemphasis and window.
    remove_dc_offset : subtract each frame's mean.
    round_to_power_of_two : pad frames with zeros to a power of two.
    sample_frequency : in Hz.
    seed : which noise `dither` adds; the same seed gives the same values. Not in torchaudio.
    snip_edges : frames lie inside the samples; else the ends are mirrored.
    subtract_mean : subtract each column's mean over the frames (CMN).
    use_energy : a further column with the logarithm of each frame's energy.
    use_log_fbank, use_power : logarithms of energies of the powers; else the energies themselves, or those of magnitudes.
    window_type : of the frames.
    axis : along which the samples follow each other.
    threads : as in `rlx_fft.welch`.

    Returns
    -------
    features : `[…, frames, num_mel_bins (+ 1)]`; float32 stays float32.
    """
    options = dict(locals())
    return _features(options.pop("waveform"), None, options.pop("axis"), options.pop("threads"), options)


@public("waveform")
def mfcc(
    waveform: Any,
    *,
    blackman_coeff: float = 0.42,
    cepstral_lifter: float = 22.0,
    dither: float = 0.0,
    energy_floor: float = 1.0,
    frame_length: float = 25.0,
    frame_shift: float = 10.0,
    high_freq: float = 0.0,
    htk_compat: bool = False,
    low_freq: float = 20.0,
    num_ceps: int = 13,
    num_mel_bins: int = 23,
    preemphasis_coefficient: float = 0.97,
    raw_energy: bool = True,
    remove_dc_offset: bool = True,
    round_to_power_of_two: bool = True,
    sample_frequency: float = 16000.0,
    seed: int = 0,
    snip_edges: bool = True,
    subtract_mean: bool = False,
    use_energy: bool = False,
    window_type: Window = "povey",
    axis: int = -1,
    threads: int | None = None,
) -> np.ndarray:
    """Mel-frequency cepstral coefficients, as `torchaudio.compliance.kaldi.mfcc`.

    Parameters
    ----------
    waveform : samples of any shape, ±32768 for Kaldi's numbers.
    cepstral_lifter : raises the higher coefficients by ``1 + lifter / 2 * sin(pi * k / lifter)``; 0 for none.
    num_ceps : number of coefficients.
    htk_compat : the first coefficient (√2 times it) or the energy is the last column.
    use_energy : the logarithm of each frame's energy in place of the first coefficient.
    blackman_coeff, dither, energy_floor, frame_length, frame_shift, high_freq, low_freq, num_mel_bins,
    preemphasis_coefficient, raw_energy, remove_dc_offset, round_to_power_of_two, sample_frequency, seed, snip_edges,
    subtract_mean, window_type, axis, threads : as in `fbank`.

    Returns
    -------
    features : `[…, frames, num_ceps]`; float32 stays float32.
    """
    options = dict(locals())
    lifter = real(options.pop("cepstral_lifter"), "cepstral_lifter")
    if lifter < 0:
        raise ValueError(f"cepstral_lifter: must not be negative, got {lifter}")
    coefficients = integer(options.pop("num_ceps"), "num_ceps", 1, _MOST), lifter
    return _features(options.pop("waveform"), coefficients, options.pop("axis"), options.pop("threads"), options)


__all__ = ["fbank", "mfcc"]

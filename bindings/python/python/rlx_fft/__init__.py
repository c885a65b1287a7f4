"""Spectral estimates with SciPy's interface, spectral peaks and log-mel, computed in Rust.

`welch`, `periodogram`, `csd`, `coherence`, `spectrogram` and `find_peaks` take SciPy's arguments and give SciPy's
results; see docs/guide.md for what comes from SciPy, librosa and torchaudio under which name.

Messages go to the logger ``rlx_fft`` (and below it) of `logging`.
"""

from ._interpreter import refuse_subinterpreters

refuse_subinterpreters()

from . import fft, kaldi
from ._accumulator import WelchAccumulator
from ._cache import clear_cache
from ._cross import coherence, csd
from ._devices import devices
from ._explain import explain
from ._features import LogMelStream, delta, mfcc, power_to_db
from ._learned import LearnedFft, fit, load, train
from ._mel import mel_filterbank, melspectrogram
from ._native import DeviceArray, __version__, get_num_threads
from ._threads import set_num_threads
from ._multitaper import band_power, cross_spectral_matrix, multitaper
from ._patch import patch_scipy
from ._peak_properties import argrelmax, peak_prominences, peak_widths
from ._peaks import find_peaks
from ._periodogram import periodogram
from ._preparation import detrend, dpss, get_window
from ._resident import DevicePeaks
from ._short_time import ShortTimeFFT, closest_STFT_dual_window
from ._spectrogram import spectrogram
from ._stft import check_COLA, check_NOLA, istft, stft
from ._uneven import lombscargle
from ._welch import welch
from ._welch_peaks import AutoWelchPeaks, WelchPeaks, welch_peaks

__all__ = [
    "AutoWelchPeaks",
    "DeviceArray",
    "DevicePeaks",
    "LearnedFft",
    "LogMelStream",
    "ShortTimeFFT",
    "WelchAccumulator",
    "WelchPeaks",
    "__version__",
    "argrelmax",
    "band_power",
    "check_COLA",
    "check_NOLA",
    "clear_cache",
    "closest_STFT_dual_window",
    "coherence",
    "cross_spectral_matrix",
    "csd",
    "delta",
    "detrend",
    "devices",
    "dpss",
    "explain",
    "fft",
    "find_peaks",
    "fit",
    "get_num_threads",
    "get_window",
    "istft",
    "kaldi",
    "load",
    "lombscargle",
    "mel_filterbank",
    "melspectrogram",
    "mfcc",
    "multitaper",
    "patch_scipy",
    "peak_prominences",
    "peak_widths",
    "periodogram",
    "power_to_db",
    "set_num_threads",
    "spectrogram",
    "stft",
    "train",
    "welch",
    "welch_peaks",
]

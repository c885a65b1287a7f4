"""Spectral estimates with SciPy's interface, spectral peaks and log-mel, computed in Rust.

`welch`, `periodogram`, `csd`, `coherence`, `spectrogram` and `find_peaks` take SciPy's arguments and give SciPy's
results; see docs/guide.md for what comes from SciPy, librosa and torchaudio under which name.

Messages go to the logger ``rlx_fft`` (and below it) of `logging`.
"""

from ._interpreter import refuse_subinterpreters

refuse_subinterpreters()

from ._accumulator import WelchAccumulator
from ._cache import clear_cache
from ._devices import devices
from ._learned import LearnedFft, fit, load, train
from ._mel import mel_filterbank, melspectrogram
from ._native import DeviceArray, __version__, get_num_threads
from ._threads import set_num_threads
from ._patch import patch_scipy
from ._peaks import find_peaks
from ._resident import DevicePeaks
from ._spectral import coherence, csd, periodogram, spectrogram, welch
from ._welch_peaks import AutoWelchPeaks, WelchPeaks, welch_peaks

__all__ = [
    "AutoWelchPeaks",
    "DeviceArray",
    "DevicePeaks",
    "LearnedFft",
    "WelchAccumulator",
    "WelchPeaks",
    "__version__",
    "clear_cache",
    "coherence",
    "csd",
    "devices",
    "find_peaks",
    "fit",
    "get_num_threads",
    "load",
    "mel_filterbank",
    "melspectrogram",
    "patch_scipy",
    "periodogram",
    "set_num_threads",
    "spectrogram",
    "train",
    "welch",
    "welch_peaks",
]

"""Types of the package. Written by make_stubs.py: change the functions or its table."""

from collections.abc import Callable, Sequence
from typing import Any, Literal, Protocol, SupportsIndex, TypeVar, overload

import numpy as np
import numpy.typing as npt

from . import fft as fft
from . import kaldi as kaldi
from ._accumulator import WelchAccumulator as WelchAccumulator
from ._cache import clear_cache as clear_cache
from ._devices import devices as devices
from ._dual_windows import closest_STFT_dual_window as closest_STFT_dual_window
from ._explain import explain as explain
from ._features import LogMelStream as LogMelStream
from ._learned import LearnedFft as LearnedFft
from ._learned import fit as fit
from ._learned import load as load
from ._learned import train as train
from ._native import DeviceArray as DeviceArray
from ._native import get_num_threads as get_num_threads
from ._patch import patch_scipy as patch_scipy
from ._resident import DevicePeaks as DevicePeaks
from ._short_time import ShortTimeFFT as ShortTimeFFT
from ._stft import check_COLA as check_COLA
from ._stft import check_NOLA as check_NOLA
from ._threads import set_num_threads as set_num_threads
from ._welch_peaks import AutoWelchPeaks as AutoWelchPeaks
from ._welch_peaks import WelchPeaks as WelchPeaks
from ._welch_peaks import welch_peaks as welch_peaks

_F4 = npt.NDArray[np.float32]
_F8 = npt.NDArray[np.float64]
_C8 = npt.NDArray[np.complex64]
_C16 = npt.NDArray[np.complex128]
_Index = npt.NDArray[np.intp]
_Any = npt.NDArray[Any]
_Single = npt.NDArray[np.float32] | npt.NDArray[np.float16]
_ComplexSingle = npt.NDArray[np.complex64]
_Double = npt.NDArray[np.float64 | np.integer[Any] | np.bool_] | Sequence[float] | Sequence[Sequence[float]]
_ComplexDouble = npt.NDArray[np.complex128] | Sequence[complex]

class _SupportsDLPack(Protocol):
    """A tensor of another library. One in host memory gives tensors; one on an NVIDIA device gives `DeviceArray`s."""

    def __dlpack__(self, *, stream: Any = ...) -> Any: ...
    def __dlpack_device__(self) -> tuple[Any, Any]: ...

_Tensor = TypeVar("_Tensor", bound=_SupportsDLPack)

__version__: str
@overload
def argrelmax(data: _Single | _ComplexSingle, axis: int = 0, order: int = 1, mode: Literal['clip', 'wrap'] = "clip") -> tuple[_Index, ...]: ...  # type: ignore[overload-overlap]  # pyright: ignore[reportOverlappingOverload]
@overload
def argrelmax(data: _Double | _ComplexDouble, axis: int = 0, order: int = 1, mode: Literal['clip', 'wrap'] = "clip") -> tuple[_Index, ...]: ...  # type: ignore[overload-overlap]  # pyright: ignore[reportOverlappingOverload]
@overload
def argrelmax(data: _Tensor, axis: int = 0, order: int = 1, mode: Literal['clip', 'wrap'] = "clip") -> tuple[_Tensor, ...]: ...  # type: ignore[overload-overlap]  # pyright: ignore[reportOverlappingOverload]
@overload
def argrelmax(data: Any, axis: int = 0, order: int = 1, mode: Literal['clip', 'wrap'] = "clip") -> tuple[_Index, ...]: ...  # type: ignore[overload-overlap]  # pyright: ignore[reportOverlappingOverload]
@overload
def band_power(x: _Single | _ComplexSingle, fs: float, bands: Any, *, method: Literal['welch', 'multitaper'] = "welch", relative: bool = False, axis: int = -1, **options: Any) -> _F8: ...  # type: ignore[overload-overlap]  # pyright: ignore[reportOverlappingOverload]
@overload
def band_power(x: _Double | _ComplexDouble, fs: float, bands: Any, *, method: Literal['welch', 'multitaper'] = "welch", relative: bool = False, axis: int = -1, **options: Any) -> _F8: ...  # type: ignore[overload-overlap]  # pyright: ignore[reportOverlappingOverload]
@overload
def band_power(x: _Tensor, fs: float, bands: Any, *, method: Literal['welch', 'multitaper'] = "welch", relative: bool = False, axis: int = -1, **options: Any) -> _Tensor: ...  # type: ignore[overload-overlap]  # pyright: ignore[reportOverlappingOverload]
@overload
def band_power(x: Any, fs: float, bands: Any, *, method: Literal['welch', 'multitaper'] = "welch", relative: bool = False, axis: int = -1, **options: Any) -> _F8: ...  # type: ignore[overload-overlap]  # pyright: ignore[reportOverlappingOverload]
@overload
def coherence(x: _Single | _ComplexSingle, y: _Single | _ComplexSingle, fs: float = 1.0, window: Any = "hann_periodic", nperseg: SupportsIndex | None = None, noverlap: SupportsIndex | None = None, nfft: SupportsIndex | None = None, detrend: str | bool | Callable[[_Any], _Any] | None = "constant", axis: SupportsIndex = -1, *, device: str | None = None, threads: int | None = None, nan_policy: str = "propagate") -> tuple[_F8, _F4]: ...  # type: ignore[overload-overlap]  # pyright: ignore[reportOverlappingOverload]
@overload
def coherence(x: _Double | _ComplexDouble, y: _Double | _ComplexDouble, fs: float = 1.0, window: Any = "hann_periodic", nperseg: SupportsIndex | None = None, noverlap: SupportsIndex | None = None, nfft: SupportsIndex | None = None, detrend: str | bool | Callable[[_Any], _Any] | None = "constant", axis: SupportsIndex = -1, *, device: str | None = None, threads: int | None = None, nan_policy: str = "propagate") -> tuple[_F8, _F8]: ...  # type: ignore[overload-overlap]  # pyright: ignore[reportOverlappingOverload]
@overload
def coherence(x: _Tensor, y: _Tensor, fs: float = 1.0, window: Any = "hann_periodic", nperseg: SupportsIndex | None = None, noverlap: SupportsIndex | None = None, nfft: SupportsIndex | None = None, detrend: str | bool | Callable[[_Any], _Any] | None = "constant", axis: SupportsIndex = -1, *, device: str | None = None, threads: int | None = None, nan_policy: str = "propagate") -> tuple[_Tensor, _Tensor]: ...  # type: ignore[overload-overlap]  # pyright: ignore[reportOverlappingOverload]
@overload
def coherence(x: Any, y: Any, fs: float = 1.0, window: Any = "hann_periodic", nperseg: SupportsIndex | None = None, noverlap: SupportsIndex | None = None, nfft: SupportsIndex | None = None, detrend: str | bool | Callable[[_Any], _Any] | None = "constant", axis: SupportsIndex = -1, *, device: str | None = None, threads: int | None = None, nan_policy: str = "propagate") -> tuple[_F8, _Any]: ...  # type: ignore[overload-overlap]  # pyright: ignore[reportOverlappingOverload]
@overload
def cross_spectral_matrix(x: _Single | _ComplexSingle, fs: float = 1.0, **options: Any) -> tuple[_F8, _C8]: ...  # type: ignore[overload-overlap]  # pyright: ignore[reportOverlappingOverload]
@overload
def cross_spectral_matrix(x: _Double | _ComplexDouble, fs: float = 1.0, **options: Any) -> tuple[_F8, _C16]: ...  # type: ignore[overload-overlap]  # pyright: ignore[reportOverlappingOverload]
@overload
def cross_spectral_matrix(x: _Tensor, fs: float = 1.0, **options: Any) -> tuple[_Tensor, _Tensor]: ...  # type: ignore[overload-overlap]  # pyright: ignore[reportOverlappingOverload]
@overload
def cross_spectral_matrix(x: Any, fs: float = 1.0, **options: Any) -> tuple[_F8, _Any]: ...  # type: ignore[overload-overlap]  # pyright: ignore[reportOverlappingOverload]
@overload
def csd(x: _Single | _ComplexSingle, y: _Single | _ComplexSingle, fs: float = 1.0, window: Any = "hann_periodic", nperseg: SupportsIndex | None = None, noverlap: SupportsIndex | None = None, nfft: SupportsIndex | None = None, detrend: str | bool | Callable[[_Any], _Any] | None = "constant", return_onesided: bool = True, scaling: Literal["density", "spectrum", "raw"] = "density", axis: SupportsIndex = -1, average: Literal['mean', 'median'] = "mean", *, device: str | None = None, threads: int | None = None, nan_policy: str = "propagate") -> tuple[_F8, _C8]: ...  # type: ignore[overload-overlap]  # pyright: ignore[reportOverlappingOverload]
@overload
def csd(x: _Double | _ComplexDouble, y: _Double | _ComplexDouble, fs: float = 1.0, window: Any = "hann_periodic", nperseg: SupportsIndex | None = None, noverlap: SupportsIndex | None = None, nfft: SupportsIndex | None = None, detrend: str | bool | Callable[[_Any], _Any] | None = "constant", return_onesided: bool = True, scaling: Literal["density", "spectrum", "raw"] = "density", axis: SupportsIndex = -1, average: Literal['mean', 'median'] = "mean", *, device: str | None = None, threads: int | None = None, nan_policy: str = "propagate") -> tuple[_F8, _C16]: ...  # type: ignore[overload-overlap]  # pyright: ignore[reportOverlappingOverload]
@overload
def csd(x: _Tensor, y: _Tensor, fs: float = 1.0, window: Any = "hann_periodic", nperseg: SupportsIndex | None = None, noverlap: SupportsIndex | None = None, nfft: SupportsIndex | None = None, detrend: str | bool | Callable[[_Any], _Any] | None = "constant", return_onesided: bool = True, scaling: Literal["density", "spectrum", "raw"] = "density", axis: SupportsIndex = -1, average: Literal['mean', 'median'] = "mean", *, device: str | None = None, threads: int | None = None, nan_policy: str = "propagate") -> tuple[_Tensor, _Tensor]: ...  # type: ignore[overload-overlap]  # pyright: ignore[reportOverlappingOverload]
@overload
def csd(x: Any, y: Any, fs: float = 1.0, window: Any = "hann_periodic", nperseg: SupportsIndex | None = None, noverlap: SupportsIndex | None = None, nfft: SupportsIndex | None = None, detrend: str | bool | Callable[[_Any], _Any] | None = "constant", return_onesided: bool = True, scaling: Literal["density", "spectrum", "raw"] = "density", axis: SupportsIndex = -1, average: Literal['mean', 'median'] = "mean", *, device: str | None = None, threads: int | None = None, nan_policy: str = "propagate") -> tuple[_F8, _Any]: ...  # type: ignore[overload-overlap]  # pyright: ignore[reportOverlappingOverload]
@overload
def delta(data: _Single | _ComplexSingle, *, width: int = 9, order: int = 1, axis: int = -1, mode: Literal['interp', 'nearest', 'replicate', 'mirror', 'constant', 'wrap'] = "interp", threads: int | None = None) -> _F4: ...  # type: ignore[overload-overlap]  # pyright: ignore[reportOverlappingOverload]
@overload
def delta(data: _Double | _ComplexDouble, *, width: int = 9, order: int = 1, axis: int = -1, mode: Literal['interp', 'nearest', 'replicate', 'mirror', 'constant', 'wrap'] = "interp", threads: int | None = None) -> _F8: ...  # type: ignore[overload-overlap]  # pyright: ignore[reportOverlappingOverload]
@overload
def delta(data: _Tensor, *, width: int = 9, order: int = 1, axis: int = -1, mode: Literal['interp', 'nearest', 'replicate', 'mirror', 'constant', 'wrap'] = "interp", threads: int | None = None) -> _Tensor: ...  # type: ignore[overload-overlap]  # pyright: ignore[reportOverlappingOverload]
@overload
def delta(data: Any, *, width: int = 9, order: int = 1, axis: int = -1, mode: Literal['interp', 'nearest', 'replicate', 'mirror', 'constant', 'wrap'] = "interp", threads: int | None = None) -> _Any: ...  # type: ignore[overload-overlap]  # pyright: ignore[reportOverlappingOverload]
@overload
def detrend(data: _Single, axis: int = -1, type: Literal['linear', 'constant'] = "linear", bp: Any = 0, overwrite_data: bool = False) -> _F4: ...  # type: ignore[overload-overlap]  # pyright: ignore[reportOverlappingOverload]
@overload
def detrend(data: _ComplexSingle, axis: int = -1, type: Literal['linear', 'constant'] = "linear", bp: Any = 0, overwrite_data: bool = False) -> _C8: ...  # type: ignore[overload-overlap]  # pyright: ignore[reportOverlappingOverload]
@overload
def detrend(data: _Double, axis: int = -1, type: Literal['linear', 'constant'] = "linear", bp: Any = 0, overwrite_data: bool = False) -> _F8: ...  # type: ignore[overload-overlap]  # pyright: ignore[reportOverlappingOverload]
@overload
def detrend(data: _ComplexDouble, axis: int = -1, type: Literal['linear', 'constant'] = "linear", bp: Any = 0, overwrite_data: bool = False) -> _C16: ...  # type: ignore[overload-overlap]  # pyright: ignore[reportOverlappingOverload]
@overload
def detrend(data: _Tensor, axis: int = -1, type: Literal['linear', 'constant'] = "linear", bp: Any = 0, overwrite_data: bool = False) -> _Tensor: ...  # type: ignore[overload-overlap]  # pyright: ignore[reportOverlappingOverload]
@overload
def detrend(data: Any, axis: int = -1, type: Literal['linear', 'constant'] = "linear", bp: Any = 0, overwrite_data: bool = False) -> _Any: ...  # type: ignore[overload-overlap]  # pyright: ignore[reportOverlappingOverload]
@overload
def dpss(M: int, NW: float, Kmax: int | None = None, sym: bool = True, norm: Literal[2, 'approximate', 'subsample'] | None = None, return_ratios: Literal[False] = False) -> _F8: ...  # type: ignore[overload-overlap]  # pyright: ignore[reportOverlappingOverload]
@overload
def dpss(M: int, NW: float, Kmax: int | None = None, sym: bool = True, norm: Literal[2, 'approximate', 'subsample'] | None = None, *, return_ratios: Literal[True]) -> tuple[_F8, Any]: ...  # type: ignore[overload-overlap]  # pyright: ignore[reportOverlappingOverload]
@overload
def find_peaks(x: _Single | _ComplexSingle, height: Any = None, threshold: Any = None, distance: float | None = None, prominence: Any = None, width: Any = None, wlen: float | None = None, rel_height: float = 0.5, plateau_size: Any = None, *, axis: int = -1, threads: int | None = None) -> tuple[_Index, dict[str, _Any]]: ...  # type: ignore[overload-overlap]  # pyright: ignore[reportOverlappingOverload]
@overload
def find_peaks(x: _Double | _ComplexDouble, height: Any = None, threshold: Any = None, distance: float | None = None, prominence: Any = None, width: Any = None, wlen: float | None = None, rel_height: float = 0.5, plateau_size: Any = None, *, axis: int = -1, threads: int | None = None) -> tuple[_Index, dict[str, _Any]]: ...  # type: ignore[overload-overlap]  # pyright: ignore[reportOverlappingOverload]
@overload
def find_peaks(x: _Tensor, height: Any = None, threshold: Any = None, distance: float | None = None, prominence: Any = None, width: Any = None, wlen: float | None = None, rel_height: float = 0.5, plateau_size: Any = None, *, axis: int = -1, threads: int | None = None) -> tuple[_Tensor, dict[str, _Tensor]]: ...  # type: ignore[overload-overlap]  # pyright: ignore[reportOverlappingOverload]
@overload
def find_peaks(x: Any, height: Any = None, threshold: Any = None, distance: float | None = None, prominence: Any = None, width: Any = None, wlen: float | None = None, rel_height: float = 0.5, plateau_size: Any = None, *, axis: int = -1, threads: int | None = None) -> tuple[_Index, dict[str, _Any]]: ...  # type: ignore[overload-overlap]  # pyright: ignore[reportOverlappingOverload]
def get_window(window: Any, Nx: int, fftbins: bool = True) -> _F8: ...
@overload
def istft(Zxx: _Single | _ComplexSingle, fs: float = 1.0, window: Any = "hann_periodic", nperseg: int | None = None, noverlap: int | None = None, nfft: int | None = None, input_onesided: Literal[True] = True, boundary: bool = True, time_axis: int = -1, freq_axis: int = -2, scaling: Literal['spectrum', 'psd'] = "spectrum", *, threads: int | None = None) -> tuple[_F8, _F4]: ...  # type: ignore[overload-overlap]  # pyright: ignore[reportOverlappingOverload]
@overload
def istft(Zxx: _Double | _ComplexDouble, fs: float = 1.0, window: Any = "hann_periodic", nperseg: int | None = None, noverlap: int | None = None, nfft: int | None = None, input_onesided: Literal[True] = True, boundary: bool = True, time_axis: int = -1, freq_axis: int = -2, scaling: Literal['spectrum', 'psd'] = "spectrum", *, threads: int | None = None) -> tuple[_F8, _F8]: ...  # type: ignore[overload-overlap]  # pyright: ignore[reportOverlappingOverload]
@overload
def istft(Zxx: _Tensor, fs: float = 1.0, window: Any = "hann_periodic", nperseg: int | None = None, noverlap: int | None = None, nfft: int | None = None, input_onesided: Literal[True] = True, boundary: bool = True, time_axis: int = -1, freq_axis: int = -2, scaling: Literal['spectrum', 'psd'] = "spectrum", *, threads: int | None = None) -> tuple[_Tensor, _Tensor]: ...  # type: ignore[overload-overlap]  # pyright: ignore[reportOverlappingOverload]
@overload
def istft(Zxx: Any, fs: float = 1.0, window: Any = "hann_periodic", nperseg: int | None = None, noverlap: int | None = None, nfft: int | None = None, input_onesided: Literal[True] = True, boundary: bool = True, time_axis: int = -1, freq_axis: int = -2, scaling: Literal['spectrum', 'psd'] = "spectrum", *, threads: int | None = None) -> tuple[_F8, _Any]: ...  # type: ignore[overload-overlap]  # pyright: ignore[reportOverlappingOverload]
@overload
def istft(Zxx: _Single | _ComplexSingle, fs: float = 1.0, window: Any = "hann_periodic", nperseg: int | None = None, noverlap: int | None = None, nfft: int | None = None, *, input_onesided: Literal[False], boundary: bool = True, time_axis: int = -1, freq_axis: int = -2, scaling: Literal['spectrum', 'psd'] = "spectrum", threads: int | None = None) -> tuple[_F8, _C8]: ...  # type: ignore[overload-overlap]  # pyright: ignore[reportOverlappingOverload]
@overload
def istft(Zxx: _Double | _ComplexDouble, fs: float = 1.0, window: Any = "hann_periodic", nperseg: int | None = None, noverlap: int | None = None, nfft: int | None = None, *, input_onesided: Literal[False], boundary: bool = True, time_axis: int = -1, freq_axis: int = -2, scaling: Literal['spectrum', 'psd'] = "spectrum", threads: int | None = None) -> tuple[_F8, _C16]: ...  # type: ignore[overload-overlap]  # pyright: ignore[reportOverlappingOverload]
@overload
def istft(Zxx: _Tensor, fs: float = 1.0, window: Any = "hann_periodic", nperseg: int | None = None, noverlap: int | None = None, nfft: int | None = None, *, input_onesided: Literal[False], boundary: bool = True, time_axis: int = -1, freq_axis: int = -2, scaling: Literal['spectrum', 'psd'] = "spectrum", threads: int | None = None) -> tuple[_Tensor, _Tensor]: ...  # type: ignore[overload-overlap]  # pyright: ignore[reportOverlappingOverload]
@overload
def istft(Zxx: Any, fs: float = 1.0, window: Any = "hann_periodic", nperseg: int | None = None, noverlap: int | None = None, nfft: int | None = None, *, input_onesided: Literal[False], boundary: bool = True, time_axis: int = -1, freq_axis: int = -2, scaling: Literal['spectrum', 'psd'] = "spectrum", threads: int | None = None) -> tuple[_F8, _Any]: ...  # type: ignore[overload-overlap]  # pyright: ignore[reportOverlappingOverload]
@overload
def lombscargle(x: Any, y: _Single | _ComplexSingle, freqs: Any, precenter: bool | None = None, normalize: bool | Literal["power", "normalize"] = False, *, weights: Any = None, floating_mean: bool = False, threads: int | None = None) -> _F8: ...  # type: ignore[overload-overlap]  # pyright: ignore[reportOverlappingOverload]
@overload
def lombscargle(x: Any, y: _Double | _ComplexDouble, freqs: Any, precenter: bool | None = None, normalize: bool | Literal["power", "normalize"] = False, *, weights: Any = None, floating_mean: bool = False, threads: int | None = None) -> _F8: ...  # type: ignore[overload-overlap]  # pyright: ignore[reportOverlappingOverload]
@overload
def lombscargle(x: Any, y: _Tensor, freqs: Any, precenter: bool | None = None, normalize: bool | Literal["power", "normalize"] = False, *, weights: Any = None, floating_mean: bool = False, threads: int | None = None) -> _Tensor: ...  # type: ignore[overload-overlap]  # pyright: ignore[reportOverlappingOverload]
@overload
def lombscargle(x: Any, y: Any, freqs: Any, precenter: bool | None = None, normalize: bool | Literal["power", "normalize"] = False, *, weights: Any = None, floating_mean: bool = False, threads: int | None = None) -> _F8: ...  # type: ignore[overload-overlap]  # pyright: ignore[reportOverlappingOverload]
@overload
def lombscargle(x: Any, y: _Single | _ComplexSingle, freqs: Any, precenter: bool | None = None, *, normalize: Literal["amplitude"], weights: Any = None, floating_mean: bool = False, threads: int | None = None) -> _C16: ...  # type: ignore[overload-overlap]  # pyright: ignore[reportOverlappingOverload]
@overload
def lombscargle(x: Any, y: _Double | _ComplexDouble, freqs: Any, precenter: bool | None = None, *, normalize: Literal["amplitude"], weights: Any = None, floating_mean: bool = False, threads: int | None = None) -> _C16: ...  # type: ignore[overload-overlap]  # pyright: ignore[reportOverlappingOverload]
@overload
def lombscargle(x: Any, y: _Tensor, freqs: Any, precenter: bool | None = None, *, normalize: Literal["amplitude"], weights: Any = None, floating_mean: bool = False, threads: int | None = None) -> _C16: ...  # type: ignore[overload-overlap]  # pyright: ignore[reportOverlappingOverload]
@overload
def lombscargle(x: Any, y: Any, freqs: Any, precenter: bool | None = None, *, normalize: Literal["amplitude"], weights: Any = None, floating_mean: bool = False, threads: int | None = None) -> _C16: ...  # type: ignore[overload-overlap]  # pyright: ignore[reportOverlappingOverload]
def mel_filterbank(preset: Literal['whisper', 'librosa', 'kaldi', 'torchaudio', 'nemo'] = "whisper", *, sr: float | None = None, n_fft: int | None = None, n_mels: int | None = None, fmin: float | None = None, fmax: float | None = None, scale: Literal['slaney', 'htk', 'kaldi'] | None = None, norm: float | str | None = ...) -> _F8: ...
@overload
def melspectrogram(x: _Single | _ComplexSingle, preset: Literal['whisper', 'librosa', 'kaldi', 'torchaudio', 'nemo'] = "whisper", *, sr: float | None = None, n_fft: int | None = None, hop_length: int | None = None, win_length: int | None = None, n_mels: int | None = None, fmin: float | None = None, fmax: float | None = None, power: float | None = None, window: str | tuple[Any, ...] | _Any | None = None, pad_mode: str | None = None, scale: Literal['slaney', 'htk', 'kaldi'] | None = None, norm: float | str | None = ..., preemphasis: float | None = None, top_db: float | str | None = ..., ref_max: bool | None = None, log: bool = True, max_over: Literal['item', 'batch'] | None = None, axis: int = -1, device: str | None = None, threads: int | None = None, nan_policy: str = "raise", stream: Any = None) -> _F4: ...  # type: ignore[overload-overlap]  # pyright: ignore[reportOverlappingOverload]
@overload
def melspectrogram(x: _Double | _ComplexDouble, preset: Literal['whisper', 'librosa', 'kaldi', 'torchaudio', 'nemo'] = "whisper", *, sr: float | None = None, n_fft: int | None = None, hop_length: int | None = None, win_length: int | None = None, n_mels: int | None = None, fmin: float | None = None, fmax: float | None = None, power: float | None = None, window: str | tuple[Any, ...] | _Any | None = None, pad_mode: str | None = None, scale: Literal['slaney', 'htk', 'kaldi'] | None = None, norm: float | str | None = ..., preemphasis: float | None = None, top_db: float | str | None = ..., ref_max: bool | None = None, log: bool = True, max_over: Literal['item', 'batch'] | None = None, axis: int = -1, device: str | None = None, threads: int | None = None, nan_policy: str = "raise", stream: Any = None) -> _F8: ...  # type: ignore[overload-overlap]  # pyright: ignore[reportOverlappingOverload]
@overload
def melspectrogram(x: _Tensor, preset: Literal['whisper', 'librosa', 'kaldi', 'torchaudio', 'nemo'] = "whisper", *, sr: float | None = None, n_fft: int | None = None, hop_length: int | None = None, win_length: int | None = None, n_mels: int | None = None, fmin: float | None = None, fmax: float | None = None, power: float | None = None, window: str | tuple[Any, ...] | _Any | None = None, pad_mode: str | None = None, scale: Literal['slaney', 'htk', 'kaldi'] | None = None, norm: float | str | None = ..., preemphasis: float | None = None, top_db: float | str | None = ..., ref_max: bool | None = None, log: bool = True, max_over: Literal['item', 'batch'] | None = None, axis: int = -1, device: str | None = None, threads: int | None = None, nan_policy: str = "raise", stream: Any = None) -> _Tensor: ...  # type: ignore[overload-overlap]  # pyright: ignore[reportOverlappingOverload]
@overload
def melspectrogram(x: Any, preset: Literal['whisper', 'librosa', 'kaldi', 'torchaudio', 'nemo'] = "whisper", *, sr: float | None = None, n_fft: int | None = None, hop_length: int | None = None, win_length: int | None = None, n_mels: int | None = None, fmin: float | None = None, fmax: float | None = None, power: float | None = None, window: str | tuple[Any, ...] | _Any | None = None, pad_mode: str | None = None, scale: Literal['slaney', 'htk', 'kaldi'] | None = None, norm: float | str | None = ..., preemphasis: float | None = None, top_db: float | str | None = ..., ref_max: bool | None = None, log: bool = True, max_over: Literal['item', 'batch'] | None = None, axis: int = -1, device: str | None = None, threads: int | None = None, nan_policy: str = "raise", stream: Any = None) -> _Any: ...  # type: ignore[overload-overlap]  # pyright: ignore[reportOverlappingOverload]
@overload
def mfcc(x: _Single | _ComplexSingle, preset: Literal['whisper', 'librosa', 'kaldi', 'torchaudio', 'nemo'] = "librosa", *, S: Any = None, n_mfcc: int | None = None, dct_type: Literal[1, 2, 3] = 2, norm: Literal['ortho'] | None = "ortho", lifter: float = 0, axis: int = -1, threads: int | None = None, **options: Any) -> _F4: ...  # type: ignore[overload-overlap]  # pyright: ignore[reportOverlappingOverload]
@overload
def mfcc(x: _Double | _ComplexDouble, preset: Literal['whisper', 'librosa', 'kaldi', 'torchaudio', 'nemo'] = "librosa", *, S: Any = None, n_mfcc: int | None = None, dct_type: Literal[1, 2, 3] = 2, norm: Literal['ortho'] | None = "ortho", lifter: float = 0, axis: int = -1, threads: int | None = None, **options: Any) -> _F8: ...  # type: ignore[overload-overlap]  # pyright: ignore[reportOverlappingOverload]
@overload
def mfcc(x: _Tensor, preset: Literal['whisper', 'librosa', 'kaldi', 'torchaudio', 'nemo'] = "librosa", *, S: Any = None, n_mfcc: int | None = None, dct_type: Literal[1, 2, 3] = 2, norm: Literal['ortho'] | None = "ortho", lifter: float = 0, axis: int = -1, threads: int | None = None, **options: Any) -> _Tensor: ...  # type: ignore[overload-overlap]  # pyright: ignore[reportOverlappingOverload]
@overload
def mfcc(x: Any = None, preset: Literal['whisper', 'librosa', 'kaldi', 'torchaudio', 'nemo'] = "librosa", *, S: Any = None, n_mfcc: int | None = None, dct_type: Literal[1, 2, 3] = 2, norm: Literal['ortho'] | None = "ortho", lifter: float = 0, axis: int = -1, threads: int | None = None, **options: Any) -> _Any: ...  # type: ignore[overload-overlap]  # pyright: ignore[reportOverlappingOverload]
@overload
def multitaper(x: _Single | _ComplexSingle, sfreq: float = 1.0, fmin: float = 0.0, fmax: float = ..., bandwidth: float | None = None, adaptive: bool = False, low_bias: bool = True, normalization: Literal['full', 'length'] = "full", remove_dc: bool = True, *, max_iter: int = 150, confidence: None = None, axis: int = -1, threads: int | None = None) -> tuple[_F8, _F4]: ...  # type: ignore[overload-overlap]  # pyright: ignore[reportOverlappingOverload]
@overload
def multitaper(x: _Double | _ComplexDouble, sfreq: float = 1.0, fmin: float = 0.0, fmax: float = ..., bandwidth: float | None = None, adaptive: bool = False, low_bias: bool = True, normalization: Literal['full', 'length'] = "full", remove_dc: bool = True, *, max_iter: int = 150, confidence: None = None, axis: int = -1, threads: int | None = None) -> tuple[_F8, _F8]: ...  # type: ignore[overload-overlap]  # pyright: ignore[reportOverlappingOverload]
@overload
def multitaper(x: _Tensor, sfreq: float = 1.0, fmin: float = 0.0, fmax: float = ..., bandwidth: float | None = None, adaptive: bool = False, low_bias: bool = True, normalization: Literal['full', 'length'] = "full", remove_dc: bool = True, *, max_iter: int = 150, confidence: None = None, axis: int = -1, threads: int | None = None) -> tuple[_Tensor, _Tensor]: ...  # type: ignore[overload-overlap]  # pyright: ignore[reportOverlappingOverload]
@overload
def multitaper(x: Any, sfreq: float = 1.0, fmin: float = 0.0, fmax: float = ..., bandwidth: float | None = None, adaptive: bool = False, low_bias: bool = True, normalization: Literal['full', 'length'] = "full", remove_dc: bool = True, *, max_iter: int = 150, confidence: None = None, axis: int = -1, threads: int | None = None) -> tuple[_F8, _Any]: ...  # type: ignore[overload-overlap]  # pyright: ignore[reportOverlappingOverload]
@overload
def multitaper(x: _Single | _ComplexSingle, sfreq: float = 1.0, fmin: float = 0.0, fmax: float = ..., bandwidth: float | None = None, adaptive: bool = False, low_bias: bool = True, normalization: Literal['full', 'length'] = "full", remove_dc: bool = True, *, max_iter: int = 150, confidence: float, axis: int = -1, threads: int | None = None) -> tuple[_F8, _F4, _F4]: ...  # type: ignore[overload-overlap]  # pyright: ignore[reportOverlappingOverload]
@overload
def multitaper(x: _Double | _ComplexDouble, sfreq: float = 1.0, fmin: float = 0.0, fmax: float = ..., bandwidth: float | None = None, adaptive: bool = False, low_bias: bool = True, normalization: Literal['full', 'length'] = "full", remove_dc: bool = True, *, max_iter: int = 150, confidence: float, axis: int = -1, threads: int | None = None) -> tuple[_F8, _F8, _F8]: ...  # type: ignore[overload-overlap]  # pyright: ignore[reportOverlappingOverload]
@overload
def multitaper(x: _Tensor, sfreq: float = 1.0, fmin: float = 0.0, fmax: float = ..., bandwidth: float | None = None, adaptive: bool = False, low_bias: bool = True, normalization: Literal['full', 'length'] = "full", remove_dc: bool = True, *, max_iter: int = 150, confidence: float, axis: int = -1, threads: int | None = None) -> tuple[_Tensor, _Tensor, _Tensor]: ...  # type: ignore[overload-overlap]  # pyright: ignore[reportOverlappingOverload]
@overload
def multitaper(x: Any, sfreq: float = 1.0, fmin: float = 0.0, fmax: float = ..., bandwidth: float | None = None, adaptive: bool = False, low_bias: bool = True, normalization: Literal['full', 'length'] = "full", remove_dc: bool = True, *, max_iter: int = 150, confidence: float, axis: int = -1, threads: int | None = None) -> tuple[_F8, _Any, _Any]: ...  # type: ignore[overload-overlap]  # pyright: ignore[reportOverlappingOverload]
@overload
def peak_prominences(x: _Single | _ComplexSingle, peaks: Any, wlen: float | None = None) -> tuple[_F8, _Index, _Index]: ...  # type: ignore[overload-overlap]  # pyright: ignore[reportOverlappingOverload]
@overload
def peak_prominences(x: _Double | _ComplexDouble, peaks: Any, wlen: float | None = None) -> tuple[_F8, _Index, _Index]: ...  # type: ignore[overload-overlap]  # pyright: ignore[reportOverlappingOverload]
@overload
def peak_prominences(x: _Tensor, peaks: Any, wlen: float | None = None) -> tuple[_Tensor, _Tensor, _Tensor]: ...  # type: ignore[overload-overlap]  # pyright: ignore[reportOverlappingOverload]
@overload
def peak_prominences(x: Any, peaks: Any, wlen: float | None = None) -> tuple[_F8, _Index, _Index]: ...  # type: ignore[overload-overlap]  # pyright: ignore[reportOverlappingOverload]
@overload
def peak_widths(x: _Single | _ComplexSingle, peaks: Any, rel_height: float = 0.5, prominence_data: Any = None, wlen: float | None = None) -> tuple[_F8, _F8, _F8, _F8]: ...  # type: ignore[overload-overlap]  # pyright: ignore[reportOverlappingOverload]
@overload
def peak_widths(x: _Double | _ComplexDouble, peaks: Any, rel_height: float = 0.5, prominence_data: Any = None, wlen: float | None = None) -> tuple[_F8, _F8, _F8, _F8]: ...  # type: ignore[overload-overlap]  # pyright: ignore[reportOverlappingOverload]
@overload
def peak_widths(x: _Tensor, peaks: Any, rel_height: float = 0.5, prominence_data: Any = None, wlen: float | None = None) -> tuple[_Tensor, _Tensor, _Tensor, _Tensor]: ...  # type: ignore[overload-overlap]  # pyright: ignore[reportOverlappingOverload]
@overload
def peak_widths(x: Any, peaks: Any, rel_height: float = 0.5, prominence_data: Any = None, wlen: float | None = None) -> tuple[_F8, _F8, _F8, _F8]: ...  # type: ignore[overload-overlap]  # pyright: ignore[reportOverlappingOverload]
@overload
def periodogram(x: _Single | _ComplexSingle, fs: float = 1.0, window: Any = "boxcar", nfft: SupportsIndex | None = None, detrend: str | bool | Callable[[_Any], _Any] | None = "constant", return_onesided: bool = True, scaling: Literal["density", "spectrum", "raw"] = "density", axis: SupportsIndex = -1, *, device: str | None = None, threads: int | None = None, nan_policy: str = "propagate", stream: Any = None) -> tuple[_F8, _F4]: ...  # type: ignore[overload-overlap]  # pyright: ignore[reportOverlappingOverload]
@overload
def periodogram(x: _Double | _ComplexDouble, fs: float = 1.0, window: Any = "boxcar", nfft: SupportsIndex | None = None, detrend: str | bool | Callable[[_Any], _Any] | None = "constant", return_onesided: bool = True, scaling: Literal["density", "spectrum", "raw"] = "density", axis: SupportsIndex = -1, *, device: str | None = None, threads: int | None = None, nan_policy: str = "propagate", stream: Any = None) -> tuple[_F8, _F8]: ...  # type: ignore[overload-overlap]  # pyright: ignore[reportOverlappingOverload]
@overload
def periodogram(x: _Tensor, fs: float = 1.0, window: Any = "boxcar", nfft: SupportsIndex | None = None, detrend: str | bool | Callable[[_Any], _Any] | None = "constant", return_onesided: bool = True, scaling: Literal["density", "spectrum", "raw"] = "density", axis: SupportsIndex = -1, *, device: str | None = None, threads: int | None = None, nan_policy: str = "propagate", stream: Any = None) -> tuple[_Tensor, _Tensor]: ...  # type: ignore[overload-overlap]  # pyright: ignore[reportOverlappingOverload]
@overload
def periodogram(x: Any, fs: float = 1.0, window: Any = "boxcar", nfft: SupportsIndex | None = None, detrend: str | bool | Callable[[_Any], _Any] | None = "constant", return_onesided: bool = True, scaling: Literal["density", "spectrum", "raw"] = "density", axis: SupportsIndex = -1, *, device: str | None = None, threads: int | None = None, nan_policy: str = "propagate", stream: Any = None) -> tuple[_F8, _Any]: ...  # type: ignore[overload-overlap]  # pyright: ignore[reportOverlappingOverload]
@overload
def power_to_db(S: _Single | _ComplexSingle, *, ref: float | Callable[[_Any], Any] = 1.0, amin: float = 1e-10, top_db: float | None = 80.0) -> _F4: ...  # type: ignore[overload-overlap]  # pyright: ignore[reportOverlappingOverload]
@overload
def power_to_db(S: _Double | _ComplexDouble, *, ref: float | Callable[[_Any], Any] = 1.0, amin: float = 1e-10, top_db: float | None = 80.0) -> _F8: ...  # type: ignore[overload-overlap]  # pyright: ignore[reportOverlappingOverload]
@overload
def power_to_db(S: _Tensor, *, ref: float | Callable[[_Any], Any] = 1.0, amin: float = 1e-10, top_db: float | None = 80.0) -> _Tensor: ...  # type: ignore[overload-overlap]  # pyright: ignore[reportOverlappingOverload]
@overload
def power_to_db(S: Any, *, ref: float | Callable[[_Any], Any] = 1.0, amin: float = 1e-10, top_db: float | None = 80.0) -> _Any: ...  # type: ignore[overload-overlap]  # pyright: ignore[reportOverlappingOverload]
@overload
def spectrogram(x: _Single | _ComplexSingle, fs: float = 1.0, window: Any = ..., nperseg: SupportsIndex | None = None, noverlap: SupportsIndex | None = None, nfft: SupportsIndex | None = None, detrend: str | bool | Callable[[_Any], _Any] | None = "constant", return_onesided: bool = True, scaling: Literal["density", "spectrum", "raw"] = "density", axis: SupportsIndex = -1, mode: Literal["psd", "magnitude", "angle", "phase"] = "psd", *, device: str | None = None, threads: int | None = None, nan_policy: Literal['propagate', 'raise'] = "propagate", stream: Any = None) -> tuple[_F8, _F8, _F4]: ...  # type: ignore[overload-overlap]  # pyright: ignore[reportOverlappingOverload]
@overload
def spectrogram(x: _Double | _ComplexDouble, fs: float = 1.0, window: Any = ..., nperseg: SupportsIndex | None = None, noverlap: SupportsIndex | None = None, nfft: SupportsIndex | None = None, detrend: str | bool | Callable[[_Any], _Any] | None = "constant", return_onesided: bool = True, scaling: Literal["density", "spectrum", "raw"] = "density", axis: SupportsIndex = -1, mode: Literal["psd", "magnitude", "angle", "phase"] = "psd", *, device: str | None = None, threads: int | None = None, nan_policy: Literal['propagate', 'raise'] = "propagate", stream: Any = None) -> tuple[_F8, _F8, _F8]: ...  # type: ignore[overload-overlap]  # pyright: ignore[reportOverlappingOverload]
@overload
def spectrogram(x: _Tensor, fs: float = 1.0, window: Any = ..., nperseg: SupportsIndex | None = None, noverlap: SupportsIndex | None = None, nfft: SupportsIndex | None = None, detrend: str | bool | Callable[[_Any], _Any] | None = "constant", return_onesided: bool = True, scaling: Literal["density", "spectrum", "raw"] = "density", axis: SupportsIndex = -1, mode: Literal["psd", "magnitude", "angle", "phase"] = "psd", *, device: str | None = None, threads: int | None = None, nan_policy: Literal['propagate', 'raise'] = "propagate", stream: Any = None) -> tuple[_Tensor, _Tensor, _Tensor]: ...  # type: ignore[overload-overlap]  # pyright: ignore[reportOverlappingOverload]
@overload
def spectrogram(x: Any, fs: float = 1.0, window: Any = ..., nperseg: SupportsIndex | None = None, noverlap: SupportsIndex | None = None, nfft: SupportsIndex | None = None, detrend: str | bool | Callable[[_Any], _Any] | None = "constant", return_onesided: bool = True, scaling: Literal["density", "spectrum", "raw"] = "density", axis: SupportsIndex = -1, mode: Literal["psd", "magnitude", "angle", "phase"] = "psd", *, device: str | None = None, threads: int | None = None, nan_policy: Literal['propagate', 'raise'] = "propagate", stream: Any = None) -> tuple[_F8, _F8, _Any]: ...  # type: ignore[overload-overlap]  # pyright: ignore[reportOverlappingOverload]
@overload
def spectrogram(x: _Single | _ComplexSingle, fs: float = 1.0, window: Any = ..., nperseg: SupportsIndex | None = None, noverlap: SupportsIndex | None = None, nfft: SupportsIndex | None = None, detrend: str | bool | Callable[[_Any], _Any] | None = "constant", return_onesided: bool = True, scaling: Literal["density", "spectrum", "raw"] = "density", axis: SupportsIndex = -1, *, mode: Literal["complex"], device: str | None = None, threads: int | None = None, nan_policy: Literal['propagate', 'raise'] = "propagate", stream: Any = None) -> tuple[_F8, _F8, _C8]: ...  # type: ignore[overload-overlap]  # pyright: ignore[reportOverlappingOverload]
@overload
def spectrogram(x: _Double | _ComplexDouble, fs: float = 1.0, window: Any = ..., nperseg: SupportsIndex | None = None, noverlap: SupportsIndex | None = None, nfft: SupportsIndex | None = None, detrend: str | bool | Callable[[_Any], _Any] | None = "constant", return_onesided: bool = True, scaling: Literal["density", "spectrum", "raw"] = "density", axis: SupportsIndex = -1, *, mode: Literal["complex"], device: str | None = None, threads: int | None = None, nan_policy: Literal['propagate', 'raise'] = "propagate", stream: Any = None) -> tuple[_F8, _F8, _C16]: ...  # type: ignore[overload-overlap]  # pyright: ignore[reportOverlappingOverload]
@overload
def spectrogram(x: _Tensor, fs: float = 1.0, window: Any = ..., nperseg: SupportsIndex | None = None, noverlap: SupportsIndex | None = None, nfft: SupportsIndex | None = None, detrend: str | bool | Callable[[_Any], _Any] | None = "constant", return_onesided: bool = True, scaling: Literal["density", "spectrum", "raw"] = "density", axis: SupportsIndex = -1, *, mode: Literal["complex"], device: str | None = None, threads: int | None = None, nan_policy: Literal['propagate', 'raise'] = "propagate", stream: Any = None) -> tuple[_Tensor, _Tensor, _Tensor]: ...  # type: ignore[overload-overlap]  # pyright: ignore[reportOverlappingOverload]
@overload
def spectrogram(x: Any, fs: float = 1.0, window: Any = ..., nperseg: SupportsIndex | None = None, noverlap: SupportsIndex | None = None, nfft: SupportsIndex | None = None, detrend: str | bool | Callable[[_Any], _Any] | None = "constant", return_onesided: bool = True, scaling: Literal["density", "spectrum", "raw"] = "density", axis: SupportsIndex = -1, *, mode: Literal["complex"], device: str | None = None, threads: int | None = None, nan_policy: Literal['propagate', 'raise'] = "propagate", stream: Any = None) -> tuple[_F8, _F8, _Any]: ...  # type: ignore[overload-overlap]  # pyright: ignore[reportOverlappingOverload]
@overload
def stft(x: _Single | _ComplexSingle, fs: float = 1.0, window: Any = "hann_periodic", nperseg: int | None = 256, noverlap: int | None = None, nfft: int | None = None, detrend: Any = False, return_onesided: bool = True, boundary: Literal['even', 'odd', 'constant', 'zeros'] | None = "zeros", padded: bool = True, axis: int = -1, scaling: Literal['spectrum', 'psd'] = "spectrum", *, threads: int | None = None) -> tuple[_F8, _F8, _C8]: ...  # type: ignore[overload-overlap]  # pyright: ignore[reportOverlappingOverload]
@overload
def stft(x: _Double | _ComplexDouble, fs: float = 1.0, window: Any = "hann_periodic", nperseg: int | None = 256, noverlap: int | None = None, nfft: int | None = None, detrend: Any = False, return_onesided: bool = True, boundary: Literal['even', 'odd', 'constant', 'zeros'] | None = "zeros", padded: bool = True, axis: int = -1, scaling: Literal['spectrum', 'psd'] = "spectrum", *, threads: int | None = None) -> tuple[_F8, _F8, _C16]: ...  # type: ignore[overload-overlap]  # pyright: ignore[reportOverlappingOverload]
@overload
def stft(x: _Tensor, fs: float = 1.0, window: Any = "hann_periodic", nperseg: int | None = 256, noverlap: int | None = None, nfft: int | None = None, detrend: Any = False, return_onesided: bool = True, boundary: Literal['even', 'odd', 'constant', 'zeros'] | None = "zeros", padded: bool = True, axis: int = -1, scaling: Literal['spectrum', 'psd'] = "spectrum", *, threads: int | None = None) -> tuple[_Tensor, _Tensor, _Tensor]: ...  # type: ignore[overload-overlap]  # pyright: ignore[reportOverlappingOverload]
@overload
def stft(x: Any, fs: float = 1.0, window: Any = "hann_periodic", nperseg: int | None = 256, noverlap: int | None = None, nfft: int | None = None, detrend: Any = False, return_onesided: bool = True, boundary: Literal['even', 'odd', 'constant', 'zeros'] | None = "zeros", padded: bool = True, axis: int = -1, scaling: Literal['spectrum', 'psd'] = "spectrum", *, threads: int | None = None) -> tuple[_F8, _F8, _Any]: ...  # type: ignore[overload-overlap]  # pyright: ignore[reportOverlappingOverload]
@overload
def welch(x: _Single | _ComplexSingle, fs: float = 1.0, window: Any = "hann_periodic", nperseg: SupportsIndex | None = None, noverlap: SupportsIndex | None = None, nfft: SupportsIndex | None = None, detrend: str | bool | Callable[[_Any], _Any] | None = "constant", return_onesided: bool = True, scaling: Literal["density", "spectrum", "raw"] = "density", axis: SupportsIndex = -1, average: Literal['mean', 'median', 'max', 'min'] = "mean", *, device: str | None = None, threads: int | None = None, nan_policy: str = "propagate", stream: Any = None, confidence: None = None) -> tuple[_F8, _F4]: ...  # type: ignore[overload-overlap]  # pyright: ignore[reportOverlappingOverload]
@overload
def welch(x: _Double | _ComplexDouble, fs: float = 1.0, window: Any = "hann_periodic", nperseg: SupportsIndex | None = None, noverlap: SupportsIndex | None = None, nfft: SupportsIndex | None = None, detrend: str | bool | Callable[[_Any], _Any] | None = "constant", return_onesided: bool = True, scaling: Literal["density", "spectrum", "raw"] = "density", axis: SupportsIndex = -1, average: Literal['mean', 'median', 'max', 'min'] = "mean", *, device: str | None = None, threads: int | None = None, nan_policy: str = "propagate", stream: Any = None, confidence: None = None) -> tuple[_F8, _F8]: ...  # type: ignore[overload-overlap]  # pyright: ignore[reportOverlappingOverload]
@overload
def welch(x: _Tensor, fs: float = 1.0, window: Any = "hann_periodic", nperseg: SupportsIndex | None = None, noverlap: SupportsIndex | None = None, nfft: SupportsIndex | None = None, detrend: str | bool | Callable[[_Any], _Any] | None = "constant", return_onesided: bool = True, scaling: Literal["density", "spectrum", "raw"] = "density", axis: SupportsIndex = -1, average: Literal['mean', 'median', 'max', 'min'] = "mean", *, device: str | None = None, threads: int | None = None, nan_policy: str = "propagate", stream: Any = None, confidence: None = None) -> tuple[_Tensor, _Tensor]: ...  # type: ignore[overload-overlap]  # pyright: ignore[reportOverlappingOverload]
@overload
def welch(x: Any, fs: float = 1.0, window: Any = "hann_periodic", nperseg: SupportsIndex | None = None, noverlap: SupportsIndex | None = None, nfft: SupportsIndex | None = None, detrend: str | bool | Callable[[_Any], _Any] | None = "constant", return_onesided: bool = True, scaling: Literal["density", "spectrum", "raw"] = "density", axis: SupportsIndex = -1, average: Literal['mean', 'median', 'max', 'min'] = "mean", *, device: str | None = None, threads: int | None = None, nan_policy: str = "propagate", stream: Any = None, confidence: None = None) -> tuple[_F8, _Any]: ...  # type: ignore[overload-overlap]  # pyright: ignore[reportOverlappingOverload]
@overload
def welch(x: _Single | _ComplexSingle, fs: float = 1.0, window: Any = "hann_periodic", nperseg: SupportsIndex | None = None, noverlap: SupportsIndex | None = None, nfft: SupportsIndex | None = None, detrend: str | bool | Callable[[_Any], _Any] | None = "constant", return_onesided: bool = True, scaling: Literal["density", "spectrum", "raw"] = "density", axis: SupportsIndex = -1, average: Literal['mean', 'median', 'max', 'min'] = "mean", *, device: str | None = None, threads: int | None = None, nan_policy: str = "propagate", stream: Any = None, confidence: float) -> tuple[_F8, _F4, _F4]: ...  # type: ignore[overload-overlap]  # pyright: ignore[reportOverlappingOverload]
@overload
def welch(x: _Double | _ComplexDouble, fs: float = 1.0, window: Any = "hann_periodic", nperseg: SupportsIndex | None = None, noverlap: SupportsIndex | None = None, nfft: SupportsIndex | None = None, detrend: str | bool | Callable[[_Any], _Any] | None = "constant", return_onesided: bool = True, scaling: Literal["density", "spectrum", "raw"] = "density", axis: SupportsIndex = -1, average: Literal['mean', 'median', 'max', 'min'] = "mean", *, device: str | None = None, threads: int | None = None, nan_policy: str = "propagate", stream: Any = None, confidence: float) -> tuple[_F8, _F8, _F8]: ...  # type: ignore[overload-overlap]  # pyright: ignore[reportOverlappingOverload]
@overload
def welch(x: _Tensor, fs: float = 1.0, window: Any = "hann_periodic", nperseg: SupportsIndex | None = None, noverlap: SupportsIndex | None = None, nfft: SupportsIndex | None = None, detrend: str | bool | Callable[[_Any], _Any] | None = "constant", return_onesided: bool = True, scaling: Literal["density", "spectrum", "raw"] = "density", axis: SupportsIndex = -1, average: Literal['mean', 'median', 'max', 'min'] = "mean", *, device: str | None = None, threads: int | None = None, nan_policy: str = "propagate", stream: Any = None, confidence: float) -> tuple[_Tensor, _Tensor, _Tensor]: ...  # type: ignore[overload-overlap]  # pyright: ignore[reportOverlappingOverload]
@overload
def welch(x: Any, fs: float = 1.0, window: Any = "hann_periodic", nperseg: SupportsIndex | None = None, noverlap: SupportsIndex | None = None, nfft: SupportsIndex | None = None, detrend: str | bool | Callable[[_Any], _Any] | None = "constant", return_onesided: bool = True, scaling: Literal["density", "spectrum", "raw"] = "density", axis: SupportsIndex = -1, average: Literal['mean', 'median', 'max', 'min'] = "mean", *, device: str | None = None, threads: int | None = None, nan_policy: str = "propagate", stream: Any = None, confidence: float) -> tuple[_F8, _Any, _Any]: ...  # type: ignore[overload-overlap]  # pyright: ignore[reportOverlappingOverload]

__all__ = ["AutoWelchPeaks", "DeviceArray", "DevicePeaks", "LearnedFft", "LogMelStream", "ShortTimeFFT", "WelchAccumulator", "WelchPeaks", "__version__", "argrelmax", "band_power", "check_COLA", "check_NOLA", "clear_cache", "closest_STFT_dual_window", "coherence", "cross_spectral_matrix", "csd", "delta", "detrend", "devices", "dpss", "explain", "fft", "find_peaks", "fit", "get_num_threads", "get_window", "istft", "kaldi", "load", "lombscargle", "mel_filterbank", "melspectrogram", "mfcc", "multitaper", "patch_scipy", "peak_prominences", "peak_widths", "periodogram", "power_to_db", "set_num_threads", "spectrogram", "stft", "train", "welch", "welch_peaks"]

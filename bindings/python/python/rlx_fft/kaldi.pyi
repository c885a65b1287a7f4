"""Types of Kaldi's features. Written by make_stubs.py: change the functions or its table."""

from collections.abc import Callable, Sequence
from typing import Any, Literal, Protocol, SupportsIndex, TypeVar, overload

import numpy as np
import numpy.typing as npt

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

@overload
def fbank(waveform: _Single | _ComplexSingle, *, blackman_coeff: float = 0.42, dither: float = 0.0, energy_floor: float = 1.0, frame_length: float = 25.0, frame_shift: float = 10.0, high_freq: float = 0.0, htk_compat: bool = False, low_freq: float = 20.0, num_mel_bins: int = 23, preemphasis_coefficient: float = 0.97, raw_energy: bool = True, remove_dc_offset: bool = True, round_to_power_of_two: bool = True, sample_frequency: float = 16000.0, seed: int = 0, snip_edges: bool = True, subtract_mean: bool = False, use_energy: bool = False, use_log_fbank: bool = True, use_power: bool = True, window_type: Literal["povey", "hanning", "hamming", "rectangular", "blackman"] = "povey", axis: int = -1, threads: int | None = None) -> _F4: ...  # type: ignore[overload-overlap]  # pyright: ignore[reportOverlappingOverload]
@overload
def fbank(waveform: _Double | _ComplexDouble, *, blackman_coeff: float = 0.42, dither: float = 0.0, energy_floor: float = 1.0, frame_length: float = 25.0, frame_shift: float = 10.0, high_freq: float = 0.0, htk_compat: bool = False, low_freq: float = 20.0, num_mel_bins: int = 23, preemphasis_coefficient: float = 0.97, raw_energy: bool = True, remove_dc_offset: bool = True, round_to_power_of_two: bool = True, sample_frequency: float = 16000.0, seed: int = 0, snip_edges: bool = True, subtract_mean: bool = False, use_energy: bool = False, use_log_fbank: bool = True, use_power: bool = True, window_type: Literal["povey", "hanning", "hamming", "rectangular", "blackman"] = "povey", axis: int = -1, threads: int | None = None) -> _F8: ...  # type: ignore[overload-overlap]  # pyright: ignore[reportOverlappingOverload]
@overload
def fbank(waveform: _Tensor, *, blackman_coeff: float = 0.42, dither: float = 0.0, energy_floor: float = 1.0, frame_length: float = 25.0, frame_shift: float = 10.0, high_freq: float = 0.0, htk_compat: bool = False, low_freq: float = 20.0, num_mel_bins: int = 23, preemphasis_coefficient: float = 0.97, raw_energy: bool = True, remove_dc_offset: bool = True, round_to_power_of_two: bool = True, sample_frequency: float = 16000.0, seed: int = 0, snip_edges: bool = True, subtract_mean: bool = False, use_energy: bool = False, use_log_fbank: bool = True, use_power: bool = True, window_type: Literal["povey", "hanning", "hamming", "rectangular", "blackman"] = "povey", axis: int = -1, threads: int | None = None) -> _Tensor: ...  # type: ignore[overload-overlap]  # pyright: ignore[reportOverlappingOverload]
@overload
def fbank(waveform: Any, *, blackman_coeff: float = 0.42, dither: float = 0.0, energy_floor: float = 1.0, frame_length: float = 25.0, frame_shift: float = 10.0, high_freq: float = 0.0, htk_compat: bool = False, low_freq: float = 20.0, num_mel_bins: int = 23, preemphasis_coefficient: float = 0.97, raw_energy: bool = True, remove_dc_offset: bool = True, round_to_power_of_two: bool = True, sample_frequency: float = 16000.0, seed: int = 0, snip_edges: bool = True, subtract_mean: bool = False, use_energy: bool = False, use_log_fbank: bool = True, use_power: bool = True, window_type: Literal["povey", "hanning", "hamming", "rectangular", "blackman"] = "povey", axis: int = -1, threads: int | None = None) -> _Any: ...  # type: ignore[overload-overlap]  # pyright: ignore[reportOverlappingOverload]
@overload
def mfcc(waveform: _Single | _ComplexSingle, *, blackman_coeff: float = 0.42, cepstral_lifter: float = 22.0, dither: float = 0.0, energy_floor: float = 1.0, frame_length: float = 25.0, frame_shift: float = 10.0, high_freq: float = 0.0, htk_compat: bool = False, low_freq: float = 20.0, num_ceps: int = 13, num_mel_bins: int = 23, preemphasis_coefficient: float = 0.97, raw_energy: bool = True, remove_dc_offset: bool = True, round_to_power_of_two: bool = True, sample_frequency: float = 16000.0, seed: int = 0, snip_edges: bool = True, subtract_mean: bool = False, use_energy: bool = False, window_type: Literal["povey", "hanning", "hamming", "rectangular", "blackman"] = "povey", axis: int = -1, threads: int | None = None) -> _F4: ...  # type: ignore[overload-overlap]  # pyright: ignore[reportOverlappingOverload]
@overload
def mfcc(waveform: _Double | _ComplexDouble, *, blackman_coeff: float = 0.42, cepstral_lifter: float = 22.0, dither: float = 0.0, energy_floor: float = 1.0, frame_length: float = 25.0, frame_shift: float = 10.0, high_freq: float = 0.0, htk_compat: bool = False, low_freq: float = 20.0, num_ceps: int = 13, num_mel_bins: int = 23, preemphasis_coefficient: float = 0.97, raw_energy: bool = True, remove_dc_offset: bool = True, round_to_power_of_two: bool = True, sample_frequency: float = 16000.0, seed: int = 0, snip_edges: bool = True, subtract_mean: bool = False, use_energy: bool = False, window_type: Literal["povey", "hanning", "hamming", "rectangular", "blackman"] = "povey", axis: int = -1, threads: int | None = None) -> _F8: ...  # type: ignore[overload-overlap]  # pyright: ignore[reportOverlappingOverload]
@overload
def mfcc(waveform: _Tensor, *, blackman_coeff: float = 0.42, cepstral_lifter: float = 22.0, dither: float = 0.0, energy_floor: float = 1.0, frame_length: float = 25.0, frame_shift: float = 10.0, high_freq: float = 0.0, htk_compat: bool = False, low_freq: float = 20.0, num_ceps: int = 13, num_mel_bins: int = 23, preemphasis_coefficient: float = 0.97, raw_energy: bool = True, remove_dc_offset: bool = True, round_to_power_of_two: bool = True, sample_frequency: float = 16000.0, seed: int = 0, snip_edges: bool = True, subtract_mean: bool = False, use_energy: bool = False, window_type: Literal["povey", "hanning", "hamming", "rectangular", "blackman"] = "povey", axis: int = -1, threads: int | None = None) -> _Tensor: ...  # type: ignore[overload-overlap]  # pyright: ignore[reportOverlappingOverload]
@overload
def mfcc(waveform: Any, *, blackman_coeff: float = 0.42, cepstral_lifter: float = 22.0, dither: float = 0.0, energy_floor: float = 1.0, frame_length: float = 25.0, frame_shift: float = 10.0, high_freq: float = 0.0, htk_compat: bool = False, low_freq: float = 20.0, num_ceps: int = 13, num_mel_bins: int = 23, preemphasis_coefficient: float = 0.97, raw_energy: bool = True, remove_dc_offset: bool = True, round_to_power_of_two: bool = True, sample_frequency: float = 16000.0, seed: int = 0, snip_edges: bool = True, subtract_mean: bool = False, use_energy: bool = False, window_type: Literal["povey", "hanning", "hamming", "rectangular", "blackman"] = "povey", axis: int = -1, threads: int | None = None) -> _Any: ...  # type: ignore[overload-overlap]  # pyright: ignore[reportOverlappingOverload]

__all__ = ["fbank", "mfcc"]

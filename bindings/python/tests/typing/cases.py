"""Checked by mypy and pyright, not run: what calls return for what they are given."""

from typing import Any, assert_type

import numpy as np
import numpy.typing as npt

import rlx_fft
import rlx_fft.fft
import rlx_fft.kaldi

F4 = npt.NDArray[np.float32]
F8 = npt.NDArray[np.float64]
C8 = npt.NDArray[np.complex64]
C16 = npt.NDArray[np.complex128]
Positions = npt.NDArray[np.intp]


class Tensor:
    """A tensor of another library."""

    def __dlpack__(self, *, stream: Any = None) -> Any:
        raise NotImplementedError

    def __dlpack_device__(self) -> tuple[Any, Any]:
        raise NotImplementedError


def arrays(f4: F4, f8: F8, c8: C8, c16: C16, i2: npt.NDArray[np.int16], tensor: Tensor, unknown: Any) -> None:
    assert_type(rlx_fft.welch(f4), tuple[F8, F4])
    assert_type(rlx_fft.welch(f8, 250.0, "hamming", 256), tuple[F8, F8])
    assert_type(rlx_fft.welch(c8), tuple[F8, F4])
    assert_type(rlx_fft.welch(i2), tuple[F8, F8])
    assert_type(rlx_fft.welch([1.0, 2.0, 3.0]), tuple[F8, F8])
    assert_type(rlx_fft.welch(tensor), tuple[Tensor, Tensor])
    assert_type(rlx_fft.welch(f4, confidence=0.95), tuple[F8, F4, F4])
    assert_type(rlx_fft.welch(f8, nperseg=np.int64(64), confidence=0.95)[2], F8)
    assert_type(rlx_fft.periodogram(f4), tuple[F8, F4])
    assert_type(rlx_fft.csd(f4, f4), tuple[F8, C8])
    assert_type(rlx_fft.csd(f8, i2), tuple[F8, C16])
    assert_type(rlx_fft.coherence(f8, f8), tuple[F8, F8])
    assert_type(rlx_fft.spectrogram(f4), tuple[F8, F8, F4])
    assert_type(rlx_fft.spectrogram(f8, mode="phase"), tuple[F8, F8, F8])
    assert_type(rlx_fft.spectrogram(f8, mode="complex"), tuple[F8, F8, C16])
    assert_type(rlx_fft.stft(f4), tuple[F8, F8, C8])
    assert_type(rlx_fft.istft(c8), tuple[F8, F4])
    assert_type(rlx_fft.istft(c16, input_onesided=False), tuple[F8, C16])
    assert_type(rlx_fft.multitaper(f8), tuple[F8, F8])
    assert_type(rlx_fft.multitaper(f4, confidence=0.9), tuple[F8, F4, F4])
    assert_type(rlx_fft.band_power(f4, 1.0, (0.1, 0.2)), F8)
    assert_type(rlx_fft.cross_spectral_matrix(f4), tuple[F8, C8])
    assert_type(rlx_fft.find_peaks(f8), tuple[Positions, dict[str, npt.NDArray[Any]]])
    assert_type(rlx_fft.peak_prominences(f8, [3]), tuple[F8, Positions, Positions])
    assert_type(rlx_fft.argrelmax(f8), tuple[Positions, ...])
    assert_type(rlx_fft.detrend(f4), F4)
    assert_type(rlx_fft.detrend(c16), C16)
    assert_type(rlx_fft.detrend(tensor), Tensor)
    assert_type(rlx_fft.melspectrogram(f4, "librosa", n_mels=64), F4)
    assert_type(rlx_fft.mfcc(f8), F8)
    assert_type(rlx_fft.delta(f4), F4)
    assert_type(rlx_fft.power_to_db(f4), F4)
    assert_type(rlx_fft.lombscargle(f8, f8, f8), F8)
    assert_type(rlx_fft.lombscargle(f8, f8, f8, normalize="amplitude"), C16)
    assert_type(rlx_fft.get_window("hann", 64), F8)
    assert_type(rlx_fft.dpss(64, 2.5, 4), F8)
    assert_type(rlx_fft.check_COLA("hann", 64, 32), bool)
    assert_type(rlx_fft.fft.rfft(f4), C8)
    assert_type(rlx_fft.fft.irfft(c16), F8)
    assert_type(rlx_fft.fft.fft(tensor), Tensor)
    assert_type(rlx_fft.kaldi.fbank(f4), F4)
    assert_type(rlx_fft.explain("welch", (64, 4096), device="cpu"), str)
    assert_type(rlx_fft.welch_peaks(f4), rlx_fft.WelchPeaks)
    assert_type(rlx_fft.ShortTimeFFT(f8, 4, 1.0).hop, int)
    # What has no type of its own is an array of some kind.
    rlx_fft.welch(unknown)[1]


def mistakes(f8: F8) -> None:
    """Each line has an error, which the check demands."""
    rlx_fft.welch(f8, windows="hann")  # type: ignore[call-overload]  # pyright: ignore
    rlx_fft.welch(f8, scaling="densitiy")  # type: ignore[call-overload]  # pyright: ignore
    rlx_fft.spectrogram(f8, mode="psdd")  # type: ignore[call-overload]  # pyright: ignore
    rlx_fft.mel_filterbank("librosa", mels=3)  # type: ignore[call-arg]  # pyright: ignore
    rlx_fft.check_NOLA("hann", "64", 32)  # type: ignore[arg-type]  # pyright: ignore

#!/usr/bin/env python3
"""Golden values of scipy.signal.spectrogram and librosa.stft for crates/dsp/tests/stft_golden.rs.

    pip install scipy librosa && python scripts/golden_stft.py
"""

import json

import librosa
import numpy as np
import scipy
from scipy.signal import spectrogram

from golden_peaks import ROOT, lcg

OUT = ROOT / "crates/dsp/tests/golden/stft/spectrogram.json"


def signal(n, offset):
    """Noise on a ramp: every detrend makes a difference."""
    return lcg(7, n) + offset + 0.01 * np.arange(n)


def scipy_case(n, offset, **args):
    x = signal(n, offset)
    freq, times, power = spectrogram(x, **args)
    args = {k: list(v) if isinstance(v, tuple) else v for k, v in args.items()}
    return {"kind": "scipy", "n": n, "offset": offset, "args": args, "shape": list(power.T.shape),
            "frequencies": freq[[1, -1]].tolist(), "times": times.tolist(), "data": power.T.ravel().tolist()}


def librosa_case(n, power, **args):
    x = signal(n, 0.0)
    s = np.abs(librosa.stft(x, dtype=np.complex128, **args)) ** power
    times = librosa.frames_to_time(np.arange(s.shape[1]), sr=1000.0, hop_length=args["hop_length"])
    return {"kind": "librosa", "n": n, "offset": 0.0, "power": power, "args": args, "shape": list(s.T.shape),
            "times": times.tolist(), "data": s.T.ravel().tolist()}


def main():
    cases = [
        scipy_case(100, 5.0, fs=1000.0, nperseg=32),
        scipy_case(100, 1e5, fs=1.0, nperseg=32, noverlap=16, window="hann"),
        scipy_case(100, 5.0, fs=2.0, nperseg=31, noverlap=10, window="hann", detrend="linear", scaling="spectrum"),
        scipy_case(90, 5.0, fs=8000.0, nperseg=24, noverlap=23, nfft=37, window="hamming", detrend=False),
        scipy_case(90, 5.0, fs=1.0, nperseg=20, noverlap=5, nfft=64, window=("kaiser", 8.0)),
        librosa_case(100, 2, n_fft=32, hop_length=8),
        librosa_case(100, 1, n_fft=32, hop_length=10, win_length=20),
        librosa_case(100, 2, n_fft=32, hop_length=8, pad_mode="reflect", win_length=25),
        librosa_case(100, 2, n_fft=32, hop_length=12, center=False, win_length=20),
        librosa_case(70, 2, n_fft=30, hop_length=40, pad_mode="reflect"),
    ]
    versions = {"scipy": scipy.__version__, "librosa": librosa.__version__, "numpy": np.__version__}
    OUT.parent.mkdir(parents=True, exist_ok=True)
    body = ",\n".join(json.dumps(c, separators=(",", ":")) for c in cases)
    OUT.write_text(f'{{"versions":{json.dumps(versions)},"cases":[\n{body}\n]}}\n')
    print(f"{OUT}: {len(cases)} cases, {OUT.stat().st_size} bytes")


if __name__ == "__main__":
    main()

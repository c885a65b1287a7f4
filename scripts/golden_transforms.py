#!/usr/bin/env python3
"""Golden values of short-time transforms, multitaper spectra, Lomb–Scargle periodograms, cepstral coefficients and deltas.

    python -m venv /tmp/golden && /tmp/golden/bin/pip install numpy scipy mne librosa
    /tmp/golden/bin/python scripts/golden_transforms.py

writes crates/dsp/tests/golden/transforms.json. Inputs are `noise` of scripts/golden_scipy.py, made from a seed.
"""

import json
import pathlib

import librosa
import mne
import numpy as np
import scipy
from scipy import signal as sps

from golden_scipy import noise

OUT = pathlib.Path(__file__).resolve().parent.parent / "crates/dsp/tests/golden/transforms.json"


def parts(z):
    return {"re": np.real(z).ravel().tolist(), "im": np.imag(z).ravel().tolist()}


def short_time(n, window, hop, mfft, mode, padding, phase_shift, scale_to=None, is_complex=False):
    win = sps.get_window(window, 12, fftbins=True)
    x = noise(5, n) + (1j * noise(6, n) if is_complex else 0)
    stft = sps.ShortTimeFFT(win, hop, 1.0, fft_mode=mode, mfft=mfft, scale_to=scale_to, phase_shift=phase_shift)
    spectra = stft.stft(x, padding=padding)
    return {"n": n, "window": np.asarray(stft.win).tolist(), "hop": hop, "mfft": mfft, "mode": mode, "padding": padding,
            "phase_shift": phase_shift, "complex": is_complex, "gain": {None: 1.0, "psd": 2**0.5, "magnitude": 2.0}[scale_to],
            "p_min": stft.p_min, "p_max": stft.p_max(n), "k_min": stft.k_min, "k_max": stft.k_max(n),
            "lower": stft.lower_border_end, "upper": stft.upper_border_begin(n), "dual": stft.dual_win.tolist(),
            "f": stft.f.tolist(), **parts(spectra.T)}


def multitaper(n, rows, bandwidth, adaptive, low_bias, normalization, fmin, fmax):
    x = np.array([noise(20 + i, n) + 3 * np.sin(np.arange(n) * 0.3 * (i + 1)) for i in range(rows)]) + 2
    psd, freqs = mne.time_frequency.psd_array_multitaper(
        x, 200.0, fmin, fmax, bandwidth, adaptive, low_bias, normalization, max_iter=2000, verbose="error"
    )
    return {"n": n, "rows": rows, "bandwidth": bandwidth, "adaptive": adaptive, "low_bias": low_bias,
            "normalization": normalization, "fmin": fmin, "fmax": fmax, "f": freqs.tolist(), "psd": psd.ravel().tolist()}


def lomb(n, weights, floating_mean, normalize):
    x = np.sort(noise(30, n) + 1) * n / 2
    y = noise(31, n) + 2 * np.cos(0.9 * x)
    w = noise(32, n) + 1 if weights else None
    freqs = np.linspace(0.3, 3, 25)
    pgram = sps.lombscargle(x, y, freqs, weights=w, floating_mean=floating_mean, normalize=normalize)
    return {"n": n, "x": x.tolist(), "y": y.tolist(), "weights": weights and w.tolist(), "floating_mean": floating_mean,
            "normalize": normalize, "freqs": freqs.tolist(), **parts(pgram)}


def main():
    s = noise(40, 6 * 30).reshape(6, 30)
    out = {
        "versions": {m.__name__: m.__version__ for m in (np, scipy, mne, librosa)},
        "short_time": [
            short_time(50, "hann", 5, 12, "onesided", "zeros", 0),
            short_time(50, "hamming", 3, 16, "onesided", "even", None),
            short_time(51, "hann", 4, 15, "onesided2X", "odd", 2, "psd"),
            short_time(51, ("tukey", 0.5), 7, 13, "onesided2X", "edge", -3, "magnitude"),
            short_time(40, "blackman", 5, 12, "twosided", "odd", 0),
            short_time(40, "hann", 6, 17, "centered", "zeros", 1, "psd"),
            short_time(47, "hann", 4, 14, "centered", "even", 0, None, True),
        ],
        "dpss": [
            {"m": m, "nw": nw, "kmax": k, "sym": sym, "tapers": t.ravel().tolist(), "ratios": r.tolist()}
            for m, nw, k, sym in [(32, 2.5, 4, True), (33, 4.0, 8, False), (20, 1.0, 1, True)]
            for t, r in [sps.windows.dpss(m, nw, k, sym=sym, return_ratios=True)]
        ],
        "multitaper": [
            multitaper(120, 3, None, False, True, "length", 0.0, np.inf),
            multitaper(121, 2, 20.0, False, False, "full", 10.0, 60.0),
            multitaper(120, 3, None, True, True, "full", 0.0, np.inf),
            multitaper(97, 2, 30.0, True, False, "length", 0.0, 80.0),
        ],
        "lomb_scargle": [lomb(40, w, f, n) for w in (None, True) for f in (False, True) for n in (False, True, "amplitude")],
        "mfcc": [
            {"dct_type": t, "norm": norm, "lifter": lifter, "n_mfcc": 4,
             "values": librosa.feature.mfcc(S=s, n_mfcc=4, dct_type=t, norm=norm, lifter=lifter).ravel().tolist()}
            for t, norm, lifter in [(2, "ortho", 0), (2, None, 0), (3, "ortho", 22), (1, "ortho", 0), (1, None, 12)]
        ],
        "delta": [
            {"width": w, "order": o, "mode": m, "values": librosa.feature.delta(s, width=w, order=o, mode=m).ravel().tolist()}
            for w, o, m in [(9, 1, "interp"), (7, 2, "interp"), (5, 1, "nearest"), (9, 3, "mirror"), (5, 2, "wrap"), (7, 1, "constant")]
        ],
    }
    text = json.dumps(out, separators=(",", ":"), default=lambda v: None if np.isinf(v) else v).replace("Infinity", "null")
    OUT.write_text(text + "\n")
    print(f"{OUT}: {OUT.stat().st_size} bytes")


if __name__ == "__main__":
    main()

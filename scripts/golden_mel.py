#!/usr/bin/env python3
"""Golden log-mel values for crates/dsp/tests/mel_golden.rs, in f64 unless the reference itself is f32.

    pip install scipy librosa kaldi-native-fbank && python scripts/golden_mel.py

librosa and kaldi-native-fbank are called. whisper, torchaudio and NeMo are their published formulas in NumPy, with
librosa's filters where the originals use them (whisper, NeMo).
"""

import json

import kaldi_native_fbank as knf
import librosa
import numpy as np
import scipy

from golden_peaks import ROOT, lcg

OUT = ROOT / "crates/dsp/tests/golden/mel"


def signal(kind, n, rate):
    """Repeated by `signal` of the Rust test; all values are f32."""
    if kind == "noise":
        x = 0.5 * lcg(11, n)
    elif kind == "voice":  # gliding harmonics that swell and fade, over a floor 90 dB down
        t = np.arange(n) / rate
        x = 3e-5 * lcg(12, n)
        for h in range(1, 20):
            x += 0.3 / h * np.sin(2 * np.pi * h * (140.0 * t + 60.0 * t * t))
        x *= np.exp(-12.0 * t)
    elif kind == "ecg":  # counts around 1000: an offset far above the signal
        x = np.load(ROOT / "examples/data/ecg.npy")[:n].astype(float)
    return x.astype(np.float32)


def frames_of(x, frame, hop):
    return np.lib.stride_tricks.sliding_window_view(x, frame)[::hop]


def power_of(x, n_fft, hop, window, mode):
    """Centred frames: |rfft|^2, [bins, frames]."""
    x = np.pad(x.astype(np.float64), n_fft // 2, mode=mode)
    lead = (n_fft - len(window)) // 2
    window = np.pad(window, (lead, n_fft - len(window) - lead))
    return (np.abs(np.fft.rfft(frames_of(x, n_fft, hop) * window)) ** 2).T


def librosa_mel(x, rate, log, **args):
    s = librosa.feature.melspectrogram(y=x.astype(np.float64), sr=rate, **args)
    log = {k: np.max if v == "max" else v for k, v in log.items()}
    return librosa.power_to_db(s, **log)


def whisper(x, n_mels):
    window = scipy.signal.get_window("hann", 400)
    power = power_of(x, 400, 160, window, "reflect")[:, :-1]
    mel = librosa.filters.mel(sr=16000, n_fft=400, n_mels=n_mels) @ power
    log = np.log10(np.maximum(mel, 1e-10))
    return (np.maximum(log, log.max() - 8.0) + 4.0) / 4.0


def kaldi(x, n_mels, snip_edges):
    options = knf.FbankOptions()
    options.frame_opts.dither = 0.0
    options.frame_opts.snip_edges = snip_edges
    options.mel_opts.num_bins = n_mels
    fbank = knf.OnlineFbank(options)
    fbank.accept_waveform(16000, x.tolist())
    fbank.input_finished()
    return np.array([fbank.get_frame(i) for i in range(fbank.num_frames_ready)], dtype=np.float64)


def torchaudio(x):
    rate, n_fft, n_mels = 16000, 400, 128
    power = power_of(x, n_fft, 200, scipy.signal.get_window("hann", n_fft), "reflect")
    freqs = np.linspace(0, rate // 2, n_fft // 2 + 1)
    mels = np.linspace(0, 2595.0 * np.log10(1.0 + rate / 2 / 700.0), n_mels + 2)
    points = 700.0 * (10.0 ** (mels / 2595.0) - 1.0)
    gaps = np.diff(points)
    slopes = points[None, :] - freqs[:, None]
    bank = np.maximum(0.0, np.minimum(-slopes[:, :-2] / gaps[:-1], slopes[:, 2:] / gaps[1:]))
    return 10.0 * np.log10(np.maximum(bank.T @ power, 1e-10))


def nemo(x, normalise):
    x = x.astype(np.float64)
    valid = len(x) // 160
    x = np.concatenate([x[:1], x[1:] - 0.97 * x[:-1]])
    window = scipy.signal.get_window("hann", 400, fftbins=False)
    power = power_of(x, 512, 160, window, "constant")
    mel = librosa.filters.mel(sr=16000, n_fft=512, n_mels=80, fmin=0, fmax=8000, norm="slaney") @ power
    log = np.log(mel + 2.0**-24)[:, :valid]
    if not normalise:
        return log
    return (log - log.mean(axis=1, keepdims=True)) / (log.std(axis=1, ddof=1, keepdims=True) + 1e-5)


def cases():
    db = dict(amin=1e-10, ref=1.0, top_db=80.0)
    for kind, n in (("noise", 3000), ("voice", 6000), ("ecg", 1024)):
        wide, x = signal(kind, n, 22050), signal(kind, n, 16000)
        yield kind, n, 22050, "librosa", {}, librosa_mel(wide, 22050, db)
        yield kind, n, 16000, "whisper", {}, whisper(x, 80)
        yield kind, n, 16000, "kaldi", {}, kaldi(x, 23, True)
        yield kind, n, 16000, "torchaudio", {}, torchaudio(x)
        yield kind, n, 16000, "nemo", {"normalise": False}, nemo(x, False)
        yield kind, n, 16000, "nemo", {"normalise": True}, nemo(x, True)
    x = signal("voice", 4000, 16000)
    yield "voice", 4000, 16000, "whisper", {"n_mels": 128}, whisper(x, 128)
    yield "voice", 4000, 16000, "kaldi", {"n_mels": 80, "snip_edges": False}, kaldi(x, 80, False)
    yield "voice", 300, 16000, "kaldi", {"n_mels": 23, "snip_edges": False}, kaldi(x[:300], 23, False)
    htk = dict(n_fft=512, hop_length=200, win_length=300, n_mels=40, fmin=50.0, fmax=7000.0, htk=True, norm=None)
    yield ("voice", 4000, 16000, "librosa", {**htk, "power": 1.0, "ref": "max", "top_db": 40.0},
           librosa_mel(x, 16000, dict(amin=1e-10, ref="max", top_db=40.0), power=1.0, pad_mode="reflect", **htk))


def banks():
    grid = [dict(sr=22050, n_fft=2048, n_mels=128), dict(sr=48000, n_fft=1024, n_mels=64, fmin=30.0, fmax=20000.0),
            dict(sr=16000, n_fft=400, n_mels=80), dict(sr=8000, n_fft=255, n_mels=20, htk=True),
            dict(sr=16000, n_fft=512, n_mels=40, norm=None, fmin=100.0), dict(sr=16000, n_fft=128, n_mels=80)]
    for args in grid:
        bank = librosa.filters.mel(dtype=np.float64, **args)
        inside = [np.flatnonzero(row) for row in bank]
        yield {"args": args, "first": [int(i[0]) if len(i) else 0 for i in inside], "count": [len(i) for i in inside],
               "sum": bank.sum(axis=1).tolist(), "moment": (bank @ np.arange(bank.shape[1])).tolist()}


def write(name, versions, key, items):
    body = ",\n".join(json.dumps(item, separators=(",", ":")) for item in items)
    path = OUT / name
    path.write_text(f'{{"versions":{json.dumps(versions)},"{key}":[\n{body}\n]}}\n')
    print(f"{path}: {path.stat().st_size} bytes")


def main():
    OUT.mkdir(parents=True, exist_ok=True)
    versions = {"librosa": librosa.__version__, "kaldi-native-fbank": knf.__version__, "scipy": scipy.__version__,
                "numpy": np.__version__, "whisper, torchaudio, nemo": "formulas in NumPy"}
    write("log_mel.json", versions, "cases", (
        {"signal": kind, "n": n, "rate": rate, "preset": preset, "args": args, "shape": list(values.shape),
         "data": [round(v, 6) for v in values.ravel().tolist()]}
        for kind, n, rate, preset, args, values in cases()))
    write("filterbanks.json", versions, "banks", banks())


if __name__ == "__main__":
    main()

"""Draws the guide's pictures: python docs/make_images.py"""

from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np

import rlx_fft

images = Path(__file__).parent / "images"
images.mkdir(exist_ok=True)

fs = 1000.0
t = np.arange(20_000) / fs
noise = np.random.default_rng(1).normal(size=t.size)
x = np.sin(2 * np.pi * 50 * t) + 0.2 * np.sin(2 * np.pi * 120.4 * t) + 0.5 * noise
figure, axes = plt.subplots(figsize=(7, 3.2), layout="constrained")
for average in ("mean", "max", "min"):
    f, pxx = rlx_fft.welch(x, fs, nperseg=1000, average=average)
    axes.semilogy(f, pxx, lw=1, label=average)
peaks, _ = rlx_fft.find_peaks(rlx_fft.welch(x, fs, nperseg=1000)[1], prominence=0.003)
axes.plot(f[peaks], rlx_fft.welch(x, fs, nperseg=1000)[1][peaks], "kx", label="find_peaks")
axes.set(xlabel="Hz", ylabel="V²/Hz", title="welch(x, fs, nperseg=1000, average=…)")
axes.legend(ncols=4)
figure.savefig(images / "welch.png", dpi=100)

rate = 22_050
t = np.arange(4 * rate) / rate
chirp = np.sin(2 * np.pi * (200 * t + 900 * t**2)) + 0.01 * np.random.default_rng(2).normal(size=t.size)
mel = rlx_fft.melspectrogram(chirp.astype(np.float32), "librosa", ref_max=True)
figure, axes = plt.subplots(figsize=(7, 3.2), layout="constrained")
picture = axes.imshow(mel, origin="lower", aspect="auto", extent=(0, 4, 0, mel.shape[0]), cmap="magma")
axes.set(xlabel="s", ylabel="mel band", title='melspectrogram(chirp, "librosa", ref_max=True)')
figure.colorbar(picture, label="dB")
figure.savefig(images / "mel.png", dpi=100)

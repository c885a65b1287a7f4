"""A small task with four front ends: which of ten spoken-digit-like words was said, in noise.

python benches/front_end.py [--seeds 5] [--epochs 12] [--json FILE]

Words are generated: each of ten classes is a sequence of three vowels (formants of Peterson & Barney's averages) with a
consonant-like burst between some of them; voice pitch, speed, vocal tract length, level and noise differ from sample to
sample. Training, validation and test samples come from different seeds, and the classifier is the same for all: batch
norm, two convolutions over time, mean over time. Front ends:

fixed    log-mel, nothing trained
learned  window, butterflies and mel filters trained, from the FFT at the start
angle    the same with one angle per butterfly: the FFT's form and cost
leaf     LEAF-like: complex Gabor filters with trained centres and widths, squared, low-pass of trained width, log

The epoch with the best validation accuracy is the one that is tested. One thread.
"""

from __future__ import annotations

import argparse
import json
import platform
import sys
import time

import numpy as np
import torch
from rlx_fft.torch import LearnedFrontEnd

RATE, SAMPLES, MELS, HOP, N_FFT = 8000, 6000, 24, 128, 256
VOWELS = {"i": (270, 2290, 3010), "e": (530, 1840, 2480), "a": (730, 1090, 2440), "o": (570, 840, 2410), "u": (300, 870, 2240),
          "y": (390, 1990, 2550)}  # fmt: skip
WORDS = ["iea", "aei", "oua", "uoe", "yai", "eoy", "aou", "iyo", "uei", "oya"]


def word(kind: int, rng: np.random.Generator) -> np.ndarray:
    pitch, tract, speed = rng.uniform(90, 240), rng.uniform(0.85, 1.18), rng.uniform(0.75, 1.2)
    length = int(SAMPLES * 0.8 * speed)
    t = np.arange(length) / RATE
    part = np.minimum((np.arange(length) * 3) // length, 2)
    glide = np.ones(length // 12) / (length // 12)
    phase = 2 * np.pi * np.cumsum(pitch * (1 + 0.05 * np.sin(2 * np.pi * rng.uniform(1, 3) * t))) / RATE
    formants = np.array([VOWELS[v] for v in WORDS[kind]]).T * tract
    tracks = [np.convolve(np.pad(f[part], len(glide) // 2, mode="edge"), glide, "same")[:length] for f in formants]
    voice = np.zeros(length)
    for harmonic in range(1, int(3600 / pitch)):
        at = harmonic * pitch
        level = sum(1 / (1 + ((at - f) / w) ** 2) * g for f, w, g in zip(tracks, (60, 90, 140), (1, 0.6, 0.3)))
        voice += level * np.sin(harmonic * phase)
    if kind % 2:
        start = int(length * (0.33 + 0.3 * (kind % 3 == 0)))
        burst = rng.normal(size=300) * np.hanning(300) * 0.5 * voice.std()
        voice[start : start + 300] = burst[: max(0, length - start)]
    voice *= np.minimum(1, np.minimum(np.arange(length), np.arange(length)[::-1]) / 400)
    x = np.zeros(SAMPLES)
    at = rng.integers(0, SAMPLES - length) if length < SAMPLES else 0
    x[at : at + length] = voice[: SAMPLES - at]
    color = np.convolve(rng.normal(size=SAMPLES + 8), rng.normal(size=9), "valid")
    noise = color / color.std() * x.std() * 10 ** (-rng.uniform(-4, 4) / 20)
    return ((x + noise) * 10 ** rng.uniform(-1, 0)).astype(np.float32)


def data(count: int, seed: int) -> tuple[torch.Tensor, torch.Tensor]:
    rng = np.random.default_rng(seed)
    labels = np.arange(count) % len(WORDS)
    x = np.stack([word(int(k), rng) for k in labels])
    return torch.from_numpy(x / np.abs(x).max(1, keepdims=True)), torch.from_numpy(labels)


class Leaf(torch.nn.Module):
    """Complex Gabor filters of trained centre and width, their power low-passed and taken every `HOP` samples; log."""

    def __init__(self) -> None:
        super().__init__()
        mel = np.linspace(0, 2595 * np.log10(1 + RATE / 2 / 700), MELS + 2)
        hertz = 700 * (10 ** (mel / 2595) - 1)
        self.centre = torch.nn.Parameter(torch.tensor(hertz[1:-1] / RATE, dtype=torch.float32))
        width = np.maximum(hertz[2:] - hertz[:-2], 80) / 2 / RATE
        self.width = torch.nn.Parameter(torch.tensor(width, dtype=torch.float32))
        self.smooth = torch.nn.Parameter(torch.full((MELS,), 0.35))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        t = torch.arange(-N_FFT // 2, N_FFT // 2 + 1, dtype=torch.float32)
        envelope = torch.exp(-0.5 * (t * self.width[:, None] * 2 * np.pi / 2.355) ** 2)
        envelope = envelope / envelope.sum(1, keepdim=True)
        phase = 2 * np.pi * self.centre[:, None] * t
        filters = torch.cat((envelope * phase.cos(), envelope * phase.sin()))[:, None]
        # Powers at every fourth sample: the filters' outputs are narrow.
        y = torch.nn.functional.conv1d(x[:, None], filters, stride=4, padding=N_FFT // 2)
        power = y[:, :MELS].square() + y[:, MELS:].square()
        taps = torch.linspace(-1, 1, N_FFT // 4 + 1)
        low = torch.exp(-0.5 * (taps / self.smooth[:, None]) ** 2)
        low = (low / low.sum(1, keepdim=True))[:, None]
        power = torch.nn.functional.conv1d(power, low, stride=HOP // 4, padding=N_FFT // 8, groups=MELS)
        return (power.clamp_min(0) + 1e-6).log()


def front_end(kind: str) -> torch.nn.Module:
    if kind == "leaf":
        return Leaf()
    learn = () if kind == "fixed" else ("window", "transform", "mel")
    weights = "angle" if kind == "angle" else "general"
    keywords = dict(sr=RATE, n_fft=N_FFT, hop_length=HOP, n_mels=MELS, log=False)
    made = LearnedFrontEnd("librosa", learn=learn, weights=weights, **keywords)
    # Windows of unit power, so that the floor of the logarithm is the same for every front end.
    made.window.data /= made.window.data.sum()
    return torch.nn.Sequential(made, Log())


class Log(torch.nn.Module):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return (x + 1e-6).log()


def run(kind: str, seed: int, sets: list, epochs: int) -> dict:
    torch.manual_seed(seed)
    front = front_end(kind)
    back = torch.nn.Sequential(
        torch.nn.BatchNorm1d(MELS), torch.nn.Conv1d(MELS, 32, 5), torch.nn.ReLU(), torch.nn.MaxPool1d(2), torch.nn.Conv1d(32, 32, 5),
        torch.nn.ReLU(), torch.nn.AdaptiveAvgPool1d(3), torch.nn.Flatten(), torch.nn.Dropout(0.3), torch.nn.Linear(96, len(WORDS)),
    )  # fmt: skip
    (x, labels), *others = sets
    trained = [p for p in front.parameters() if p.requires_grad]
    optimiser = torch.optim.Adam([{"params": back.parameters(), "lr": 3e-3}, {"params": trained, "lr": 1e-3}])
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, epochs)
    best, start = (-1.0, -1.0), time.process_time()
    for _ in range(epochs):
        back.train()
        for rows in torch.randperm(len(x)).split(32):
            loss = torch.nn.functional.cross_entropy(back(front(x[rows])), labels[rows])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
        schedule.step()
        back.eval()
        with torch.no_grad():
            valid, test = (float((back(front(x_)).argmax(1) == y).float().mean()) for x_, y in others)
        best = max(best, (valid, test))
    return {"front_end": kind, "seed": seed, "accuracy": best[1], "cpu_seconds": time.process_time() - start}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--epochs", type=int, default=12)
    parser.add_argument("--train", type=int, default=600)
    parser.add_argument("--test", type=int, default=1000)
    parser.add_argument("--json")
    options = parser.parse_args()
    torch.set_num_threads(1)
    runs = []
    for seed in range(options.seeds):
        sets = [data(options.train, 3 * seed), data(400, 3 * seed + 1), data(options.test, 3 * seed + 2)]
        for kind in ("fixed", "learned", "angle", "leaf"):
            runs.append(run(kind, seed, sets, options.epochs))
            print(runs[-1], file=sys.stderr, flush=True)
    table = []
    fixed = np.array([r["accuracy"] for r in runs if r["front_end"] == "fixed"])
    for kind in ("fixed", "learned", "angle", "leaf"):
        accuracy = np.array([r["accuracy"] for r in runs if r["front_end"] == kind])
        gain = accuracy - fixed
        error = gain.std(ddof=1) / np.sqrt(len(gain)) if len(gain) > 1 else float("nan")
        seconds = float(np.median([r["cpu_seconds"] for r in runs if r["front_end"] == kind]))
        table.append({"front_end": kind, "accuracy": accuracy.mean(), "spread": accuracy.std(ddof=1) if len(accuracy) > 1 else None,
                      "gain": gain.mean(), "gain_standard_error": error, "cpu_seconds": seconds})  # fmt: skip
        print(f"{kind:8} {100 * accuracy.mean():6.2f} % ± {100 * (table[-1]['spread'] or 0):.2f}   gain {100 * gain.mean():+.2f} ± "
              f"{100 * error:.2f} points   {seconds:.0f} cpu s")  # fmt: skip
    if options.json:
        report = {"tool": "rlx-fft", "command": "python " + " ".join(sys.argv), "machine": platform.processor() or platform.machine(),
                  "torch": torch.__version__, "options": vars(options), "table": table, "runs": runs}  # fmt: skip
        with open(options.json, "w") as file:
            json.dump(report, file, indent=2)


if __name__ == "__main__":
    main()

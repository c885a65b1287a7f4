"""Medians of the package and its peers, interleaved in one run.

    python benches/bench.py [--threads N] [--rounds N] [--json FILE] [NAME …]

Peers run with as many threads as we do; SciPy has one. Peers that are not installed are said to be skipped.
"""

import argparse
import json
import os
import statistics
import sys
import time

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("names", nargs="*", help="welch, peaks, mel, call; all by default")
parser.add_argument("--threads", type=int, default=1)
parser.add_argument("--rounds", type=int, default=9)
parser.add_argument("--json")
options = parser.parse_args()
for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ[name] = str(options.threads)

import numpy as np  # noqa: E402
import scipy.signal  # noqa: E402

import rlx_fft  # noqa: E402
from rlx_fft import _native  # noqa: E402

rlx_fft.set_num_threads(options.threads)
rng = np.random.default_rng(0)


def peer(name):
    try:
        return __import__(name, fromlist=["_"])
    except (ImportError, OSError) as error:
        print(f"  {name}: skipped: {error}")
        return None


def race(title, contenders, inner=1):
    """Rounds of all contenders in turn; the first is ours."""
    for run in contenders.values():
        run()
    times = {name: [] for name in contenders}
    for _ in range(options.rounds):
        for name, run in contenders.items():
            start = time.perf_counter()
            for _ in range(inner):
                run()
            times[name].append((time.perf_counter() - start) / inner * 1e3)
    ours = statistics.median(next(iter(times.values())))
    print(f"{title}, {options.threads} thread(s), medians of {options.rounds}")
    rows = []
    for name, taken in times.items():
        median = statistics.median(taken)
        rows.append(dict(work=title, who=name, threads=options.threads, ms=median, ms_min=min(taken), ms_max=max(taken), ratio=median / ours))
        print(f"  {name:<28} {median:10.4f} ms  ({min(taken):.4f} to {max(taken):.4f})  {median / ours:7.1f}x")
    return rows


def bench_welch():
    x = rng.normal(size=(4096, 4096)).astype(np.float32)
    return race(
        "welch (4096, 4096) f32, nperseg 256",
        {"rlx_fft.welch": lambda: rlx_fft.welch(x), "scipy.signal.welch": lambda: scipy.signal.welch(x)},
    )


def bench_peaks():
    x = rng.normal(size=(8192, 384)).astype(np.float32)

    def scipy_peaks():
        power = scipy.signal.welch(x, nperseg=256)[1]
        best = np.argpartition(power, -16, axis=-1)[:, -16:]
        return best, np.take_along_axis(power, best, -1)

    contenders = {
        "rlx_fft.welch_peaks": lambda: rlx_fft.welch_peaks(x, nperseg=256, k=16),
        "scipy welch + argpartition": scipy_peaks,
    }
    torch = peer("torch")
    if torch is not None:
        torch.set_num_threads(options.threads)
        tensor, window = torch.from_numpy(x), torch.hann_window(256)

        def torch_peaks():
            with torch.inference_mode():
                segments = tensor.unfold(-1, 256, 128) * window
                power = torch.fft.rfft(segments).abs().square().mean(-2)
                return torch.topk(power, 16)

        contenders["torch rfft + topk"] = torch_peaks
    return race("welch_peaks (8192, 384), k 16", contenders)


def bench_mel():
    x = (0.1 * rng.normal(size=480_000)).astype(np.float32)
    contenders = {"rlx_fft.melspectrogram": lambda: rlx_fft.melspectrogram(x, "whisper")}
    librosa = peer("librosa")
    if librosa is not None:

        def of_librosa():
            mel = librosa.feature.melspectrogram(y=x, sr=16_000, n_fft=400, hop_length=160, n_mels=80)
            log = np.log10(np.maximum(mel, 1e-10))
            return (np.maximum(log, log.max() - 8) + 4) / 4

        contenders["librosa, Whisper's formula"] = of_librosa
    return race("melspectrogram whisper, 30 s", contenders)


def bench_call():
    x = rng.normal(size=(1, 256)).astype(np.float32)
    window = scipy.signal.get_window("hann", 256)
    segments = _native.Segments(1.0, window, 128, 256, "constant", "density", "mean", "one", "propagate", "hann")
    plan = _native.WelchPlan("f32", segments)
    return race(
        "welch (1, 256)",
        {
            "rlx_fft.welch": lambda: rlx_fft.welch(x),
            "rlx_fft.welch, all cores": lambda: rlx_fft.welch(x, threads=0),
            "its native plan alone": lambda: plan(x, None),
            "scipy": lambda: scipy.signal.welch(x),
        },
        inner=200,
    )


BENCHES = {"welch": bench_welch, "peaks": bench_peaks, "mel": bench_mel, "call": bench_call}
unknown = set(options.names) - set(BENCHES)
if unknown:
    sys.exit(f"no such bench: {', '.join(sorted(unknown))}; there are {', '.join(BENCHES)}")
rows = [row for name in options.names or BENCHES for row in BENCHES[name]()]
if options.json:
    with open(options.json, "w") as file:
        json.dump(dict(schema=1, version=rlx_fft.__version__, numpy=np.__version__, rows=rows), file, indent=1)

"""Medians of the package and its peers, interleaved in one run.

    python benches/bench.py [--threads N] [--rounds N] [--json FILE] [--markdown FILE] [NAME …]

Peers run with as many threads as we do; SciPy has one. Peers that are not installed are reported as skipped. The groups of
cases.py (welch-grid, cross, …) compare many shapes and options with SciPy alone; `grid` is all of them. `memory` calls each
function 100,000 times and reports how the process has grown.
"""

import argparse
import json
import os
import statistics
import sys
import time

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("names", nargs="*", help="welch, peaks, mel, call (the default), grid, memory, or a group of cases.py")
parser.add_argument("--threads", type=int, default=1)
parser.add_argument("--rounds", type=int, default=9)
parser.add_argument("--json")
parser.add_argument("--markdown", help="file for the table of the groups")
parser.add_argument("--calls", type=int, default=100_000, help="calls of each function under memory")
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


def bench_group(cases):
    """Every case of a group: ours and SciPy's in turn, for a tenth of a second each at least."""
    from cases import difference

    rows = []
    for title, prepare in cases():
        ours, theirs = prepare()
        # Once each before, which also warms the caches of plans.
        wrong = difference(ours(), theirs())
        start = time.perf_counter()
        ours()
        inner = max(1, min(1000, int(2e-3 / max(time.perf_counter() - start, 1e-7))))
        times = [], []
        until = time.perf_counter() + 0.3
        while len(times[1]) < options.rounds or (time.perf_counter() < until and len(times[1]) < 99):
            for run, taken in zip((ours, theirs), times):
                start = time.perf_counter()
                for _ in range(inner):
                    run()
                taken.append((time.perf_counter() - start) / inner * 1e3)
        ms, scipy_ms = map(statistics.median, times)
        ratio = scipy_ms / ms
        mark = "  SLOWER" if ratio < 1 else ""
        print(f"  {title:<46} {ms:10.4f} {scipy_ms:10.4f} ms {ratio:7.2f}x  difference {wrong if isinstance(wrong, str) else f'{wrong:.1e}'}{mark}", flush=True)
        rows.append(dict(work=title, who="rlx_fft", threads=options.threads, ms=ms, ms_min=min(times[0]), scipy_ms=scipy_ms,
                         scipy_ms_min=min(times[1]), ratio=ratio, difference=wrong))  # fmt: skip
    return rows


def resident_mib():
    """Memory of this process that is in use."""
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20


def bench_memory():
    """Growth of the process over many calls of each function, after a warm-up."""
    x, y = rng.normal(size=600), rng.normal(size=600)
    spectra, window, peaks = rlx_fft.stft(x, nperseg=64)[2], np.hanning(64), rlx_fft.find_peaks(x)[0]
    short = rlx_fft.ShortTimeFFT(window, 16, 1.0)
    slices, times, frequencies = short.stft(x), np.arange(600.0), np.linspace(0.1, 2, 5)
    auto, rows = rlx_fft.AutoWelchPeaks(4, 256, 3, device="cpu"), rng.normal(size=(4, 384)).astype(np.float32)

    class Tensor:
        def __init__(self, values):
            self.values = values

        def __dlpack__(self, **options):
            return self.values.__dlpack__()

        def __dlpack_device__(self):
            return self.values.__dlpack_device__()

    def refused():
        try:
            rlx_fft.welch(x, nperseg=-1)
        except ValueError:
            pass

    calls = {
        "welch": lambda: rlx_fft.welch(x, nperseg=64), "periodogram": lambda: rlx_fft.periodogram(x),
        "csd": lambda: rlx_fft.csd(x, y, nperseg=64), "coherence": lambda: rlx_fft.coherence(x, y, nperseg=64),
        "spectrogram": lambda: rlx_fft.spectrogram(x, nperseg=64), "find_peaks": lambda: rlx_fft.find_peaks(x, prominence=1),
        "welch_peaks": lambda: rlx_fft.welch_peaks(x, nperseg=64, k=3),
        "melspectrogram": lambda: rlx_fft.melspectrogram(x, "kaldi"),
        "stft": lambda: rlx_fft.stft(x, nperseg=64), "istft": lambda: rlx_fft.istft(spectra),
        "ShortTimeFFT": lambda: rlx_fft.ShortTimeFFT(window, 16, 1.0).stft(x),
        "ShortTimeFFT.istft": lambda: short.istft(slices), "check_NOLA": lambda: rlx_fft.check_NOLA("hann", 64, 32),
        "check_COLA": lambda: rlx_fft.check_COLA("hann", 64, 32), "get_window": lambda: rlx_fft.get_window("hann", 64),
        "closest_STFT_dual_window": lambda: rlx_fft.closest_STFT_dual_window(window, 16),
        "dpss": lambda: rlx_fft.dpss(64, 2.5, 4), "detrend": lambda: rlx_fft.detrend(x),
        "multitaper": lambda: rlx_fft.multitaper(x), "multitaper, adaptive": lambda: rlx_fft.multitaper(x, adaptive=True, confidence=0.9),
        "band_power": lambda: rlx_fft.band_power(x, 1.0, (0.1, 0.2), nperseg=64),
        "cross_spectral_matrix": lambda: rlx_fft.cross_spectral_matrix(x.reshape(3, 200), nperseg=64),
        "peak_prominences": lambda: rlx_fft.peak_prominences(x, peaks), "peak_widths": lambda: rlx_fft.peak_widths(x, peaks),
        "argrelmax": lambda: rlx_fft.argrelmax(x),
        "lombscargle": lambda: rlx_fft.lombscargle(times, x, frequencies), "rfft": lambda: rlx_fft.fft.rfft(x),
        "irfft": lambda: rlx_fft.fft.irfft(x), "fft": lambda: rlx_fft.fft.fft(x), "ifft": lambda: rlx_fft.fft.ifft(x),
        "mfcc": lambda: rlx_fft.mfcc(x, n_fft=128, n_mels=16, n_mfcc=8), "delta": lambda: rlx_fft.delta(x),
        "power_to_db": lambda: rlx_fft.power_to_db(y**2), "kaldi.fbank": lambda: rlx_fft.kaldi.fbank(x),
        "kaldi.mfcc": lambda: rlx_fft.kaldi.mfcc(x), "mel_filterbank": lambda: rlx_fft.mel_filterbank("librosa", n_fft=128, n_mels=8),
        "LogMelStream": lambda: rlx_fft.LogMelStream("kaldi").push(x),
        "AutoWelchPeaks": lambda: auto(rows), "explain": lambda: rlx_fft.explain("welch", (3, 200), nperseg=64),
        "a refused call": refused, "welch of a DLPack tensor": lambda: rlx_fft.welch(Tensor(x), nperseg=64),
        "WelchAccumulator": lambda: rlx_fft.WelchAccumulator(nperseg=64).push(x).finish(),
        "welch of an int16 list": lambda: rlx_fft.welch([1, 2, 3, 4, 5], nperseg=4),
    }  # fmt: skip
    rows = []
    for name, call in calls.items():
        for _ in range(max(options.calls // 20, 200)):
            call()
        before = resident_mib()
        for _ in range(options.calls):
            call()
        grown = resident_mib() - before
        print(f"  {name:<28} {options.calls:,} calls: {grown:+.2f} MiB")
        rows.append(dict(work=name, who="rlx_fft", calls=options.calls, mib=grown))
    lengths = [1_000_000 + 100 * i for i in range(40)]
    long, before = rng.normal(size=max(lengths)), resident_mib()
    for n in lengths:
        rlx_fft.periodogram(long[:n])
    kept = resident_mib() - before
    rlx_fft.clear_cache()
    print(f"  periodograms of {len(lengths)} lengths near 10⁶: {kept:+.1f} MiB kept, {resident_mib() - before:+.1f} after clear_cache()")
    rows.append(dict(work=f"periodogram of {len(lengths)} lengths", who="rlx_fft", mib=kept, mib_cleared=resident_mib() - before))
    return rows


def markdown(rows):
    lines = ["| case | ours, ms | SciPy, ms | ratio | difference |", "|---|---|---|---|---|"]
    for row in rows:
        if "scipy_ms" in row:
            wrong = row["difference"] if isinstance(row["difference"], str) else f"{row['difference']:.0e}"
            lines.append(f"| {row['work']} | {row['ms']:.4g} | {row['scipy_ms']:.4g} | {row['ratio']:.1f} | {wrong} |")
    return "\n".join(lines) + "\n"


sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from cases import GROUPS  # noqa: E402

BENCHES = {"welch": bench_welch, "peaks": bench_peaks, "mel": bench_mel, "call": bench_call}
MORE = {name: (lambda cases=cases: bench_group(cases)) for name, cases in GROUPS.items()} | {"memory": bench_memory}
names = [part for name in options.names or BENCHES for part in (list(GROUPS) if name == "grid" else [name])]
unknown = set(names) - set(BENCHES) - set(MORE)
if unknown:
    sys.exit(f"no such bench: {', '.join(sorted(unknown))}; there are {', '.join([*BENCHES, 'grid', *MORE])}")
rows = []
for name in names:
    if name in MORE:
        print(name)
    rows += {**BENCHES, **MORE}[name]()
if options.json:
    with open(options.json, "w") as file:
        json.dump(dict(schema=1, version=rlx_fft.__version__, numpy=np.__version__, scipy=scipy.__version__, rows=rows), file, indent=1)
if options.markdown:
    with open(options.markdown, "w") as file:
        file.write(markdown(rows))

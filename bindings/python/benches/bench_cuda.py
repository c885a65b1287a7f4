"""Medians of calls on tensors that lie on an NVIDIA device, beside torch's own, interleaved: python benches/bench_cuda.py"""

import statistics
import time

import torch

import rlx_fft

ROUNDS = 30
#: Of a race, after which it ends with the rounds that it has.
SECONDS = 5.0


def timed(run, count):
    """Seconds of one call among so many, until the device is done."""
    start = time.perf_counter()
    for _ in range(count):
        run()
    torch.cuda.synchronize()
    return (time.perf_counter() - start) / count


def race(title, contenders):
    """Rounds of all in turn."""
    counts = {}
    for name, run in contenders.items():
        timed(run, 3)
        counts[name] = max(1, min(10, int(0.01 / timed(run, 1))))
    times = {name: [] for name in contenders}
    end = time.perf_counter() + SECONDS
    while len(times[name]) < 3 or (len(times[name]) < ROUNDS and time.perf_counter() < end):
        for name, run in contenders.items():
            times[name].append(1e3 * timed(run, counts[name]))
    print(f"{title}, {torch.cuda.get_device_name()}, medians of {len(times[name])}", flush=True)
    ours = statistics.median(next(iter(times.values())))
    for name, taken in times.items():
        median = statistics.median(taken)
        print(f"  {name:<32} {median:9.4f} ms  ({min(taken):.4f} to {max(taken):.4f})  {median / ours:6.2f}x")


window = torch.hann_window(256, device="cuda")


def torch_peaks(x, k):
    with torch.inference_mode():
        segments = x.unfold(-1, 256, 128) * window
        power = torch.fft.rfft(segments).abs().square().mean(-2)
        return torch.topk(power, k)


for rows in (256, 8192, 131_072):
    x = torch.randn(rows, 384, device="cuda")
    stream = torch.cuda.current_stream()
    race(
        f"welch_peaks ({rows}, 384) f32, k 16",
        {
            "rlx_fft, in torch's stream": lambda: rlx_fft.welch_peaks(
                x, nperseg=256, k=16, nan_policy="propagate", stream=stream
            ),
            "rlx_fft, waited for": lambda: rlx_fft.welch_peaks(x, nperseg=256, k=16, nan_policy="propagate"),
            "torch rfft + topk": lambda: torch_peaks(x, 16),
            "over the host and back": lambda: rlx_fft.welch_peaks(x.cpu().numpy(), nperseg=256, k=16, device="cuda"),
        },
    )
x = torch.randn(4096, 4096, device="cuda")
race(
    "welch (4096, 4096) f32, nperseg 256",
    {
        "rlx_fft, in torch's stream": lambda: rlx_fft.welch(x, detrend=False, stream=stream),
        "torch rfft, mean": lambda: torch.fft.rfft(x.unfold(-1, 256, 128) * window).abs().square().mean(-2),
    },
)

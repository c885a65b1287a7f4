"""Medians of calls on tensors that lie on an NVIDIA device, beside torch's own, interleaved: python benches/bench_cuda.py"""

import statistics
import time

import torch

import rlx_fft

ROUNDS = 30


def race(title, contenders):
    """Rounds of all in turn, each until the device is done."""
    for run in contenders.values():
        for _ in range(3):
            run()
    torch.cuda.synchronize()
    times = {name: [] for name in contenders}
    for _ in range(ROUNDS):
        for name, run in contenders.items():
            start = time.perf_counter()
            for _ in range(10):
                run()
            torch.cuda.synchronize()
            times[name].append((time.perf_counter() - start) * 1e2)
    print(f"{title}, {torch.cuda.get_device_name()}, medians of {ROUNDS}")
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

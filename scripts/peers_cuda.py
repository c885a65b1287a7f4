#!/usr/bin/env python3
"""PyTorch's CUDA graphs of the work of `bench_cuda`, data on the GPU. One JSON object per line.

usage: python scripts/peers_cuda.py [resident] [sizes] [log_mel]      (all of them without a name)

Run it on the same machine right before or after `bench_cuda`: a time is the median of 15 runs of replays back to back,
as there, in the same units and over one buffer. `resident`: 2 segments of 256, K 16; `sizes`: 128 MiB in 8 segments,
K 1 and 64; `log_mel`: Whisper's 80 bands of 30 s, the maximum over each item.
"""
import json
import statistics
import sys
import time

import torch

wanted = sys.argv[1:]


def say(**row):
    print(json.dumps(row), flush=True)


def graph_us(work):
    """Median microseconds of a replay among many."""
    side = torch.cuda.Stream()
    with torch.cuda.stream(side):
        for _ in range(3):
            work()
    torch.cuda.synchronize()
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        work()

    def many(count):
        torch.cuda.synchronize()
        start = time.perf_counter()
        for _ in range(count):
            graph.replay()
        torch.cuda.synchronize()
        return (time.perf_counter() - start) / count * 1e6

    many(3)
    count = max(5, min(1000, int(2000 / many(10))))
    return statistics.median(many(count) for _ in range(15))


def welch(batch, n, segments, k):
    hop = n // 2
    x = torch.randn(batch, n + (segments - 1) * hop, device="cuda")
    window = torch.hann_window(n, device="cuda")

    def work():
        power = torch.fft.rfft(x.unfold(-1, n, hop) * window).abs().square().mean(-2)
        power[..., 1:-1] *= 2
        return torch.topk(power, k, dim=-1)

    return graph_us(work)


def log_mel(items):
    x = torch.randn(items, 480_000, device="cuda")
    window = torch.hann_window(400, device="cuda")
    filters = torch.rand(80, 201, device="cuda")

    def work():
        power = torch.stft(x, 400, 160, window=window, return_complex=True)[..., :-1].abs().square()
        mel = (filters @ power).clamp(min=1e-10).log10()
        return (torch.maximum(mel, mel.amax((1, 2), keepdim=True) - 8.0) + 4.0) / 4.0

    return graph_us(work)


def runs(part):
    return not wanted or part in wanted


say(who="torch", version=torch.__version__, device=torch.cuda.get_device_name(0))
if runs("resident"):
    for batch in (32, 1024, 8192, 65_536, 524_288):
        say(part="resident", n_fft=256, segments=2, k=16, batch=batch, us=welch(batch, 256, 2, 16))
if runs("sizes"):
    for n in (64, 128, 256, 512, 1024, 2048, 4096):
        batch = -(-(128 << 20) // (4 * (n + 7 * (n // 2))))
        for k in (1, min(64, n // 2 + 1)):
            say(part="sizes", n_fft=n, segments=8, k=k, batch=batch, us=welch(batch, n, 8, k))
if runs("log_mel"):
    for items in (1, 128):
        say(part="log_mel", items=items, us=log_mel(items))

"""Ctrl-C during a single long row of every function."""

import signal
import subprocess
import sys

import pytest

#: Work on one row, by function. It is repeated until the interrupt comes, so that no machine is too fast for it.
WORK = {
    "welch": "rlx_fft.welch(x, nperseg=128, noverlap=127)",
    "periodogram": "rlx_fft.periodogram(long)",
    "csd": "rlx_fft.csd(x, y, nperseg=128, noverlap=127)",
    "coherence": "rlx_fft.coherence(x, y, nperseg=256, noverlap=255)",
    "all pairs": "rlx_fft.csd(many[:, None], many[None], nperseg=128, noverlap=126)",
    "spectrogram": "rlx_fft.spectrogram(x[:1 << 19], nperseg=128, noverlap=127)",
    "find_peaks": "rlx_fft.find_peaks(x, prominence=1, width=1, distance=10)",
    "welch_peaks": "rlx_fft.welch_peaks(x, nperseg=512, noverlap=511, k=3)",
    "melspectrogram": "rlx_fft.melspectrogram(x, 'whisper', hop_length=8)",
    "WelchAccumulator": "rlx_fft.WelchAccumulator(nperseg=256, noverlap=255).push(x)",
    "stft": "[rlx_fft.stft(x[:1 << 20], nperseg=256, noverlap=240) for _ in range(100)]",
    "istft": "[rlx_fft.istft(spectra) for _ in range(1000)]",
    "ShortTimeFFT": "[rlx_fft.ShortTimeFFT(np.hanning(256), 16, 1.0).stft(x[:1 << 20]) for _ in range(100)]",
    "multitaper": "[rlx_fft.multitaper(long[: (1 << 20) + i]) for i in range(100)]",
    "multitaper, adaptive": "rlx_fft.multitaper(many, bandwidth=0.01, adaptive=True)",
    "band_power": "[rlx_fft.band_power(x, 1.0, (0.1, 0.2), nperseg=128, noverlap=120) for _ in range(100)]",
    "cross_spectral_matrix": "[rlx_fft.cross_spectral_matrix(many, nperseg=128, noverlap=64) for _ in range(100)]",
    "rfft": "[rlx_fft.fft.rfft(long) for _ in range(1000)]",
    "fft of many lengths": "[rlx_fft.fft.fft(long[: (1 << 22) - i]) for i in range(100)]",
    "irfft": "[rlx_fft.fft.irfft(long) for _ in range(1000)]",
    "ifft": "[rlx_fft.fft.ifft(long) for _ in range(1000)]",
    "mfcc": "[rlx_fft.mfcc(x, hop_length=64) for _ in range(100)]",
    "delta": "[rlx_fft.delta(many, width=101) for _ in range(1000)]",
    "power_to_db": "[rlx_fft.power_to_db(x) for _ in range(1000)]",
    "kaldi.fbank": "[rlx_fft.kaldi.fbank(x, frame_shift=1.0) for _ in range(100)]",
    "LogMelStream": "[rlx_fft.LogMelStream('kaldi', hop_length=8).push(x) for _ in range(100)]",
    "lombscargle": "rlx_fft.lombscargle(np.arange(1e5), x[:100_000], np.linspace(0.1, 1, 1_000_000))",
    "dpss": "[rlx_fft.dpss(1 << 20, 4.0, 7) for _ in range(100)]",
    "detrend": "[rlx_fft.detrend(many) for _ in range(1000)]",
    "argrelmax": "[rlx_fft.argrelmax(x, order=50) for _ in range(1000)]",
    "peak_widths": "[rlx_fft.peak_widths(np.cumsum(x), np.arange(1, 1 << 20)) for _ in range(100)]",
    "peak_prominences": "[rlx_fft.peak_prominences(np.cumsum(x), np.arange(1, 1 << 20)) for _ in range(100)]",
    "get_window": "[rlx_fft.get_window('hann', (1 << 20) + i) for i in range(1000)]",
    "fit": "[rlx_fft.fit(2048) for _ in range(1000)]",
    "in many threads": "rlx_fft.welch(x, nperseg=128, noverlap=127, threads=4)",
}

CODE = """
import os, signal, sys, threading, time
import numpy as np
import rlx_fft
rng = np.random.default_rng(0)
x, y = rng.normal(size=1 << 23), rng.normal(size=1 << 23)
long, many = rng.normal(size=1 << 22), rng.normal(size=(24, 1 << 18))
spectra = rlx_fft.stft(x[:1 << 21])[2]
sent = []
def interrupt():
    sent.append(time.monotonic())
    os.kill(os.getpid(), signal.SIGINT)
rlx_fft.set_num_threads(1)
threading.Timer(0.4, interrupt).start()
try:
    while not sent or time.monotonic() < sent[0] + 60:
        {work}
except KeyboardInterrupt:
    print(f"{{1e3 * (time.monotonic() - sent[0]):.0f}}", flush=True)
    # What was begun has no effect on later calls.
    assert np.isfinite(rlx_fft.welch(x[:4096])[1]).all()
    os._exit(7)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
@pytest.mark.parametrize("name", WORK)
def test_an_interrupt_ends_a_single_row(name, capsys):
    child = subprocess.run(
        [sys.executable, "-c", CODE.format(work=WORK[name])], capture_output=True, text=True, timeout=120,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )  # fmt: skip
    assert child.returncode == 7, f"not interrupted\n{child.stderr}"
    with capsys.disabled():
        print(f"\n  {name}: interrupted after {child.stdout.strip()} ms", end="")


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_an_accumulator_has_taken_nothing_of_an_interrupted_block():
    code = """
import os, signal, threading, time
import numpy as np
import rlx_fft
x = np.random.default_rng(0).normal(size=1 << 23)
rlx_fft.set_num_threads(1)
began = time.monotonic()
rlx_fft.WelchAccumulator(nperseg=256, noverlap=255).push(x)
took = time.monotonic() - began
for part in (0.3, 0.1, 0.03):
    total = rlx_fft.WelchAccumulator(nperseg=256, noverlap=255).push(x[:1000])
    before = total.finish()[1].copy(), total.segments
    timer = threading.Timer(part * took, lambda: os.kill(os.getpid(), signal.SIGINT))
    try:
        timer.start()
        total.push(x)
        timer.join()
    except KeyboardInterrupt:
        if total.segments == before[1]:
            break
else:
    raise AssertionError("not interrupted")
after = total.finish()[1], total.segments
assert (before[0] == after[0]).all() and before[1] == after[1], (before[1], after[1])
"""
    subprocess.run(
        [sys.executable, "-c", code], check=True, timeout=120,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )  # fmt: skip

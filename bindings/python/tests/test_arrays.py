"""Memory of every kind: strides, orders, read-only, other systems' arrays, threads, copies that must not be made."""

import array
import logging
import os
import pickle
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import rlx_fft

RNG = np.random.default_rng(11)


def psd(x, **keywords):
    return rlx_fft.welch(x, 2.0, nperseg=64, **keywords)[1]


@pytest.mark.parametrize("dtype", ["f4", "f8", "c8", "i2"])
def test_layouts(dtype):
    x = (100 * RNG.normal(size=(6, 5, 600))).astype(dtype)
    truth = psd(x)
    for same in (
        np.asfortranarray(x),
        np.repeat(x, 2, axis=2)[..., ::2],
        np.repeat(x, 3, axis=0)[::3],
        x[:, :, ::-1][:, :, ::-1],
        np.frombuffer(b"\0" + x.tobytes(), np.uint8)[1:].view(dtype).reshape(x.shape),
        x.astype(x.dtype.newbyteorder()),
        np.broadcast_to(x, (1, *x.shape))[0],
    ):
        assert_array_equal(psd(same), truth)
    assert_array_equal(psd(x[:, :, ::-1]), psd(x[:, :, ::-1].copy()))
    for axis in range(3):
        moved = np.moveaxis(x, 2, axis)
        assert_array_equal(psd(moved, axis=axis), np.moveaxis(truth, 2, axis))
        assert_array_equal(psd(moved.copy(), axis=axis - 3), np.moveaxis(truth, 2, axis))
    fixed = x.copy()
    fixed.flags.writeable = False
    assert_array_equal(psd(fixed), truth)
    assert_array_equal(psd(x.astype(object)), psd(x.astype("c16" if dtype == "c8" else "f8")))


class Matrix(np.ndarray):
    """A subclass."""


def test_subclasses_and_lists():
    x = RNG.normal(size=600)
    for same in (list(x), tuple(x), np.ma.array(x), memoryview(x), array.array("d", x)):
        assert_array_equal(psd(same), psd(x))
    assert_array_equal(psd(x[np.newaxis].view(Matrix)), psd(x[np.newaxis]))


class Interface:
    """An array that others can read."""

    def __init__(self, x):
        self.x = x
        self.__array_interface__ = x.__array_interface__


class Capsule:
    """What has DLPack and nothing else."""

    def __init__(self, x, device=(1, 0)):
        self.x, self.device = x, device

    def __dlpack__(self, **keywords):
        return self.x.__dlpack__(**keywords)

    def __dlpack_device__(self):
        return self.device


def test_protocols_without_copies():
    from rlx_fft._arrays import as_array

    x = RNG.normal(size=(3, 500)).astype("f4")
    for wrapped in (Interface(x), Capsule(x), memoryview(x)):
        seen = as_array(wrapped)
        assert np.shares_memory(seen, x)
        assert_array_equal(psd(wrapped), psd(x))
    with pytest.raises(TypeError, match="x: lives on device 0"):
        rlx_fft.find_peaks(Capsule(x, (2, 0)))
    with pytest.raises(TypeError, match="x: lives on device 0"):
        psd(Capsule(x, (10, 0)))
    assert_array_equal(np.from_dlpack(psd(x)), psd(x))
    from rlx_fft._arrays import rows

    assert np.shares_memory(rows(x, 1), x)
    columns = np.asfortranarray(RNG.normal(size=(500, 3)))
    assert np.shares_memory(rows(columns, 0), columns)
    assert not np.shares_memory(rows(columns.copy("C"), 0), columns)


def test_arrow(peer):
    pa = peer("pyarrow")
    from rlx_fft._arrays import as_array

    x = RNG.normal(size=600)
    column = pa.array(x)
    assert np.shares_memory(as_array(column), column.to_numpy())
    assert not as_array(column).flags.writeable
    kept = as_array(pa.array(x)[100:])
    assert_array_equal(kept, x[100:])
    assert_array_equal(psd(column), psd(x))
    assert_array_equal(psd(pa.chunked_array([x[:200], x[200:]])), psd(x))
    assert_array_equal(psd(pa.array(x.astype("f4"))), psd(x.astype("f4")))
    assert_array_equal(as_array(pa.array([1, None, 3], pa.int16())), [1, np.nan, 3])
    listed = pa.FixedSizeListArray.from_arrays(pa.array(x), 200)
    assert_array_equal(psd(listed), psd(x.reshape(3, 200)))
    with pytest.raises(TypeError, match="x"):
        psd(pa.array(["a", "b"]))


def test_torch_tensors(peer):
    torch = peer("torch")
    from rlx_fft._arrays import as_array

    x = torch.randn(3, 500)
    assert np.shares_memory(as_array(x), x.numpy())
    back = psd(x)
    assert back.shape == (3, 33) and back.dtype == torch.float32
    assert_array_equal(back, psd(x.numpy()))
    assert_array_equal(psd(x.clone().requires_grad_()), psd(x.numpy()))
    assert_array_equal(psd(x.T, axis=0), psd(x.numpy()).T)


@pytest.mark.parametrize("threads", [1, 2, 3, 7])
def test_threads_do_not_change_the_numbers(threads):
    x = RNG.normal(size=(101, 3000)).astype("f4")
    assert_array_equal(psd(x, threads=threads), psd(x, threads=1))
    long = RNG.normal(size=3_000_000)
    assert_array_equal(psd(long, threads=threads), psd(long, threads=1))
    two = long.reshape(2, -1)
    assert_array_equal(psd(two, threads=threads), [psd(row, threads=1) for row in two])
    if threads > 1:
        long[2_999_990] = np.inf
        with pytest.raises(ValueError, match="sample 2999990 of row 0 is inf"):
            psd(long, threads=threads, nan_policy="raise")


def test_the_default_number_of_threads():
    before = rlx_fft.get_num_threads()
    try:
        rlx_fft.set_num_threads(3)
        assert rlx_fft.get_num_threads() == 3
        assert_array_equal(psd(np.ones((9, 9000))), psd(np.ones((9, 9000)), threads=1))
        for bad in (-1, 10**9, 1.5, "2"):
            with pytest.raises((ValueError, TypeError), match="^threads:"):
                rlx_fft.set_num_threads(bad)
    finally:
        rlx_fft.set_num_threads(0)
    assert before == rlx_fft.get_num_threads()


def test_one_plan_in_many_threads():
    x = RNG.normal(size=(8, 40, 2000)).astype("f4")
    truth = [psd(part, threads=1) for part in x]
    with ThreadPoolExecutor(8) as pool:
        for got, expected in zip(pool.map(lambda i: psd(x[i % 8]), range(64)), truth * 8):
            assert_array_equal(got, expected)


def test_python_runs_while_a_spectrum_is_computed():
    x = np.ones((64, 1 << 17))
    ticks, done = [], threading.Event()

    def tick():
        while not done.is_set():
            ticks.append(None)
            time.sleep(0.001)

    thread = threading.Thread(target=tick)
    thread.start()
    until = time.monotonic() + 0.3
    before = len(ticks)
    while time.monotonic() < until:
        rlx_fft.welch(x, nperseg=4000, threads=1)
    done.set()
    thread.join()
    assert len(ticks) - before > 20


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
@pytest.mark.parametrize("shape", [(1, 1 << 28), (1 << 14, 1 << 14)])
def test_an_interrupt_stops_long_work(shape):
    code = f"""
import numpy as np, rlx_fft, sys
x = np.zeros({shape!r}, np.float32)
print("ready", flush=True)
try:
    for _ in range(100):
        rlx_fft.welch(x, nperseg=4001, threads=1)
except KeyboardInterrupt:
    sys.exit(7)
"""
    child = subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )  # fmt: skip
    assert child.stdout.readline() == "ready\n"
    time.sleep(0.3)
    child.send_signal(signal.SIGINT)
    assert child.wait(timeout=60) == 7


@pytest.mark.skipif(not hasattr(os, "fork"), reason="fork")
def test_threads_after_a_fork():
    x = RNG.normal(size=(64, 4000))
    truth = psd(x, threads=2)
    child = os.fork()
    if child == 0:
        os._exit(0 if np.array_equal(psd(x, threads=2), truth) else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_logging(caplog):
    with caplog.at_level(logging.INFO):
        rlx_fft.AutoWelchPeaks(3, 64, 2, "cpu")
    assert any("picker" in record.message and record.name == "rlx_fft" for record in caplog.records)


def test_devices():
    report = rlx_fft.devices()
    assert report["devices"][0]["id"] == "cpu" and all("reason" in absent for absent in report["absent"])
    assert_array_equal(psd(np.ones(100), device="cpu"), psd(np.ones(100), device="auto"))
    for absent in report["absent"]:
        with pytest.raises(ValueError, match="device|not here|this machine"):
            rlx_fft.AutoWelchPeaks(3, 64, 2, absent["id"])


def test_pickles_of_results():
    peaks = rlx_fft.welch_peaks(RNG.normal(size=(3, 500)), k=4, nperseg=64)
    assert_array_equal(pickle.loads(pickle.dumps(peaks)).frequency, peaks.frequency)
    auto = pickle.loads(pickle.dumps(rlx_fft.AutoWelchPeaks(2, 64, 3, "cpu", strategy="fast")))
    assert auto.strategy == "fast_streaming_rustfft"

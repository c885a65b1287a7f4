"""What is kept between calls: bounded by bytes, least recently used first, and never a different answer."""

import os
import sys
import threading

import numpy as np
import pytest
import scipy.signal
from numpy.testing import assert_allclose, assert_array_equal

import rlx_fft
from rlx_fft._cache import LIMIT, Cache, cache

RNG = np.random.default_rng(8)


class Block:
    def __init__(self, nbytes):
        self.nbytes = nbytes


def test_the_least_recently_used_goes_first():
    kept = Cache(100)
    blocks = [Block(40) for _ in range(3)]
    for name, block in zip("abc", blocks[:2]):
        kept.put(name, block, block)
    assert kept["a"] is blocks[0]  # Used again.
    kept.put("c", blocks[2], blocks[2])
    assert kept["a"] is blocks[0] and kept["c"] is blocks[2] and kept.nbytes == 80
    with pytest.raises(KeyError):
        kept["b"]
    large = Block(1000)
    kept.put("large", large, large)
    assert kept["large"] is large and len(kept) == 1
    kept.put("small", blocks[0], blocks[0])
    assert len(kept) == 1 and kept["small"] is blocks[0]
    kept.put(["no", "hash"], blocks[1], blocks[1])
    assert len(kept) == 1
    with pytest.raises(TypeError):
        kept[["no", "hash"]]
    kept.put("call", 1, blocks[0])
    assert kept.nbytes == 40, "one owner counts once"


def test_plans_stay_within_the_limit():
    rlx_fft.clear_cache()
    assert len(cache) == 0
    for i in range(60):
        rlx_fft.periodogram(RNG.normal(size=100_000 + 10 * i))
    assert 0 < cache.nbytes <= LIMIT
    rlx_fft.clear_cache()
    assert cache.nbytes == 0


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_memory_of_many_long_periodograms():
    def resident():
        with open("/proc/self/statm") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    x = RNG.normal(size=320_000)
    rlx_fft.periodogram(x)
    before = resident()
    # Each plan has some 30 MB.
    for i in range(30):
        rlx_fft.periodogram(x[: 300_000 + 100 * i])
    assert resident() - before < 3 * LIMIT
    rlx_fft.clear_cache()


@pytest.mark.parametrize("function", ["welch", "periodogram", "csd", "coherence", "spectrogram"])
def test_a_call_from_the_cache_is_the_first_call(function):
    rlx_fft.clear_cache()
    ours, theirs = getattr(rlx_fft, function), getattr(scipy.signal, function)
    arrays = [RNG.normal(size=(3, 700)) for _ in range(2 if function in ("csd", "coherence") else 1)]
    more = {} if function == "periodogram" else dict(nperseg=64)
    options = [
        {}, dict(fs=3.0), dict(window="hamming"), dict(window=("tukey", 0.5)), dict(detrend="linear"), dict(detrend=False),
    ]  # fmt: skip
    if function != "coherence":
        options += [dict(scaling="spectrum"), dict(return_onesided=False)]
    if function in ("welch", "csd"):
        options += [dict(average="median")]
    if function != "periodogram":
        options += [dict(noverlap=10), dict(nfft=128), dict(window=np.hanning(64))]
    for kind in ("f4", "f8", "c16", ">f8", "i4"):
        for keywords in options:
            x = [a.astype(kind) for a in arrays]
            if kind == "c16" and function == "spectrogram":
                keywords = {**keywords, "return_onesided": False}
            first = ours(*x, **more, **keywords)
            for again in (ours(*x, **more, **keywords), ours(*(a.copy() for a in x), **more, **keywords)):
                for a, b in zip(first, again):
                    assert_array_equal(a, b)
            truth = theirs(*(a.astype("c16" if kind == "c16" else "f8") for a in x), **more, **keywords)
            for a, b in zip(first, truth):
                assert_allclose(a, b, rtol=1e-3 if kind == "f4" else 1e-9, atol=1e-6 * np.abs(b).max())
            first[0][:] = -1  # The caller's own.
    assert (ours(*(a.astype("f8") for a in arrays), **more)[0] >= 0).all()


@pytest.mark.parametrize("function", ["csd", "coherence"])
@pytest.mark.parametrize("kind", ["f4", "f8", "c16"])
@pytest.mark.parametrize("average", ["mean", "median"])
def test_all_pairs_are_those_of_single_calls(function, kind, average):
    if function == "coherence" and average == "median":
        pytest.skip("coherence has no average")
    x, y = (RNG.normal(size=(5, 900)).astype(kind) for _ in range(2))
    call = getattr(rlx_fft, function)
    options = dict(nperseg=64) if function == "coherence" else dict(nperseg=64, average=average)
    for a, b in ((x[:, None], x[None]), (x[:, None], y[None]), (x, y[:1]), (x[0], y), (x[:2, None, None], y[None, :, None])):
        got = call(a, b, **options)[1]
        wide = np.broadcast_arrays(a, b)
        truth = getattr(scipy.signal, function)(*(np.ascontiguousarray(v).astype("c16" if kind == "c16" else "f8") for v in wide), **options)[1]
        assert got.shape == truth.shape
        assert_allclose(got, truth, rtol=2e-3 if kind == "f4" else 1e-9, atol=1e-5 * np.abs(truth).max() if kind == "f4" else 1e-10)
    short = y[:, :500]
    # SciPy cannot pad what it broadcasts.
    got = call(x[:, None], short[None], **options)[1]
    truth = np.array([[getattr(scipy.signal, function)(a.astype("c16" if kind == "c16" else "f8"), b.astype("c16" if kind == "c16" else "f8"), **options)[1] for b in short] for a in x])
    assert_allclose(got, truth, rtol=5e-3, atol=1e-4 * np.abs(truth).max())
    bad = x.copy()
    bad[2, 100] = np.nan
    got = call(bad[:, None], bad[None], **options)[1]
    has = np.isnan(got).any(axis=-1)
    assert has[2].all() and has[:, 2].all() and not has[[0, 1, 3, 4]][:, [0, 1, 3, 4]].any()


def test_many_threads_share_the_cache():
    rlx_fft.clear_cache()
    failures = []

    def work(seed):
        rng = np.random.default_rng(seed)
        for _ in range(60):
            n = int(rng.integers(100, 160))
            x = rng.normal(size=n)
            if not np.allclose(rlx_fft.periodogram(x)[1], scipy.signal.periodogram(x)[1]):
                failures.append(n)

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures

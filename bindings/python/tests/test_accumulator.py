"""Blocks, gaps, merges, pickles: one spectrum, whichever way the samples came."""

import functools
import operator
import pickle
from concurrent.futures import ProcessPoolExecutor
import multiprocessing

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

import rlx_fft


@given(st.data())
def test_blocks_and_pickles_at_any_sample(data):
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1)))
    n = data.draw(st.integers(40, 900))
    dtype = data.draw(st.sampled_from(["f4", "f8", "c8", "c16", "i4"]))
    outer = data.draw(st.sampled_from([(), (2,), (2, 3)]))
    x = 9 * rng.normal(size=(*outer, n))
    x = (x + 1j * rng.normal(size=x.shape)).astype(dtype) if dtype[0] == "c" else x.astype(dtype)
    nperseg = data.draw(st.integers(2, 40))
    keywords = dict(
        fs=3.0, window=data.draw(st.sampled_from(["hann", ("kaiser", 5.0)])), nperseg=nperseg,
        noverlap=data.draw(st.integers(-5, nperseg - 1)), nfft=data.draw(st.none() | st.integers(nperseg, 64)),
        detrend=data.draw(st.sampled_from(["constant", "linear", False])), average=data.draw(st.sampled_from(["mean", "median", "max"])),
    )  # fmt: skip
    f, truth = rlx_fft.welch(x, **keywords)
    one = rlx_fft.WelchAccumulator(**keywords, max_segments=1000)
    cuts = sorted(data.draw(st.lists(st.integers(0, n), max_size=6)))
    for block in np.split(x, cuts, axis=-1):
        one = pickle.loads(pickle.dumps(one.push(block)))
    got_f, got = one.finish()
    assert_array_equal(got_f, f)
    assert got.dtype == truth.dtype and got.shape == truth.shape
    eps = np.finfo(truth.dtype).eps
    assert_allclose(got, truth, rtol=64 * eps, atol=64 * eps * truth.max())


def part(x):
    return rlx_fft.WelchAccumulator(nperseg=64, noverlap=0).push(x)


def test_workers_of_other_processes_share_one_spectrum():
    x = np.random.default_rng(3).normal(size=(2, 64 * 40))
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn")) as pool:
        parts = list(pool.map(part, np.split(x, 8, axis=-1)))
    total = functools.reduce(operator.add, parts)
    assert_allclose(total.finish()[1], rlx_fft.welch(x, nperseg=64, noverlap=0)[1], rtol=1e-12)
    assert total.segments == 40 and total.samples == 64 * 40 and parts[0].segments == 5


def test_gaps_and_merges():
    x = np.random.default_rng(5).normal(size=300)
    broken = rlx_fft.WelchAccumulator(nperseg=64).push(x[:100]).gap().push(x[100:])
    merged = rlx_fft.WelchAccumulator(nperseg=64).push(x[:100])
    merged.merge(rlx_fft.WelchAccumulator(nperseg=64).push(x[100:]))
    assert_allclose(broken.finish()[1], merged.finish()[1], rtol=1e-14)
    empty = rlx_fft.WelchAccumulator(nperseg=64)
    assert_array_equal((empty + broken).finish()[1], broken.finish()[1])
    twice = broken.copy().merge(broken)
    assert_allclose(twice.finish()[1], broken.finish()[1], rtol=1e-14)
    twice.merge(twice)
    assert twice.segments == 4 * broken.segments


def test_refusals():
    make = functools.partial(rlx_fft.WelchAccumulator, nperseg=64)
    x = np.random.default_rng(6).normal(size=(2, 300))
    with pytest.raises(ValueError, match="x"):
        make().finish()
    with pytest.raises(ValueError, match="x"):
        make().push(x[:, :10]).finish()
    with pytest.raises(ValueError, match="x"):
        make().push(x).push(x[0])
    with pytest.raises(ValueError, match="x"):
        make().push(x).push(x.astype("f4"))
    with pytest.raises(ValueError, match="other"):
        make().merge(make(scaling="spectrum"))
    with pytest.raises(ValueError, match="other"):
        make().push(x).merge(make().push(x[0]))
    with pytest.raises(TypeError, match="other"):
        make().merge(3)
    with pytest.raises(ValueError, match="max_segments"):
        make(average="median")
    with pytest.raises(TypeError, match="detrend"):
        make(detrend=lambda d: d)
    x[1, 7] = np.inf
    strict = make(nan_policy="raise")
    with pytest.raises(ValueError, match="sample 7 of row 1 is inf"):
        strict.push(x)
    assert strict.samples == 0
    state = make().push(x).__getstate__()
    state["_taken"] = state["_taken"][:1]
    with pytest.raises(ValueError, match="state"):
        make().__setstate__(state)

"""find_peaks against SciPy, exactly; the strongest peaks against sorted spectra."""

import warnings

import numpy as np
import pytest
import scipy.signal
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

import rlx_fft


def assert_same(got, truth):
    assert_array_equal(got[0], truth[0])
    assert got[0].dtype == truth[0].dtype
    assert list(got[1]) == list(truth[1])
    for name, values in truth[1].items():
        assert got[1][name].dtype == values.dtype, name
        assert_array_equal(got[1][name], values, err_msg=name)


@st.composite
def conditions(draw, n):
    number = st.floats(-3, 3) | st.integers(-2, 3)
    ends = st.none() | number | st.tuples(st.none() | number, st.none() | number)
    positive = st.none() | st.floats(0, 4) | st.tuples(st.floats(0, 2), st.none() | st.floats(2, 30))
    return dict(
        height=draw(ends), threshold=draw(positive), distance=draw(st.none() | st.floats(1, 20)), prominence=draw(positive),
        width=draw(positive), wlen=draw(st.none() | st.integers(2, n + 5) | st.floats(1.5, 30)),
        rel_height=draw(st.sampled_from([0.5, 0.0, 0.3, 1.0])), plateau_size=draw(st.none() | st.integers(0, 3) | st.just((1, 2))),
    )  # fmt: skip


@pytest.mark.filterwarnings("ignore::scipy.signal._peak_finding_utils.PeakPropertyWarning")
@given(st.data())
def test_find_peaks_1d_is_scipys(data):
    n = data.draw(st.integers(0, 120))
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1)))
    x = rng.normal(size=n).cumsum() if data.draw(st.booleans()) else rng.integers(-3, 4, n)
    keywords = data.draw(conditions(n))
    if x.dtype.kind == "i":
        keywords["distance"] = None  # Of equal heights SciPy keeps whichever its sort puts last.
    assert_same(rlx_fft.find_peaks(x, **keywords), scipy.signal.find_peaks(x, **keywords))
    # Borders that differ from sample to sample take the other route.
    height = rng.normal(size=n)
    for border in (height, (height, height + 2), [None, height + 1]):
        keywords["height"] = border
        assert_same(rlx_fft.find_peaks(x, **keywords), scipy.signal.find_peaks(x, **keywords))


@pytest.mark.parametrize("axis", [0, 1, -1])
@pytest.mark.parametrize("by_sample", [False, True])
def test_find_peaks_of_rows(axis, by_sample):
    x = np.random.default_rng(1).normal(size=(5, 40, 31))
    height = x * 0 - 0.5 if by_sample else -0.5
    peaks, found = rlx_fft.find_peaks(x, height=height, width=0, plateau_size=1, axis=axis, threads=2)
    offsets = found.pop("row_offsets")
    rows = np.moveaxis(x, axis, -1).reshape(-1, x.shape[axis])
    assert len(offsets) == len(rows) + 1
    for r, row in enumerate(rows):
        part = slice(offsets[r], offsets[r + 1])
        assert_same(
            (peaks[part], {name: values[part] for name, values in found.items()}),
            scipy.signal.find_peaks(row, height=-0.5, width=0, plateau_size=1),
        )


def test_find_peaks_takes_what_scipy_takes():
    x = [0, 2, 1, 3, 1, 0]
    for same in (x, np.array(x, "f4"), np.array(x, object), np.array(x, "u1"), np.repeat(np.array(x, float), 2)[::2]):
        assert_same(rlx_fft.find_peaks(same, height=1), scipy.signal.find_peaks(x, height=1))
    for bad, argument in [
        (dict(distance=0.5), "distance"), (dict(wlen=1, width=1), "wlen"), (dict(rel_height=-1, width=1), "rel_height"),
        (dict(height=np.ones(3)), "height"), (dict(prominence="high"), "prominence"), (dict(axis=1), "axis"),
    ]:  # fmt: skip
        with pytest.raises((ValueError, TypeError), match=argument):
            rlx_fft.find_peaks(x, **bad)
    with pytest.raises(ValueError, match="x"):
        rlx_fft.find_peaks(3.0)
    peaks, found = rlx_fft.find_peaks(np.empty((0, 7)), prominence=1)
    assert peaks.size == 0 and found["row_offsets"].tolist() == [0] and found["prominences"].size == 0


@pytest.mark.parametrize("dtype", ["f4", "f8"])
@pytest.mark.parametrize("nperseg", [64, 100, 256])
def test_strongest_bins_are_those_of_the_spectrum(dtype, nperseg):
    x = np.random.default_rng(4).normal(size=(3, 50, 600)).astype(dtype)
    got = rlx_fft.welch_peaks(x, 8.0, nperseg, 5)
    f, power = scipy.signal.welch(x.astype("f8"), 8.0, nperseg=nperseg, detrend=False, scaling="spectrum")
    power *= scipy.signal.get_window("hann", nperseg).sum() ** 2
    order = np.argsort(-power, axis=-1, kind="stable")[..., :5]
    if dtype == "f8":
        assert_array_equal(got.bin, order)
    # f32 may exchange bins whose powers it cannot distinguish: the powers themselves agree.
    assert_allclose(got.power, np.take_along_axis(power, order, -1), rtol=1e-4 if dtype == "f4" else 1e-12)
    assert_allclose(got.frequency, f[got.bin])
    assert_allclose(got.level, 10 * np.log10(got.power), rtol=1e-5)
    assert got.power.dtype == dtype and got.shape == (3, 50, 5) and got.prominence is None
    density = rlx_fft.welch_peaks(np.moveaxis(x, 2, 0), 8.0, nperseg, 5, scaling="density", axis=0)
    assert_allclose(density.power, got.power / (8.0 * (scipy.signal.get_window("hann", nperseg) ** 2).sum()), rtol=1e-5)
    stored = rlx_fft.welch_peaks(x, 8.0, nperseg, 5, prominence=True)
    assert_array_equal(stored.bin[..., 0], got.bin[..., 0])
    table = stored.to_structured()
    assert table.dtype.names == ("bin", "frequency", "power", "level", "prominence")
    row = rlx_fft.welch(x[1, 2], 8.0, nperseg=nperseg, detrend=False, scaling="raw")[1].astype("f8")
    inner = [b for b in stored.bin[1, 2] if 0 < b < len(f) - 1]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # A bin beside a stronger one has prominence 0.
        truth = scipy.signal.peak_prominences(row, inner)[0]
    keep = [b in inner for b in stored.bin[1, 2]]
    assert_allclose(table["prominence"][1, 2][keep], truth, rtol=1e-6)


def test_local_peaks_of_spectra():
    x = np.random.default_rng(6).normal(size=(4, 700))
    got = rlx_fft.welch_peaks(x, 3.0, 128, 40, mode="local", detrend="constant", scaling="density")
    f, power = scipy.signal.welch(x, 3.0, nperseg=128)
    for r, row in enumerate(power):
        peaks, found = scipy.signal.find_peaks(row, prominence=0)
        order = np.argsort(-row[peaks], kind="stable")
        n = len(peaks)
        assert_array_equal(got.bin[r, :n], peaks[order])
        assert_allclose(got.prominence[r, :n], found["prominences"][order], rtol=1e-9)
        assert (got.bin[r, n:] == -1).all() and np.isnan(got.power[r, n:]).all() and np.isnan(got.frequency[r, n:]).all()


def test_refusals_of_welch_peaks():
    x = np.zeros((2, 100), np.float32)
    for keywords, argument in [
        (dict(k=0), "k"), (dict(mode="all"), "mode"), (dict(scaling="dB"), "scaling"), (dict(nan_policy="x"), "nan_policy"),
        (dict(device="cuda:77"), "cuda|device"), (dict(noverlap=64), "noverlap"),
    ]:  # fmt: skip
        with pytest.raises(ValueError, match=argument):
            rlx_fft.welch_peaks(x, nperseg=64, **keywords)
    x[1, 3] = np.nan
    with pytest.raises(ValueError, match="sample 3 of row 1"):
        rlx_fft.welch_peaks(x, nperseg=64)
    assert np.isnan(rlx_fft.welch_peaks(x, nperseg=64, nan_policy="propagate").power[1]).all()
    with pytest.warns(UserWarning, match="nperseg"):
        assert rlx_fft.welch_peaks(x[:1], k=3).shape == (1, 3)
    assert rlx_fft.welch_peaks(x[:0], nperseg=64).shape[0] == 0


def test_auto_welch_peaks():
    x = np.random.default_rng(8).normal(size=(20, 1152)).astype("f4")
    leading = rlx_fft.welch_peaks(x[:, :384], nperseg=256, k=6)
    # Two segments spread over the row: samples 224 to 479 and 672 to 927.
    spread = rlx_fft.welch_peaks(np.concatenate((x[:, 224:480], x[:, 672:928]), axis=1), nperseg=256, noverlap=0, k=6)
    for strategy in ("auto", "fast", "rlx"):
        auto = rlx_fft.AutoWelchPeaks(20, 256, 6, "cpu", strategy=strategy, same_answer=True)
        for layout, truth in ((x, spread), (x[:, :384], leading)):
            packed = auto(layout)
            assert packed.shape == (20, 6, 2)
            assert_allclose(packed[..., 1], truth.power, rtol=1e-5)
        assert auto.strategy in auto.explain() and "predicted" in auto.explain()
    assert rlx_fft.AutoWelchPeaks(20, 256, 6, "cpu", strategy="ultra").strategy == "ultra_fast_rustfft"
    assert set(auto.trace()) >= {"predicted_ms", "candidates", "strategy", "calibration", "layout"}
    for bad, argument in [
        (lambda: auto(x[:, :100]), "x"), (lambda: rlx_fft.AutoWelchPeaks(2, 1, 3), "n_fft"),
        (lambda: rlx_fft.AutoWelchPeaks(2, 64, 3, strategy="best"), "strategy"),
        (lambda: rlx_fft.AutoWelchPeaks(2, 64, 3, "learned"), "device"),
    ]:  # fmt: skip
        with pytest.raises(ValueError, match=argument):
            bad()

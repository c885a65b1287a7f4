"""What SciPy's own tests hold its functions to, in our words: known spectra, layouts, warnings, refusals."""

import inspect
import warnings

import numpy as np
import pytest
import scipy.signal
from numpy.testing import assert_allclose, assert_array_equal

import rlx_fft

FUNCTIONS = ["welch", "csd", "coherence", "spectrogram", "periodogram"]


def call(name, x, **keywords):
    arguments = (x, x.copy()) if name in ("csd", "coherence") else (x,)
    return getattr(rlx_fft, name)(*arguments, **keywords)


@pytest.mark.parametrize("name", [*FUNCTIONS, "find_peaks"])
def test_arguments_are_scipys_and_ours_come_behind_by_name(name):
    ours, theirs = (inspect.signature(getattr(m, name)).parameters for m in (rlx_fft, scipy.signal))
    assert list(ours)[: len(theirs)] == list(theirs)
    for argument in theirs:
        # Before 1.17 SciPy calls the same window "hann".
        same = {"hann": "hann_periodic"}
        default = [same.get(p[argument].default, p[argument].default) for p in (ours, theirs)]
        assert default[0] == default[1], argument
    assert all(p.kind == p.KEYWORD_ONLY for p in list(ours.values())[len(theirs) :])


def impulses(n=16, dtype=float):
    x = np.zeros(n, dtype)
    x[0] = 1
    x[n // 2] = 1
    return x


@pytest.mark.parametrize("dtype", ["f4", "f8", "i2", "i4", "i8", "u1", "u8", "?", "f2", "c8", "c16", "g", "O"])
@pytest.mark.parametrize("nperseg", [8, 9])
@pytest.mark.parametrize("scaling", ["density", "spectrum"])
def test_types_of_two_impulses(dtype, nperseg, scaling):
    x = impulses(dtype=dtype)
    f, pxx = rlx_fft.welch(x, nperseg=nperseg, scaling=scaling)
    f0, truth = scipy.signal.welch(x.astype("f8" if dtype not in ("c8", "c16") else "c16"), nperseg=nperseg, scaling=scaling)
    assert_array_equal(f, f0)
    assert_allclose(pxx, truth, rtol=2e-6, atol=1e-9)
    # The precision that SciPy gives; object arrays, on which it fails, are float64, and so is longdouble.
    wanted = {"g": np.float64, "O": np.float64}.get(dtype) or np.empty(0, np.result_type(x.dtype, np.complex64)).real.dtype
    assert pxx.dtype == wanted


def test_a_tone_has_its_power_in_each_scaling():
    fs, a, n = 1000.0, 3.0, 5000
    x = a * np.sin(2 * np.pi * 100 * np.arange(n) / fs)
    f, spectrum = rlx_fft.welch(x, fs, nperseg=500, scaling="spectrum")
    assert f[spectrum.argmax()] == 100 and abs(spectrum.max() - a * a / 2) < 1e-12
    f, density = rlx_fft.welch(x, fs, nperseg=500)
    assert_allclose(density.sum() * (f[1] - f[0]), a * a / 2, rtol=1e-12)
    hold = rlx_fft.welch(x, fs, nperseg=500, average="max")[1]
    least = rlx_fft.welch(x, fs, nperseg=500, average="min")[1]
    assert (hold >= least).all() and (hold >= density * (1 - 1e-12)).all()
    raw = rlx_fft.welch(x, fs, nperseg=500, scaling="raw")[1]
    assert_allclose(raw, spectrum * scipy.signal.get_window("hann", 500).sum() ** 2, rtol=1e-12, atol=1e-9)


def test_max_and_min_hold_are_those_of_the_segments():
    x = np.random.default_rng(1).normal(size=(3, 900))
    columns = rlx_fft.spectrogram(x, 2.0, "hann", 64, 32)[2]
    for average, reduce in (("max", np.max), ("min", np.min)):
        assert_allclose(rlx_fft.welch(x, 2.0, nperseg=64, average=average)[1], reduce(columns, axis=-1), rtol=1e-12)


@pytest.mark.parametrize("name", FUNCTIONS[:4])
def test_short_signals_warn_and_shrink(name):
    x = np.arange(200.0) % 7
    with pytest.warns(UserWarning, match="nperseg.*256.*200") as caught:
        got = call(name, x)
    assert caught[0].filename == __file__ or name == "coherence"
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        truth = call(name, x, nperseg=200)
    assert_array_equal(got[0], truth[0])
    assert_array_equal(got[-1], truth[-1])
    with pytest.warns(UserWarning):
        call(name, x)  # Every time, not once.


@pytest.mark.parametrize("name", FUNCTIONS[:4])
@pytest.mark.parametrize(
    ("keywords", "argument"),
    [
        (dict(nperseg=-1), "nperseg"), (dict(nperseg=0), "nperseg"), (dict(nperseg=32, noverlap=32), "noverlap"),
        (dict(nperseg=32, nfft=31), "nfft"), (dict(window="no such window"), "window"), (dict(window=np.ones((2, 8))), "window"),
        (dict(window=np.ones(16), nperseg=8), "nperseg"), (dict(window=np.ones(4000)), "window"), (dict(window="kaiser"), "window"),
        (dict(detrend="quadratic"), "detrend"), (dict(detrend=3.5), "detrend"), (dict(fs=0), "fs"), (dict(fs=-1.0), "fs"),
        (dict(axis=3), "axis"), (dict(axis=-2), "axis"), (dict(device="abacus"), "device"), (dict(nan_policy="hope"), "nan_policy"),
        (dict(window=np.full(8, np.nan)), "window"), (dict(threads=10**6), "threads"),
    ],
)  # fmt: skip
def test_refusals_name_the_argument(name, keywords, argument):
    with pytest.raises(ValueError, match=argument):
        call(name, np.random.default_rng(0).normal(size=512), **keywords)


@pytest.mark.parametrize(
    ("name", "keywords", "argument"),
    [
        ("welch", dict(scaling="power"), "scaling"), ("welch", dict(average="mode"), "average"), ("csd", dict(average="max"), "average"),
        ("spectrogram", dict(mode="psd2"), "mode"), ("periodogram", dict(nfft=0), "nfft"), ("periodogram", dict(window=np.ones(3)), "window"),
    ],
)  # fmt: skip
def test_refusals_of_some(name, keywords, argument):
    with pytest.raises(ValueError, match=argument):
        call(name, np.ones(512), **keywords)


@pytest.mark.parametrize("bad", [np.array(["a", "b"]), np.zeros(3, "M8[s]"), np.array([None, object()]), "text", {}])
def test_what_is_no_number_is_a_type_error(bad):
    for name in ("welch", "periodogram", "spectrogram"):
        with pytest.raises((TypeError, ValueError), match="x"):
            getattr(rlx_fft, name)(bad)


def test_zero_dimensions_are_an_error_and_empty_ones_empty():
    for name in FUNCTIONS:
        with pytest.raises(ValueError, match="axis"):
            call(name, np.array(3.0))
        for shape in [(0,), (3, 0), (0, 5, 2)]:
            got = call(name, np.empty(shape))
            if name == "spectrogram" and shape[-1] == 0:
                continue  # SciPy stumbles over its own window of no points.
            truth = getattr(scipy.signal, name)(*((np.empty(shape),) * (2 if name in ("csd", "coherence") else 1)))
            assert [a.shape for a in got] == [a.shape for a in truth]


def test_complex_input_is_two_sided():
    x = np.exp(0.5j * np.arange(600)).astype("c8")
    f, pxx = rlx_fft.welch(x, nperseg=100)
    assert f[pxx.argmax()] == pytest.approx(0.08) and (f < 0).any() and pxx.dtype == np.float32
    with pytest.warns(UserWarning, match="complex"):
        assert len(rlx_fft.spectrogram(x, nperseg=100)[0]) == 100
    real = x.real.copy()
    with pytest.raises(ValueError, match="return_onesided"):
        rlx_fft.csd(real, x, nperseg=100)
    truth = scipy.signal.csd(real, x, nperseg=100, return_onesided=False)[1]
    assert_allclose(rlx_fft.csd(real, x, nperseg=100, return_onesided=False)[1], truth, atol=1e-6 * abs(truth).max())


def test_detrend_by_a_function():
    rng = np.random.default_rng(5)
    x = rng.normal(size=(2, 700, 3)) + 0.1 * np.arange(700)[:, np.newaxis]
    line = lambda d: scipy.signal.detrend(d, axis=-1, type="linear")  # noqa: E731
    for name in ("welch", "csd", "coherence"):
        got = call(name, x, nperseg=64, noverlap=40, detrend=line, axis=1)
        truth = call(name, x, nperseg=64, noverlap=40, detrend="linear", axis=1)
        assert_array_equal(got[0], truth[0])
        assert_allclose(got[1], truth[1], rtol=1e-9, atol=1e-12)
    got = rlx_fft.spectrogram(x[0, :, 0], nperseg=64, detrend=line)
    assert_allclose(got[2], rlx_fft.spectrogram(x[0, :, 0], nperseg=64, detrend="linear")[2], rtol=1e-9, atol=1e-12)
    with pytest.raises(ValueError, match="detrend"):
        rlx_fft.welch(x, nperseg=64, axis=1, detrend=lambda d: d[..., :3])


def test_pairs_broadcast_and_are_padded():
    rng = np.random.default_rng(7)
    x, y = rng.normal(size=(4, 1, 500)), rng.normal(size=(3, 500))
    for name in ("csd", "coherence"):
        got, truth = (getattr(m, name)(x, y, nperseg=64)[1] for m in (rlx_fft, scipy.signal))
        assert got.shape == (4, 3, 33)
        assert_allclose(got, truth, atol=1e-13 * abs(truth).max(), rtol=1e-10)
        got, truth = (getattr(m, name)(x[:3, 0], y[:, :400], nperseg=64)[1] for m in (rlx_fft, scipy.signal))
        assert_allclose(got, truth, atol=1e-13 * abs(truth).max(), rtol=1e-10)
        with pytest.raises(ValueError, match="broadcast"):
            getattr(rlx_fft, name)(np.ones((2, 300)), np.ones((3, 300)))
    mixed = rlx_fft.csd(x[0, 0].astype("f4"), y[0], nperseg=64)[1]
    assert mixed.dtype == np.complex128
    same = rlx_fft.csd(y, y, nperseg=64)[1]
    assert same.dtype == np.float64
    assert_array_equal(same, rlx_fft.welch(y, nperseg=64)[1])


@pytest.mark.parametrize("onesided", [True, False])
@pytest.mark.parametrize("mode", ["psd", "complex", "magnitude", "angle", "phase"])
def test_modes_of_the_spectrogram(mode, onesided):
    x = np.random.default_rng(3).normal(size=(400, 2))
    got = rlx_fft.spectrogram(x, 10.0, "hann", 50, 20, mode=mode, axis=0, return_onesided=onesided)
    truth = scipy.signal.spectrogram(x, 10.0, "hann", 50, 20, mode=mode, axis=0, return_onesided=onesided)
    for a, b in zip(got[:2], truth[:2]):
        assert_array_equal(a, b)
    assert got[2].shape == truth[2].shape
    if mode in ("angle", "phase"):
        # Bins at which the mean's removal leaves only rounding have any angle.
        power = scipy.signal.spectrogram(x, 10.0, "hann", 50, 20, axis=0, return_onesided=onesided)[2]
        turn = np.exp(1j * got[2]) / np.exp(1j * truth[2])
        assert np.abs(turn - 1)[power > 1e-20].max() < 1e-9
    else:
        assert_allclose(got[2], truth[2], atol=1e-12)


def test_segments_of_one_sample():
    for keywords in [dict(nperseg=1), dict(nperseg=1, detrend=False), dict(nperseg=1, detrend=False, average="median", scaling="spectrum")]:
        x = np.arange(9.0).reshape(1, 9)
        assert_allclose(rlx_fft.welch(x, **keywords)[1], scipy.signal.welch(x, **keywords)[1], rtol=1e-14)
        y = x[:, ::-1].copy()
        assert_allclose(rlx_fft.csd(x, y, **keywords)[1], scipy.signal.csd(x, y, **keywords)[1], rtol=1e-14)


def test_nan_policies():
    x = np.random.default_rng(2).normal(size=(2, 640))
    holed = x.copy()
    holed[1, 70] = np.nan
    assert np.isnan(rlx_fft.welch(holed, nperseg=64)[1][1]).all()
    assert_array_equal(rlx_fft.welch(holed, nperseg=64)[1][0], rlx_fft.welch(x, nperseg=64)[1][0])
    with pytest.raises(ValueError, match="x: sample 70 of row 1 is NaN"):
        rlx_fft.welch(holed, nperseg=64, nan_policy="raise")
    omitted = rlx_fft.welch(holed, nperseg=64, noverlap=0, nan_policy="omit")[1][1]
    clean = np.delete(x[1], np.s_[64:128])
    assert_allclose(omitted, rlx_fft.welch(clean, nperseg=64, noverlap=0)[1], rtol=1e-12)
    line = x[1].copy()
    line[70] = (line[69] + line[71]) / 2
    filled = rlx_fft.welch(holed, nperseg=64, nan_policy="interpolate:3")[1][1]
    assert_allclose(filled, rlx_fft.welch(line, nperseg=64)[1], rtol=1e-12)
    with pytest.raises(ValueError, match="y: sample 70 of row 1"):
        rlx_fft.csd(x, holed, nperseg=64, nan_policy="raise")
    with pytest.raises(ValueError, match="x: sample 70"):
        rlx_fft.spectrogram(holed, nperseg=64, nan_policy="raise")

"""Multitaper spectra beside MNE's where it is installed, confidence limits, band powers, cross spectral matrices."""

import warnings

import numpy as np
import pytest
import scipy.signal as sps
import scipy.stats
from hypothesis import given, settings
from hypothesis import strategies as st

import rlx_fft

RNG = np.random.default_rng(13)


def direct(x, fs, half_nbw=4.0, low_bias=True):
    """The definition, with SciPy's tapers."""
    n = x.shape[-1]
    tapers, ratios = sps.windows.dpss(n, half_nbw, int(2 * half_nbw), sym=False, return_ratios=True)
    if low_bias:
        tapers, ratios = tapers[ratios > 0.9], ratios[ratios > 0.9]
    x = x - x.mean(axis=-1, keepdims=True)
    power = np.abs(np.fft.rfft(x[..., np.newaxis, :] * tapers, axis=-1)) ** 2
    psd = np.einsum("k,...kf->...f", ratios, power) / ratios.sum() / fs
    psd[..., 1 : (n + 1) // 2] *= 2
    return np.fft.rfftfreq(n, 1 / fs), psd


@settings(max_examples=40)
@given(n=st.integers(20, 300), rows=st.integers(0, 40), kind=st.sampled_from([np.float64, np.float32, np.float16, np.int16, np.int64]), low_bias=st.booleans())
def test_spectra_by_their_definition(n, rows, kind, low_bias):
    x = (100 * RNG.normal(size=(rows, n) if rows else n) + 50).astype(kind)
    f, psd = rlx_fft.multitaper(x, 50.0, low_bias=low_bias)
    g, expected = direct(x.astype(float), 50.0, low_bias=low_bias)
    assert np.allclose(f, g) and psd.shape == expected.shape
    assert psd.dtype == (np.float32 if kind in (np.float32, np.float16) else np.float64)
    assert np.linalg.norm(psd - expected) <= (1e-5 if psd.dtype == np.float32 else 1e-11) * np.linalg.norm(expected)


@settings(max_examples=25)
@given(n=st.integers(60, 250), bandwidth=st.sampled_from([None, 12.0, 30.0]), adaptive=st.booleans(), low_bias=st.booleans(),
       normalization=st.sampled_from(["full", "length"]), fmax=st.sampled_from([np.inf, 30.0]))  # fmt: skip
def test_numbers_of_mne(n, bandwidth, adaptive, low_bias, normalization, fmax):
    mne = pytest.importorskip("mne")
    x = RNG.normal(size=(3, n)) + 20 * np.sin(np.arange(n) * 0.4)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs, f = mne.time_frequency.psd_array_multitaper(
            x, 100.0, 1.0, fmax, bandwidth, adaptive, low_bias, normalization, max_iter=3000, verbose="error"
        )
        g, ours = rlx_fft.multitaper(x, 100.0, 1.0, fmax, bandwidth, adaptive, low_bias, normalization)
    assert np.allclose(f, g) and np.allclose(ours, theirs, rtol=2e-3 if adaptive else 1e-9)
    if adaptive:
        assert np.median(np.abs(ours / theirs - 1)) < 1e-5


def test_limits_hold_the_true_spectrum():
    x = RNG.normal(size=(300, 256))
    f, psd, (low, high) = rlx_fft.multitaper(x, confidence=0.9)
    inner = slice(8, -8)
    share = ((low <= 2.0) & (2.0 <= high))[:, inner].mean()
    assert 0.85 < share < 0.95
    assert (low < psd).all() and (psd < high).all()
    f, psd, (low, high) = rlx_fft.welch(RNG.normal(size=(300, 4096)), nperseg=256, confidence=0.9)
    assert 0.87 < ((low <= 2.0) & (2.0 <= high))[:, inner].mean() < 0.93
    # One-sided spectra do not double 0 Hz and half the sampling frequency. Without a trend removed 0 Hz is as any other bin.
    f, psd, (low, high) = rlx_fft.welch(RNG.normal(size=(300, 4096)), nperseg=256, detrend=False, confidence=0.9)
    for edge in (0, -1):
        assert 0.84 < ((low <= 1.0) & (1.0 <= high))[:, edge].mean() < 0.96


def test_welch_limits_by_their_quantiles():
    x = RNG.normal(size=1024)
    f, psd, limits = rlx_fft.welch(x, nperseg=256, noverlap=0, window="boxcar", detrend=False, confidence=0.95)
    expected = [8 / scipy.stats.chi2.ppf(q, 8) for q in (0.975, 0.025)]
    assert np.allclose(limits[:, 1:-1] / psd[1:-1], np.array(expected)[:, None])
    edge = [4 / scipy.stats.chi2.ppf(q, 4) for q in (0.975, 0.025)]
    assert np.allclose(limits[:, [0, -1]] / psd[[0, -1]], np.array(edge)[:, None])
    with pytest.raises(ValueError, match="^confidence:"):
        rlx_fft.welch(x, confidence=1.5)
    with pytest.raises(ValueError, match="^confidence:"):
        rlx_fft.welch(x, confidence=0.9, average="median")


def test_errors_and_warnings():
    x = RNG.normal(size=100)
    for name, options in {
        "bandwidth": dict(bandwidth=0.001), "sfreq": dict(sfreq=-1.0), "fmin": dict(fmin=0.9), "confidence": dict(confidence=2),
        "normalization": dict(normalization="no"), "max_iter": dict(max_iter=0), "axis": dict(axis=3),
    }.items():  # fmt: skip
        with pytest.raises((ValueError, TypeError, np.exceptions.AxisError), match=f"^{name}"):
            rlx_fft.multitaper(x, **options)
    with pytest.raises(TypeError, match="^x:"):
        rlx_fft.multitaper(x + 1j)
    with pytest.warns(UserWarning, match="low number of tapers"):
        rlx_fft.multitaper(x, adaptive=True, bandwidth=0.02)
    assert np.array_equal(rlx_fft.multitaper(np.zeros(50), adaptive=True)[1], np.zeros(26))


def test_band_powers():
    x = RNG.normal(size=(3, 2000))
    f, psd = sps.welch(x, 100.0, nperseg=400)
    bands = [(1, 4), (8, 12)]
    expected = np.stack([psd[:, (f >= a) & (f <= b)].sum(-1) * f[1] for a, b in bands], -1)
    assert np.allclose(rlx_fft.band_power(x, 100.0, bands, nperseg=400), expected)
    assert np.allclose(rlx_fft.band_power(x, 100.0, bands[0], nperseg=400), expected[:, 0])
    whole = rlx_fft.band_power(x, 100.0, (0, 50), relative=True, method="multitaper")
    assert np.allclose(whole, 1)
    for bad in [(5, 1), (1, 2, 3), "no", (10.01, 10.02)]:
        with pytest.raises((ValueError, TypeError), match="^bands:"):
            rlx_fft.band_power(x, 100.0, bad)


@pytest.mark.parametrize("average", ["mean", "median"])
def test_cross_spectral_matrix(average):
    x = RNG.normal(size=(2, 4, 1000))
    f, matrix = rlx_fft.cross_spectral_matrix(x, 10.0, nperseg=100, average=average)
    g, expected = sps.csd(x[:, :, None], x[:, None], 10.0, nperseg=100, average=average)
    assert np.allclose(f, g) and np.allclose(matrix, expected, atol=1e-14)
    assert np.allclose(matrix, np.conj(np.swapaxes(matrix, 1, 2)))

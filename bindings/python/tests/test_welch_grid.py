"""Every argument against SciPy on the same samples in float64."""

import numpy as np
import scipy.signal
from hypothesis import given
from hypothesis import strategies as st

import rlx_fft

WINDOWS = [
    "hann", "hamming", "blackman", "blackmanharris", "flattop", "boxcar", "bartlett", "triang", "bohman", "barthann",
    "cosine", "nuttall", "parzen", "lanczos", "hann_symmetric", "tukey", ("tukey", 0.25), ("kaiser", 8.6),
    ("gaussian", 7.0), ("general_hamming", 0.7), ("general_gaussian", 1.5, 9.0), ("exponential", None, 12.0),
    ("chebwin", 80), ("dpss", 2.5), ("general_cosine", [0.4, 0.5, 0.1]), "array",
]  # fmt: skip


@st.composite
def calls(draw, complex_too=True):
    """Samples and keywords that both systems accept."""
    dtype = draw(st.sampled_from(["f4", "f8", "f8"] + (["c8", "c16"] if complex_too else [])))
    n = draw(st.integers(8, 700))
    ndim = draw(st.integers(1, 3))
    axis = draw(st.integers(0, ndim - 1))
    shape = [draw(st.integers(1, 3)) for _ in range(ndim)]
    shape[axis] = n
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    offset, slope = draw(st.sampled_from([(0, 0), (3, 0), (1e3, 0), (-2, 0.01)]))
    scale = draw(st.sampled_from([1.0, 1e-6, 1e8]))

    def samples():
        x = rng.normal(size=shape) + np.cos(0.3 * np.arange(n)).reshape([-1 if a == axis else 1 for a in range(ndim)])
        x = x + offset + slope * np.arange(n).reshape([-1 if a == axis else 1 for a in range(ndim)])
        if dtype[0] == "c":
            x = x + 1j * rng.normal(size=shape)
        return (scale * x).astype(dtype)

    nperseg = draw(st.integers(2, n))
    window = draw(st.sampled_from(WINDOWS))
    if window == "array":
        window = rng.uniform(0.1, 1.0, nperseg)
    keywords = dict(
        fs=draw(st.sampled_from([1.0, 44_100, 0.37, 1e6])),
        window=window,
        nperseg=nperseg,
        noverlap=draw(st.none() | st.integers(0, nperseg - 1)),
        nfft=draw(st.none() | st.integers(nperseg, nperseg + 70)),
        detrend=draw(st.sampled_from(["constant", "linear", False])),
        axis=draw(st.sampled_from([axis, axis - ndim])),
    )
    return samples, keywords


def weights(keywords):
    window, n = keywords["window"], keywords["nperseg"]
    return np.asarray(window) if isinstance(window, np.ndarray) else scipy.signal.get_window(window, n)


def usable(keywords):
    """A window whose weights cancel has no scaling in either system."""
    try:
        w = weights(keywords)
    except ValueError:
        return False  # Too short for this window.
    return np.isfinite(w).all() and abs(w.sum()) > 0.05 * np.abs(w).sum() > 0


def wide(x):
    return x.astype(np.complex128 if x.dtype.kind == "c" else np.float64)


def spread(x, keywords):
    """max|x| over the deviation that is left after the detrending: what rounding of an offset costs."""
    axis, detrend = keywords["axis"], keywords["detrend"]
    y = wide(x) if detrend is False else scipy.signal.detrend(wide(x), type=detrend, axis=axis)
    rms = np.sqrt(np.mean(np.abs(y) ** 2, axis=axis))
    return float(np.max(np.abs(x).max(axis=axis) / np.maximum(rms, 1e-300)))


def tolerance(x, keywords):
    nfft = keywords["nfft"] or keywords["nperseg"]
    if x.dtype.char in "fF":
        return 4 * np.finfo("f4").eps * max(np.log2(nfft), 1)
    return 1e-13 * (1 + spread(x, keywords))


def relative(got, truth, axis, reference=None):
    """Relative L2 error along the axis, the worst line."""
    reference = truth if reference is None else reference
    top = np.linalg.norm(np.moveaxis(got - truth, axis, -1), axis=-1)
    return float(np.max(top / np.maximum(np.linalg.norm(np.moveaxis(reference, axis, -1), axis=-1), 1e-300)))


@given(calls(), st.sampled_from(["density", "spectrum"]), st.booleans(), st.sampled_from(["mean", "median"]))
def test_welch(call, scaling, onesided, average):
    samples, keywords = call
    x = samples()
    if not usable(keywords):
        return
    keywords = dict(keywords, scaling=scaling, return_onesided=onesided, average=average)
    f, pxx = rlx_fft.welch(x, **keywords)
    f0, truth = scipy.signal.welch(wide(x), **keywords)
    np.testing.assert_array_equal(f, f0)
    assert pxx.shape == truth.shape and pxx.dtype == x.real.dtype
    if keywords["nperseg"] <= 3 and keywords["detrend"]:
        return  # Detrending leaves nothing but rounding.
    assert relative(pxx, truth, keywords["axis"]) <= tolerance(x, keywords)
    # And from a kept plan.
    np.testing.assert_array_equal(rlx_fft.welch(x, **keywords)[1], pxx)


@given(calls(), st.sampled_from(["mean", "median"]), st.booleans())
def test_csd_and_coherence(call, average, onesided):
    samples, keywords = call
    x, noise = samples(), samples()
    y = (0.7 * x + 0.2 * noise).astype(x.dtype)
    if not usable(keywords) or (keywords["nperseg"] <= 3 and keywords["detrend"]):
        return
    axis = keywords["axis"]
    both = dict(keywords, average=average, return_onesided=onesided)
    f, pxy = rlx_fft.csd(x, y, **both)
    f0, truth = scipy.signal.csd(wide(x), wide(y), **both)
    np.testing.assert_array_equal(f, f0)
    assert pxy.shape == truth.shape and pxy.dtype == np.result_type(x, np.complex64)
    powers = [scipy.signal.welch(wide(v), **dict(both, average="mean"))[1] for v in (x, y)]
    geometric = np.sqrt(powers[0] * powers[1])
    limit = max(tolerance(x, keywords), tolerance(y, keywords))
    assert relative(pxy, truth, axis, geometric) <= limit
    f, cxy = rlx_fft.coherence(x, y, **keywords)
    f0, truth = scipy.signal.coherence(wide(x), wide(y), **keywords)
    np.testing.assert_array_equal(f, f0)
    assert cxy.shape == truth.shape and cxy.dtype == x.real.dtype
    # The error of a coherence is that of the cross spectrum over the powers of its own bin.
    two = [scipy.signal.welch(wide(v), **keywords)[1] for v in (x, y)]
    geometric = np.sqrt(two[0] * two[1])
    norm = np.linalg.norm(np.moveaxis(geometric, axis, -1), axis=-1)
    share = np.moveaxis(geometric, axis, -1) / np.maximum(norm, 1e-300)[..., np.newaxis]
    error = np.moveaxis(np.abs(cxy - truth), axis, -1) * share
    # NaN where a bin of the detrended signals has no power.
    assert np.nanmax(np.linalg.norm(np.nan_to_num(error), axis=-1)) <= 4 * limit


@given(calls(), st.sampled_from(["density", "spectrum"]), st.booleans(), st.sampled_from(["psd", "complex", "magnitude"]))
def test_spectrogram(call, scaling, onesided, mode):
    samples, keywords = call
    x = samples()
    if not usable(keywords) or (keywords["nperseg"] <= 3 and keywords["detrend"]):
        return
    onesided = onesided and x.dtype.kind != "c"
    keywords = dict(keywords, scaling=scaling, return_onesided=onesided, mode=mode)
    got = rlx_fft.spectrogram(x, **keywords)
    truth = scipy.signal.spectrogram(wide(x), **keywords)
    for a, b in zip(got[:2], truth[:2]):
        np.testing.assert_array_equal(a, b)
    assert got[2].shape == truth[2].shape
    assert got[2].dtype == np.result_type(x.real.dtype, np.complex64 if mode == "complex" else x.real.dtype)
    # A segment by itself may hold next to nothing: the error is that of all of them.
    error = np.linalg.norm(got[2] - truth[2]) / np.linalg.norm(truth[2])
    assert error <= 2 * tolerance(x, keywords)


@given(calls(), st.none() | st.integers(2, 900), st.sampled_from(["density", "spectrum"]))
def test_periodogram(call, nfft, scaling):
    samples, keywords = call
    x = samples()
    # A symmetric or parametric window over another length may be anything; the plain ones are enough here.
    plain = dict(fs=keywords["fs"], detrend=keywords["detrend"], axis=keywords["axis"], nfft=nfft, scaling=scaling)
    f, pxx = rlx_fft.periodogram(x, window="hann", **plain)
    f0, truth = scipy.signal.periodogram(wide(x), window="hann", **plain)
    np.testing.assert_array_equal(f, f0)
    assert pxx.shape == truth.shape
    n = min(nfft or x.shape[keywords["axis"]], x.shape[keywords["axis"]])
    if n > 3:
        cut = np.take(x, range(n), axis=keywords["axis"])
        limit = tolerance(cut, dict(keywords, nfft=nfft or n))
        assert relative(pxx, truth, keywords["axis"]) <= limit

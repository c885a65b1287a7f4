"""Windows, detrending, peak properties, transforms and uneven samples beside SciPy's."""

import warnings

import numpy as np
import pytest
import scipy.fft
import scipy.signal as sps
from hypothesis import given
from hypothesis import strategies as st

import rlx_fft
import rlx_fft.fft

RNG = np.random.default_rng(12)


@pytest.mark.parametrize("window", ["hann", "hamming", "boxcar", ("kaiser", 8.0), 8.0, ("tukey", 0.3), ("dpss", 2.5), "flattop",
                                    "bartlett", ("general_hamming", 0.6), "cosine_symmetric", ("chebwin", 60), "hann_periodic"])  # fmt: skip
@pytest.mark.parametrize("n", [1, 2, 15, 32])
@pytest.mark.parametrize("periodic", [True, False])
def test_windows(window, n, periodic):
    if window == ("dpss", 2.5) and n <= 5:
        return
    ours, theirs = rlx_fft.get_window(window, n, periodic), sps.get_window(window, n, periodic)
    assert np.allclose(ours, theirs, rtol=0, atol=1e-12 if isinstance(window, tuple) else 1e-15)


def test_window_errors():
    for arguments, name in [(("hann", 0), "Nx"), (("hann", 2.5), "Nx"), (("hann", 4, 1), "fftbins"), (("no such", 4), "window"),
                            (([1], 4), "window")]:  # fmt: skip
        with pytest.raises((ValueError, TypeError), match=f"^{name}:"):
            rlx_fft.get_window(*arguments)


@pytest.mark.parametrize("sym", [True, False])
@pytest.mark.parametrize("norm", [None, 2, "approximate", "subsample"])
@pytest.mark.parametrize("m, nw, k", [(31, 2.5, 4), (64, 4.0, 8), (50, 1.5, None), (2000, 4.0, 7)])
def test_tapers(m, nw, k, norm, sym):
    ours = rlx_fft.dpss(m, nw, k, sym, norm, True)
    theirs = sps.windows.dpss(m, nw, k, sym, norm, True)
    assert np.allclose(ours[0], theirs[0], rtol=0, atol=1e-11)
    assert np.allclose(ours[1], theirs[1], rtol=0, atol=1e-12)


@given(
    n=st.integers(1, 50), kind=st.sampled_from([np.float64, np.float32, np.int32, np.complex128]), axis=st.sampled_from([0, 1, -1]),
    trend=st.sampled_from(["linear", "constant"]), breaks=st.lists(st.integers(0, 50), max_size=3),
)  # fmt: skip
def test_detrend(n, kind, axis, trend, breaks):
    x = (10 * RNG.normal(size=(n, 3) if axis == 0 else (2, n))).astype(kind)
    breaks = breaks or 0
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            theirs = sps.detrend(x, axis=axis, type=trend, bp=breaks)
    except ValueError:
        with pytest.raises(ValueError, match="^bp:"):
            rlx_fft.detrend(x, axis=axis, type=trend, bp=breaks)
        return
    if trend == "constant" and np.max(breaks) > n:
        return
    ours = rlx_fft.detrend(x, axis=axis, type=trend, bp=breaks)
    assert ours.dtype == theirs.dtype and np.allclose(ours, theirs, rtol=0, atol=1e-4 if kind is np.float32 else 1e-11)


@given(st.integers(3, 200), st.sampled_from([None, 3, 7.5, 50]), st.sampled_from([0.0, 0.3, 0.5, 1.0]), st.booleans())
def test_peak_properties(n, wlen, rel_height, rounded):
    x = RNG.normal(size=n)
    x = np.round(x) if rounded else x
    peaks = sps.find_peaks(x)[0]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = sps.peak_prominences(x, peaks, wlen)
        ours = rlx_fft.peak_prominences(x, peaks, wlen)
        assert all(np.array_equal(a, b) for a, b in zip(ours, theirs))
        for data in (None, theirs):
            expected = sps.peak_widths(x, peaks, rel_height, data, wlen)
            assert all(np.allclose(a, b) for a, b in zip(rlx_fft.peak_widths(x, peaks, rel_height, data, wlen), expected))


def test_peak_property_errors_and_warnings():
    x = np.array([0.0, 1, 0, 2, 0])
    with pytest.warns(RuntimeWarning, match="prominence of 0"):
        rlx_fft.peak_prominences(x, [2])
    for name, call in {
        "x": lambda: rlx_fft.peak_prominences(np.ones((2, 2)), [1]),
        "peaks": lambda: rlx_fft.peak_prominences(x, [-1]),
        "wlen": lambda: rlx_fft.peak_prominences(x, [1], 1),
        "rel_height": lambda: rlx_fft.peak_widths(x, [1], -1),
        "prominence_data": lambda: rlx_fft.peak_widths(x, [1], 0.5, (1, 2)),
    }.items():
        with pytest.raises(ValueError, match=f"^{name}:"):
            call()
    with pytest.raises(TypeError, match="^peaks:"):
        rlx_fft.peak_prominences(x, [1.5])
    for data in [(None, [0], [2]), ([1.0], [0.5], [2]), ([1.0], [0], [2.0]), (["1"], [0], [2]), ([1j], [0], [2])]:
        with pytest.raises(TypeError, match="^prominence_data:"):
            rlx_fft.peak_widths(x, [1], prominence_data=data)
    for data in [5, ([1.0], [0]), ([[1.0]], [[0]], [[2]]), (1.0, 0, 2), ([1.0], [0, 0], [2]), ([1.0], [-1], [2]), ([1.0], [0], [5])]:
        with pytest.raises(ValueError, match="^prominence_data:"):
            rlx_fft.peak_widths(x, [1], prominence_data=data)
    assert [part.size for part in rlx_fft.peak_widths(x, [], prominence_data=([], [], []))] == [0, 0, 0, 0]


def test_peak_warnings_are_of_scipys_class():
    from scipy.signal._peak_finding_utils import PeakPropertyWarning

    x = np.array([0.0, 1, 0])
    for call in (lambda m: m.peak_prominences(x, [0]), lambda m: m.peak_widths(x, [0]), lambda m: m.peak_widths(x, [1], 0)):
        for module in (sps, rlx_fft):
            with pytest.warns(PeakPropertyWarning):
                call(module)


@given(st.integers(1, 60), st.integers(1, 8), st.sampled_from(["clip", "wrap"]), st.sampled_from([float, np.float32, int, np.uint8, bool]),
       st.sampled_from([0, 1]))  # fmt: skip
def test_argrelmax(n, order, mode, kind, axis):
    x = (5 * RNG.random(size=(n, 2) if axis == 0 else (3, n))).astype(kind)
    ours, theirs = rlx_fft.argrelmax(x, axis, order, mode), sps.argrelmax(x, axis, order, mode)
    assert len(ours) == len(theirs) and all(np.array_equal(a, b) for a, b in zip(ours, theirs))


@given(
    name=st.sampled_from(["rfft", "irfft", "fft", "ifft"]), n=st.integers(1, 40), points=st.none() | st.integers(1, 50),
    norm=st.sampled_from([None, "backward", "ortho", "forward"]), axis=st.sampled_from([0, 1, -1, -2]),
    kind=st.sampled_from([np.float64, np.float32, np.float16, np.int8, bool, np.complex64, np.complex128]),
)  # fmt: skip
def test_transforms(name, n, points, norm, axis, kind):
    x = (10 * RNG.normal(size=(n, 3) if axis in (0, -2) else (2, n))).astype(kind)
    if x.dtype.kind == "c":
        x = x + x.dtype.type(1j) * x[::-1]
    try:
        theirs = getattr(scipy.fft, name)(x, points, axis, norm)
    except (TypeError, ValueError) as error:
        with pytest.raises(type(error)):
            getattr(rlx_fft.fft, name)(x, points, axis, norm)
        return
    ours = getattr(rlx_fft.fft, name)(x, points, axis, norm)
    assert ours.dtype == theirs.dtype and ours.shape == theirs.shape
    assert np.linalg.norm(ours - theirs) <= (2e-6 if ours.real.dtype == np.float32 else 1e-14) * (np.linalg.norm(theirs) + 1e-30)


@given(
    n=st.integers(1, 60), m=st.integers(1, 40), weighted=st.booleans(), floating=st.booleans(),
    normalize=st.sampled_from([False, True, "power", "normalize", "amplitude"]),
)  # fmt: skip
def test_lombscargle(n, m, weighted, floating, normalize):
    n = max(n, 8)
    x = np.sort(RNG.random(n)) * n
    y = RNG.normal(size=n) + 3
    weights = RNG.random(n) + 0.1 if weighted else None
    freqs = np.linspace(0.5, 3, m)
    arguments = dict(normalize=normalize, weights=weights, floating_mean=floating)
    theirs, ours = sps.lombscargle(x, y, freqs, **arguments), rlx_fft.lombscargle(x, y, freqs, **arguments)
    assert ours.dtype == theirs.dtype and ours.shape == theirs.shape
    assert np.allclose(ours, theirs, rtol=1e-8, atol=1e-8 * np.abs(theirs).max())


def test_lombscargle_deprecations():
    x = np.arange(5.0)
    y, freqs = RNG.normal(size=5) + 1, np.array([0.5, 1.0])
    expected = rlx_fft.lombscargle(x, y - y.mean(), freqs)
    with pytest.warns(DeprecationWarning, match="precenter"):
        assert np.allclose(rlx_fft.lombscargle(x, y, freqs, precenter=True), expected)
    with pytest.warns(DeprecationWarning, match="use keyword arguments"):
        assert np.allclose(rlx_fft.lombscargle(x, y, freqs, True), expected)


def test_lombscargle_errors():
    x = np.arange(5.0)
    for name, call in {
        "x": lambda: rlx_fft.lombscargle(np.ones((2, 2)), x, x),
        "y": lambda: rlx_fft.lombscargle(x, x[1:], x),
        "freqs": lambda: rlx_fft.lombscargle(x, x, []),
        "weights": lambda: rlx_fft.lombscargle(x, x, x, weights=-x),
        "normalize": lambda: rlx_fft.lombscargle(x, x, x, normalize="no"),
    }.items():
        with pytest.raises(ValueError, match=f"^{name}:"):
            call()

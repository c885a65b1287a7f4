"""Short-time transforms beside SciPy's."""

import warnings

import numpy as np
import pytest
import scipy.signal as sps
from hypothesis import given, settings
from hypothesis import strategies as st

import rlx_fft

RNG = np.random.default_rng(11)
WINDOWS = ["hann", "hamming", "boxcar", ("tukey", 0.3), "blackman", "hann_symmetric", ("kaiser", 5.0)]


def near(ours, theirs, tolerance=1e-13, scale=0.0):
    """Equal to `tolerance`, of the norm of `theirs` or of `scale` where that is larger."""
    ours, theirs = np.asarray(ours), np.asarray(theirs)
    assert ours.shape == theirs.shape and ours.dtype == theirs.dtype
    assert np.linalg.norm(ours - theirs) <= tolerance * max(np.linalg.norm(theirs), scale, 1e-300)


@given(
    m=st.integers(1, 20), hop=st.integers(1, 24), extra=st.integers(0, 9), n=st.integers(10, 80), rows=st.integers(0, 3),
    mode=st.sampled_from(["onesided", "twosided", "centered", "onesided2X"]),
    scale=st.sampled_from([None, "psd", "magnitude"]), window=st.sampled_from(WINDOWS),
    padding=st.sampled_from(["zeros", "edge", "even", "odd"]), shift=st.sampled_from([0, None, 1, -2]),
    detr=st.sampled_from([None, "constant", "linear"]), kind=st.sampled_from([np.float64, np.float32, np.int16, np.complex128]),
    offset=st.integers(-3, 3),
)  # fmt: skip
def test_class_as_scipy(m, hop, extra, n, rows, mode, scale, window, padding, shift, detr, kind, offset):
    if mode == "onesided2X" and scale is None or shift is not None and not -m - extra < shift < m + extra:
        return
    if kind is np.complex128 and mode.startswith("onesided"):
        return
    w = sps.get_window(window, m)
    if not w.any():
        return
    x = (100 * RNG.normal(size=(rows, n) if rows else n)).astype(kind)
    arguments = dict(hop=hop, fs=3.0, fft_mode=mode, mfft=m + extra, scale_to=scale, phase_shift=shift)
    ours, theirs = rlx_fft.ShortTimeFFT(w, **arguments), sps.ShortTimeFFT(w, **arguments)
    for name in ("p_min", "k_min", "lower_border_end", "f_pts", "delta_f", "delta_t", "m_num_mid", "onesided_fft", "invertible",
                 "T", "fs", "scaling"):  # fmt: skip
        assert getattr(ours, name) == getattr(theirs, name), name
    near(ours.win, theirs.win, 1e-15)
    near(ours.f, theirs.f, 1e-15)
    if n < m - m // 2:
        with pytest.raises(ValueError, match="^x:"):
            ours.stft(x)
        return
    for name in ("p_max", "k_max", "p_num", "upper_border_begin", "p_range", "t"):
        assert np.array_equal(getattr(ours, name)(n), getattr(theirs, name)(n)), name
    for first, end in [(None, None), (theirs.p_min, theirs.p_min + 1)]:
        k0 = (theirs.p_min if first is None else first) * hop - m // 2 + offset
        k1 = k0 + ((theirs.p_max(n) if end is None else end) - (theirs.p_min if first is None else first)) * hop + m
        if padding in ("even", "odd") and (k1 <= 0 or k0 >= n):
            # SciPy refuses k1 == 0 and counts k1 < 0 from the end of the samples.
            with pytest.raises(ValueError, match="^k_offset:"):
                ours.stft_detrend(x, detr, first, end, k_offset=offset, padding=padding)
            continue
        try:
            # SciPy pads and detrends float32 in float32.
            wide = x.astype(np.float64) if kind is np.float32 else x
            expected = theirs.stft_detrend(wide, detr, first, end, k_offset=offset, padding=padding)
        except ValueError:
            continue
        got = ours.stft_detrend(x, detr, first, end, k_offset=offset, padding=padding)
        # What is left of a slice on its own line (any of one sample) is SciPy's rounding of the slice.
        scale = np.linalg.norm(theirs.stft(x, first, end, k_offset=offset, padding=padding))
        near(got, expected, 1e-11 if detr == "linear" else 1e-12, scale)
    if ours.invertible:
        near(ours.dual_win, theirs.dual_win, 1e-13)
        S = theirs.stft(x)
        k_max = (S.shape[-1] + theirs.p_min - 1) * hop + m - m // 2
        # SciPy's inverse from sample 0 on. From others it stumbles over slices that end before k0, and for k0 < 0 it takes the
        # last slices for those before the first. Slices of zeros in front put all samples behind sample 0.
        before = -(theirs.k_min // hop)
        zeros = np.zeros((*S.shape[:-1], before), S.dtype)
        whole = theirs.istft(np.concatenate((zeros, S), axis=-1), 0, k_max + before * hop)
        for k0, k1 in [(0, n), (0, None), (theirs.k_min, k_max), (n // 3, n)]:
            expected = whole[..., k0 + before * hop : (k_max if k1 is None else k1) + before * hop]
            try:
                direct = theirs.istft(S, k0, k1)
            except ValueError as error:
                if "broadcast" not in str(error):
                    with pytest.raises(ValueError):
                        ours.istft(S, k0, k1)
                    continue
            else:
                if k0 >= 0 or k0 // hop >= theirs.p_min:
                    near(direct, expected, 1e-10)
            near(ours.istft(S, k0, k1), expected, 1e-10)


def test_axes_of_the_class():
    w = sps.get_window("hann", 8)
    ours, theirs = rlx_fft.ShortTimeFFT(w, 2, 1.0), sps.ShortTimeFFT(w, 2, 1.0)
    x = RNG.normal(size=(3, 40, 2))
    S = theirs.stft(x, axis=1)
    near(ours.stft(x, axis=1), S)
    near(ours.istft(S, k1=40, f_axis=1, t_axis=-1), theirs.istft(S, k1=40, f_axis=1, t_axis=-1))
    near(ours.spectrogram(x, axis=-2), theirs.spectrogram(x, axis=-2))
    near(ours.spectrogram(x, x + 1, axis=1, detr="linear"), theirs.spectrogram(x, x + 1, axis=1, detr="linear"), 1e-12)
    function = lambda v: v - np.median(v, axis=-1, keepdims=True)  # noqa: E731
    near(ours.stft_detrend(x[..., 0], function), theirs.stft_detrend(x[..., 0], function))
    assert ours.extent(40) == theirs.extent(40) and ours.extent(40, "ft", True) == theirs.extent(40, "ft", True)
    assert ours.nearest_k_p(5) == theirs.nearest_k_p(5) and ours.nearest_k_p(5, False) == theirs.nearest_k_p(5, False)


def test_constructors_and_duals():
    w = sps.get_window("hann", 12) + 0.1j * np.arange(12)
    near(rlx_fft.closest_STFT_dual_window(w, 3)[0], sps.closest_STFT_dual_window(w, 3)[0])
    real = sps.get_window("hamming", 12)
    for scaled in (True, False):
        ours, theirs = (f.closest_STFT_dual_window(real, 4, real, scaled=scaled) for f in (rlx_fft, sps))
        near(ours[0], theirs[0])
        assert abs(ours[1] - theirs[1]) < 1e-14
    for make in (
        lambda c: c.from_window("hann", 10.0, 16, 12, scale_to="psd"),
        lambda c: c.from_dual(real, 4, 1.0),
        lambda c: c.from_win_equals_dual(real, 4, 1.0, scale_to="unitary"),
        lambda c: c.from_win_equals_dual(real, 3, 1.0, scale_to="psd", fft_mode="centered", mfft=20),
        lambda c: c(w, 3, 1.0, fft_mode="twosided", dual_win=w),
    ):
        ours, theirs = make(rlx_fft.ShortTimeFFT), make(sps.ShortTimeFFT)
        near(ours.win, theirs.win, 1e-14)
        near(ours.dual_win, theirs.dual_win, 1e-14)
        near(ours.stft(np.arange(50.0)), theirs.stft(np.arange(50.0)))
        assert ours.scaling == theirs.scaling
        assert ours.fac_psd == pytest.approx(theirs.fac_psd) and ours.fac_magnitude == pytest.approx(theirs.fac_magnitude)


def test_errors_name_the_argument():
    w = np.ones(8)
    for name, call in {
        "win": lambda: rlx_fft.ShortTimeFFT(np.ones((2, 2)), 1, 1.0),
        "hop": lambda: rlx_fft.ShortTimeFFT(w, 0, 1.0),
        "fs": lambda: rlx_fft.ShortTimeFFT(w, 1, -1.0),
        "mfft": lambda: rlx_fft.ShortTimeFFT(w, 1, 1.0, mfft=7),
        "dual_win": lambda: rlx_fft.ShortTimeFFT(w, 1, 1.0, dual_win=np.ones(7)),
        "fft_mode": lambda: rlx_fft.ShortTimeFFT(w, 1, 1.0, fft_mode="onesided2X"),
        "phase_shift": lambda: rlx_fft.ShortTimeFFT(w, 1, 1.0, phase_shift=8),
        "x": lambda: rlx_fft.ShortTimeFFT(w, 1, 1.0).stft(np.ones(3)),
        "S": lambda: rlx_fft.ShortTimeFFT(w, 1, 1.0).istft(np.ones((4, 20), complex)),
        "k0": lambda: rlx_fft.ShortTimeFFT(w, 1, 1.0).istft(np.ones((5, 20), complex), k0=-100),
        "padding": lambda: rlx_fft.ShortTimeFFT(w, 1, 1.0).stft(np.ones(30), padding="no"),
    }.items():
        with pytest.raises((ValueError, TypeError), match=f"^{name}:"):
            call()


@given(
    n=st.integers(1, 120), nperseg=st.integers(1, 40), overlap=st.floats(0, 0.99), extra=st.integers(0, 9),
    boundary=st.sampled_from(["zeros", "even", "odd", "constant", None]), padded=st.booleans(), onesided=st.booleans(),
    scaling=st.sampled_from(["spectrum", "psd"]), detrend=st.sampled_from([False, "constant", "linear"]),
    window=st.sampled_from(["hann", "boxcar", ("tukey", 0.5)]), rows=st.integers(0, 2),
    kind=st.sampled_from([np.float64, np.float32, np.complex64, np.int32]),
)  # fmt: skip
def test_functions_as_scipy(n, nperseg, overlap, extra, boundary, padded, onesided, scaling, detrend, window, rows, kind):
    x = (10 * RNG.normal(size=(n, rows) if rows else n)).astype(kind)
    arguments = dict(
        fs=2.0, window=window, nperseg=nperseg, noverlap=int(min(nperseg, n) * overlap), nfft=nperseg + extra, detrend=detrend,
        return_onesided=onesided, boundary=boundary, padded=padded, axis=0, scaling=scaling,
    )  # fmt: skip
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with np.errstate(all="ignore"):
            try:
                theirs = sps.stft(x, **arguments)
            except (ValueError, ZeroDivisionError):
                with pytest.raises(ValueError):
                    rlx_fft.stft(x, **arguments)
                return
            if not np.isfinite(theirs[2]).all():
                return
            ours = rlx_fft.stft(x, **arguments)
            near(ours[0], theirs[0], 1e-15)
            near(ours[1], theirs[1], 1e-15)
            single = theirs[2].dtype == np.complex64
            tolerance = 1e-5 if single else 1e-11
            scale = np.abs(x).max() * (np.sqrt(nperseg) if scaling == "psd" else 1) + 1e-30
            assert ours[2].shape == theirs[2].shape and ours[2].dtype == theirs[2].dtype
            assert np.abs(ours[2] - theirs[2]).max() <= tolerance * scale
            if min(nperseg, n) < 2:
                return
            back = dict(fs=2.0, window=window, nperseg=min(nperseg, n), noverlap=arguments["noverlap"], nfft=nperseg + extra,
                        input_onesided=onesided and x.dtype.kind != "c", boundary=boundary is not None, time_axis=-1,
                        freq_axis=0, scaling=scaling)  # fmt: skip
            theirs_back, ours_back = sps.istft(theirs[2], **back), rlx_fft.istft(theirs[2], **back)
            assert ours_back[1].shape == theirs_back[1].shape
            assert np.abs(ours_back[1] - theirs_back[1]).max(initial=0) <= 100 * tolerance * (np.abs(theirs_back[1]).max(initial=0) + scale)


def test_longer_signals_in_chunks_and_warnings():
    x = RNG.normal(size=(2, 300_000))
    f, t, Z = rlx_fft.stft(x, nperseg=512)
    near(Z, sps.stft(x, nperseg=512)[2])
    near(rlx_fft.istft(Z)[1], sps.istft(Z)[1])
    stft = rlx_fft.ShortTimeFFT(sps.get_window("hann", 512), 128, 1.0)
    near(stft.istft(stft.stft(x[0]), k1=300_000), x[0])
    with pytest.warns(UserWarning, match="NOLA condition failed"):
        rlx_fft.istft(Z, window="hann", noverlap=0, boundary=False)


@settings(max_examples=60)
@given(nperseg=st.integers(1, 40), noverlap=st.integers(0, 39), window=st.sampled_from(["hann", "boxcar", "bartlett", "hann_symmetric"]))
def test_overlap_conditions(nperseg, noverlap, window):
    if noverlap >= nperseg:
        for check in (rlx_fft.check_COLA, rlx_fft.check_NOLA):
            with pytest.raises(ValueError, match="^noverlap:"):
                check(window, nperseg, noverlap)
        return
    for name in ("check_COLA", "check_NOLA"):
        assert getattr(rlx_fft, name)(window, nperseg, noverlap) == getattr(sps, name)(window, nperseg, noverlap)

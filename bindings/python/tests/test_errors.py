"""Wrong types and values of every argument of every public function: ValueError or TypeError that begins with its name."""

import inspect
import warnings

import numpy as np
import pytest

import rlx_fft

X = np.random.default_rng(3).normal(size=600)
#: Calls that work, by function; every other argument is replaced in turn.
CALLS = {
    "welch": (rlx_fft.welch, dict(x=X)),
    "periodogram": (rlx_fft.periodogram, dict(x=X)),
    "csd": (rlx_fft.csd, dict(x=X, y=X[::-1].copy())),
    "coherence": (rlx_fft.coherence, dict(x=X, y=X[::-1].copy())),
    "spectrogram": (rlx_fft.spectrogram, dict(x=X)),
    "find_peaks": (rlx_fft.find_peaks, dict(x=X, width=1)),
    "welch_peaks": (rlx_fft.welch_peaks, dict(x=X)),
    "melspectrogram": (rlx_fft.melspectrogram, dict(x=X, preset="librosa", n_fft=128, n_mels=16)),
    "mel_filterbank": (rlx_fft.mel_filterbank, dict(preset="librosa")),
    "WelchAccumulator": (rlx_fft.WelchAccumulator, dict()),
    "WelchAccumulator.push": (rlx_fft.WelchAccumulator().push, dict(x=X)),
    "AutoWelchPeaks": (rlx_fft.AutoWelchPeaks, dict(batch=2, n_fft=64, k=2, device="cpu")),
    "set_num_threads": (rlx_fft.set_num_threads, dict(threads=1)),
}

#: Values that are right somewhere and wrong elsewhere.
WRONG = {
    "an object": object(), "text": "nonsense", "bytes": b"3", "complex": 1j, "negative": -7, "huge": 10**30, "a dict": {},
    "ragged": [[1.0], [1.0, 2.0]], "NaN": float("nan"), "infinite": float("inf"), "a half": 0.5, "a function": len,
    "texts": np.array(["a", "b"]), "dates": np.array(["2026-01-01"], "M8[D]"), "none": np.empty((0, 3), object),
}  # fmt: skip


@pytest.mark.parametrize("name", CALLS)
def test_errors_begin_with_the_arguments_name(name):
    function, keywords = CALLS[name]
    function(**keywords)
    unnamed = []
    for argument in inspect.signature(function).parameters:
        refused = 0
        for what, value in WRONG.items():
            try:
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    function(**{**keywords, argument: value})
            except (TypeError, ValueError) as error:
                refused += 1
                # Overlap and window are one statement: either may be named.
                if not str(error).startswith((f"{argument}:", f"{argument} ", "axis")):
                    unnamed.append(f"{argument} = {what}: {type(error).__name__}: {error}")
            except Exception as error:
                unnamed.append(f"{argument} = {what}: {type(error).__name__}: {error}")
        if argument not in ("return_onesided", "log", "same_answer", "prominence", "args", "kwargs", "ref_max", "symmetric"):
            assert refused, f"{argument}: no wrong value is refused"
    rlx_fft.set_num_threads(0)
    assert not unnamed, "\n".join(unnamed)


def test_a_call_that_does_not_fit_the_signature_is_pythons_error():
    for call in (lambda: rlx_fft.welch(), lambda: rlx_fft.welch(X, windows="hann"), lambda: rlx_fft.csd(X)):
        with pytest.raises(TypeError, match=r"argument"):
            call()


def test_values_that_scipy_answers():
    import scipy.signal

    for keywords in (dict(distance=np.inf), dict(distance=np.nan), dict(height=np.nan), dict(prominence=(None, np.nan))):
        peaks, found = rlx_fft.find_peaks(X, **keywords)
        truth, wanted = scipy.signal.find_peaks(X, **keywords)
        assert (peaks == truth).all() and len(peaks) == len(truth) and list(found) == list(wanted), keywords
    with pytest.warns(np.exceptions.ComplexWarning, match="discards the imaginary part"):
        assert (rlx_fft.find_peaks(X + 1j)[0] == scipy.signal.find_peaks(X)[0]).all()
    with pytest.warns(RuntimeWarning, match="some peaks have a width of 0") as caught:
        rlx_fft.find_peaks(X, width=0, rel_height=0)
    with pytest.warns(caught[0].category):
        scipy.signal.find_peaks(X, width=0, rel_height=0)
    for mode in ("psd", "complex", "magnitude", "angle", "phase"):
        ours, theirs = (m.spectrogram(X[:20], nperseg=1, mode=mode, detrend=False) for m in (rlx_fft, scipy.signal))
        for a, b in zip(ours, theirs):
            np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-300)


@pytest.mark.parametrize("name", ["welch", "spectrogram", "csd"])
def test_warnings_have_scipys_text_and_class_and_our_callers_line(name):
    import scipy.signal

    seen = []
    for module in (rlx_fft, scipy.signal):
        arguments = (X[:50], X[50:100]) if name == "csd" else (X[:50],)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            getattr(module, name)(*arguments)
        seen.append([(str(w.message), w.category) for w in caught])
        assert module is scipy.signal or all(w.filename == __file__ for w in caught)
    assert seen[0] == seen[1] and len(seen[0]) == 1


@pytest.mark.parametrize("n", [15, 16, 33, 256, 1000, 1001])
def test_windows_have_scipys_weights_to_the_last_bit(n):
    import scipy.signal

    from rlx_fft._windows import weights

    for window in (
        "hann", "hamming", "blackman", "blackmanharris", "flattop", "nuttall", "boxcar", "cosine", "tukey", ("tukey", 0.25),
        ("gaussian", 7.0), "hann_symmetric", "hann_periodic", ("general_hamming", 0.6), ("general_cosine", [0.3, 0.7]),
    ):  # fmt: skip
        np.testing.assert_array_equal(weights(window, n)[0], scipy.signal.get_window(window, n), err_msg=str(window))
    a = rlx_fft.periodogram(X[:n], 10, "hann")[1]
    b = rlx_fft.periodogram(X[:n], 10, scipy.signal.get_window("hann", min(n, 600)))[1]
    np.testing.assert_array_equal(a, b)


def test_accumulators_sum():
    parts = [rlx_fft.WelchAccumulator(nperseg=64, noverlap=0).push(part) for part in np.split(X[:512], 4)]
    total = sum(parts)
    np.testing.assert_allclose(total.finish()[1], rlx_fft.welch(X[:512], nperseg=64, noverlap=0)[1], rtol=1e-12)
    assert sum(parts[:1]) is not parts[0]
    with pytest.raises(TypeError):
        1 + parts[0]

"""Wrong types and values of every argument of every public function: ValueError or TypeError that begins with its name."""

import inspect
import time
import warnings

import numpy as np
import pytest

import rlx_fft
import rlx_fft.plot

X = np.random.default_rng(3).normal(size=600)
SPECTRA = rlx_fft.stft(X, nperseg=64)[2]
SHORT_TIME = rlx_fft.ShortTimeFFT(np.hanning(65)[:-1], 16, 1.0)
PEAKS = rlx_fft.find_peaks(X)[0]
WIN = np.hanning(65)[:-1]
MEL = rlx_fft.melspectrogram(X, "librosa", n_fft=128, hop_length=32, n_mels=16)

#: Calls that work, by function; every other argument is replaced in turn.
CALLS = {
    "welch": (rlx_fft.welch, dict(x=X)),
    "periodogram": (rlx_fft.periodogram, dict(x=X)),
    "csd": (rlx_fft.csd, dict(x=X, y=X[::-1].copy())),
    "coherence": (rlx_fft.coherence, dict(x=X, y=X[::-1].copy())),
    "spectrogram": (rlx_fft.spectrogram, dict(x=X)),
    "find_peaks": (rlx_fft.find_peaks, dict(x=X, width=1)),
    "peak_prominences": (rlx_fft.peak_prominences, dict(x=X, peaks=PEAKS)),
    "peak_widths": (rlx_fft.peak_widths, dict(x=X, peaks=PEAKS)),
    "argrelmax": (rlx_fft.argrelmax, dict(data=X)),
    "welch_peaks": (rlx_fft.welch_peaks, dict(x=X)),
    "stft": (rlx_fft.stft, dict(x=X)),
    "istft": (rlx_fft.istft, dict(Zxx=SPECTRA)),
    "check_COLA": (rlx_fft.check_COLA, dict(window="hann", nperseg=64, noverlap=32)),
    "check_NOLA": (rlx_fft.check_NOLA, dict(window="hann", nperseg=64, noverlap=32)),
    "ShortTimeFFT": (rlx_fft.ShortTimeFFT, dict(win=WIN, hop=16, fs=1.0)),
    "ShortTimeFFT.from_window": (rlx_fft.ShortTimeFFT.from_window, dict(win_param="hann", fs=1.0, nperseg=64, noverlap=32)),
    "ShortTimeFFT.from_dual": (rlx_fft.ShortTimeFFT.from_dual, dict(dual_win=WIN, hop=16, fs=1.0)),
    "ShortTimeFFT.from_win_equals_dual": (rlx_fft.ShortTimeFFT.from_win_equals_dual, dict(desired_win=WIN + 0.1, hop=16, fs=1.0)),
    "ShortTimeFFT.stft": (SHORT_TIME.stft, dict(x=X)),
    "ShortTimeFFT.stft_detrend": (SHORT_TIME.stft_detrend, dict(x=X, detr="linear")),
    "ShortTimeFFT.spectrogram": (SHORT_TIME.spectrogram, dict(x=X)),
    "ShortTimeFFT.istft": (SHORT_TIME.istft, dict(S=SHORT_TIME.stft(X))),
    "ShortTimeFFT.t": (SHORT_TIME.t, dict(n=600)),
    "ShortTimeFFT.p_range": (SHORT_TIME.p_range, dict(n=600)),
    "ShortTimeFFT.p_max": (SHORT_TIME.p_max, dict(n=600)),
    "ShortTimeFFT.k_max": (SHORT_TIME.k_max, dict(n=600)),
    "ShortTimeFFT.upper_border_begin": (SHORT_TIME.upper_border_begin, dict(n=600)),
    "ShortTimeFFT.nearest_k_p": (SHORT_TIME.nearest_k_p, dict(k=600)),
    "ShortTimeFFT.extent": (SHORT_TIME.extent, dict(n=600)),
    "closest_STFT_dual_window": (rlx_fft.closest_STFT_dual_window, dict(win=WIN, hop=16)),
    "get_window": (rlx_fft.get_window, dict(window="hann", Nx=64)),
    "dpss": (rlx_fft.dpss, dict(M=64, NW=2.5, Kmax=3)),
    "detrend": (rlx_fft.detrend, dict(data=X)),
    "lombscargle": (rlx_fft.lombscargle, dict(x=np.arange(600.0), y=X, freqs=np.linspace(0.1, 2, 9))),
    "multitaper": (rlx_fft.multitaper, dict(x=X)),
    "band_power": (rlx_fft.band_power, dict(x=X, fs=1.0, bands=(0.1, 0.2))),
    "band_power by multitaper": (rlx_fft.band_power, dict(x=X, fs=1.0, bands=(0.1, 0.2), method="multitaper")),
    "cross_spectral_matrix": (rlx_fft.cross_spectral_matrix, dict(x=X.reshape(3, 200), nperseg=64)),
    "fft.rfft": (rlx_fft.fft.rfft, dict(x=X)),
    "fft.irfft": (rlx_fft.fft.irfft, dict(x=X)),
    "fft.fft": (rlx_fft.fft.fft, dict(x=X)),
    "fft.ifft": (rlx_fft.fft.ifft, dict(x=X)),
    "melspectrogram": (rlx_fft.melspectrogram, dict(x=X, preset="librosa", n_fft=128, n_mels=16)),
    "mel_filterbank": (rlx_fft.mel_filterbank, dict(preset="librosa")),
    "mfcc": (rlx_fft.mfcc, dict(x=X, preset="librosa", n_fft=128, n_mels=16)),
    "delta": (rlx_fft.delta, dict(data=MEL)),
    "power_to_db": (rlx_fft.power_to_db, dict(S=X**2)),
    "kaldi.fbank": (rlx_fft.kaldi.fbank, dict(waveform=X)),
    "kaldi.mfcc": (rlx_fft.kaldi.mfcc, dict(waveform=X)),
    "LogMelStream": (rlx_fft.LogMelStream, dict(preset="kaldi")),
    "LogMelStream.push": (rlx_fft.LogMelStream("kaldi").push, dict(x=X)),
    "WelchAccumulator": (rlx_fft.WelchAccumulator, dict()),
    "WelchAccumulator.push": (rlx_fft.WelchAccumulator().push, dict(x=X)),
    "AutoWelchPeaks": (rlx_fft.AutoWelchPeaks, dict(batch=2, n_fft=64, k=2, device="cpu")),
    "fit": (rlx_fft.fit, dict(what=16)),
    "explain": (rlx_fft.explain, dict(function="welch", x=X)),
    "set_num_threads": (rlx_fft.set_num_threads, dict(threads=1)),
    "plot.psd": (rlx_fft.plot.psd, dict(f=np.arange(600.0), pxx=X**2)),
    "plot.spectrogram": (rlx_fft.plot.spectrogram, dict(f=np.arange(16.0), t=np.arange(MEL.shape[1]), sxx=np.abs(MEL))),
    "plot.peaks": (rlx_fft.plot.peaks, dict(x=X, at=PEAKS)),
}

#: Values that are right somewhere and wrong elsewhere.
WRONG = {
    "an object": object(), "text": "nonsense", "bytes": b"3", "complex": 1j, "negative": -7, "huge": 10**30, "a dict": {},
    "large": 10**9, "large and negative": -(10**9), "beyond 64 bits": 1 << 64, "tiny": 1e-300, "a large number": 1e300,
    "ragged": [[1.0], [1.0, 2.0]], "NaN": float("nan"), "infinite": float("inf"), "minus infinity": -np.inf, "a half": 0.5,
    "a function": len, "texts": np.array(["a", "b"]), "dates": np.array(["2026-01-01"], "M8[D]"),
    "none": np.empty((0, 3), object), "an array of NaN": np.full(600, np.nan), "zero": 0, "an empty text": "", "a tuple": (),
}  # fmt: skip

#: Arguments that take every value: flags, what other libraries get, and what is checked against another argument.
LENIENT = {
    "return_onesided", "log", "same_answer", "prominence", "args", "kwargs", "ref_max", "symmetric", "overwrite_x",
    "overwrite_data", "options", "line", "mesh", "markers", "input_onesided", "boundary", "padded", "left", "center_bins",
    "precenter", "floating_mean", "fftbins", "relative", "sym", "return_ratios",
}  # fmt: skip

#: Address space that a call may ask for beyond what the process has.
ROOM = 3 << 30


@pytest.fixture
def bounded():
    """A limit for the memory of this process, so that an allocation sized by an argument fails."""
    resource = pytest.importorskip("resource")
    before = resource.getrlimit(resource.RLIMIT_AS)
    with open("/proc/self/statm") as file:
        used = int(file.read().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (used + ROOM, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_AS, before)


def begins_with(message, argument, signature):
    """The argument's name; or that of another one, where the message is about both."""
    head = message.partition(":")[0]
    return head == argument or message.startswith((f"{argument} ", "axis")) or (head in signature.parameters and argument in message)


@pytest.mark.parametrize("name", CALLS)
def test_errors_begin_with_the_arguments_name(name, bounded):
    function, keywords = CALLS[name]
    function(**keywords)
    unnamed, signature = [], inspect.signature(function)
    for argument, parameter in signature.parameters.items():
        if parameter.kind in (parameter.VAR_KEYWORD, parameter.VAR_POSITIONAL):
            continue
        refused = 0
        for what, value in WRONG.items():
            began = time.monotonic()
            try:
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    function(**{**keywords, argument: value})
            except (TypeError, ValueError, MemoryError, NotImplementedError) as error:
                refused += 1
                if not begins_with(str(error), argument, signature):
                    unnamed.append(f"{argument} = {what}: {type(error).__name__}: {str(error)[:200]}")
            except Exception as error:
                unnamed.append(f"{argument} = {what}: {type(error).__name__}: {str(error)[:200]}")
            if time.monotonic() - began > 20:
                unnamed.append(f"{argument} = {what}: took {time.monotonic() - began:.0f} s")
        if argument not in LENIENT:
            assert refused, f"{argument}: no wrong value is refused"
    rlx_fft.set_num_threads(0)
    assert not unnamed, "\n".join(unnamed)


def test_every_public_function_is_in_the_table():
    modules = {"": rlx_fft, "fft.": rlx_fft.fft, "kaldi.": rlx_fft.kaldi, "plot.": rlx_fft.plot}
    names = {prefix + name for prefix, module in modules.items() for name in module.__all__ if inspect.isroutine(getattr(module, name))}
    # Without arguments of numbers; files and callbacks, which tests of their own try.
    names -= {"clear_cache", "devices", "get_num_threads", "load", "patch_scipy", "train"}
    assert names <= set(CALLS), sorted(names - set(CALLS))


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

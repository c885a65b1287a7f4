"""Every function with samples of every type, layout and container: SciPy's numbers for the same values, or SciPy's refusal."""

import array
import subprocess
import sys

import numpy as np
import pytest
import scipy.fft
import scipy.signal
from hypothesis import given
from hypothesis import strategies as st

import rlx_fft
import rlx_fft.fft
import rlx_fft.kaldi

WIN = scipy.signal.windows.hann(8, sym=False)


def short_time(module, x):
    return module.ShortTimeFFT(WIN, 4, 2.0, fft_mode="centered").stft(x)


def peaks(values):
    return scipy.signal.find_peaks(np.asarray(values, float).ravel())[0]


#: Functions with an original, called as ``call(module, x, plain)``: `plain` has the samples in NumPy.
SCIPYS = {
    "welch": lambda m, x, _: m.welch(x, 2.0, nperseg=8),
    "welch, linear": lambda m, x, _: m.welch(x, 2.0, nperseg=8, detrend="linear", average="median"),
    "welch along axis 0": lambda m, x, _: m.welch(x, 2.0, nperseg=4, axis=0),
    "periodogram": lambda m, x, _: m.periodogram(x, 2.0),
    "csd": lambda m, x, p: m.csd(x, p[..., ::-1].copy(), 2.0, nperseg=8, return_onesided=p.dtype.kind != "c"),
    "csd, second": lambda m, x, p: m.csd(p[..., ::-1].copy(), x, 2.0, nperseg=8, return_onesided=p.dtype.kind != "c"),
    "coherence": lambda m, x, p: m.coherence(x, p[..., ::-1].copy(), 2.0, nperseg=4, noverlap=3, detrend=False),
    "spectrogram": lambda m, x, _: m.spectrogram(x, 2.0, nperseg=8),
    "spectrogram, complex": lambda m, x, _: m.spectrogram(x, 2.0, nperseg=8, mode="complex"),
    "stft": lambda m, x, _: m.stft(x, 2.0, nperseg=8),
    "ShortTimeFFT.stft": lambda m, x, _: short_time(m, x),
    "detrend": lambda m, x, _: m.detrend(x),
    "argrelmax": lambda m, x, _: m.argrelmax(x),
    "find_peaks": lambda m, x, _: m.find_peaks(x, height=0, prominence=1),
    "peak_prominences": lambda m, x, p: m.peak_prominences(x, peaks(p)),
    "peak_widths": lambda m, x, p: m.peak_widths(x, peaks(p)),
    "lombscargle": lambda m, x, p: m.lombscargle(np.arange(float(p.size)), x, np.linspace(0.1, 2, 5)),
    "rfft": lambda m, x, _: (scipy.fft if m is scipy.signal else m.fft).rfft(x),
    "irfft": lambda m, x, _: (scipy.fft if m is scipy.signal else m.fft).irfft(x),
    "fft": lambda m, x, _: (scipy.fft if m is scipy.signal else m.fft).fft(x),
    "ifft": lambda m, x, _: (scipy.fft if m is scipy.signal else m.fft).ifft(x),
}

#: Functions of this package: the numbers are those of the same samples in NumPy.
OURS = {
    "welch_peaks": lambda x: rlx_fft.welch_peaks(x, 2.0, 8, 2).power,
    "multitaper": lambda x: rlx_fft.multitaper(x, 2.0),
    # The spectrum of some types is float32, the power is float64.
    "band_power": lambda x: np.asarray(rlx_fft.band_power(x, 2.0, (0.0, 1.0), nperseg=8), np.float32),
    "cross_spectral_matrix": lambda x: rlx_fft.cross_spectral_matrix(x, 2.0, nperseg=8),
    "melspectrogram": lambda x: rlx_fft.melspectrogram(x, "librosa", n_fft=16, n_mels=4, log=False),
    "mfcc": lambda x: rlx_fft.mfcc(S=x, n_mfcc=2),
    "delta": lambda x: rlx_fft.delta(x, width=3),
    "power_to_db": lambda x: rlx_fft.power_to_db(x, amin=1.0),
    "kaldi.fbank": lambda x: rlx_fft.kaldi.fbank(x, frame_length=1, frame_shift=0.5, num_mel_bins=3),
    "WelchAccumulator": lambda x: rlx_fft.WelchAccumulator(2.0, nperseg=8).push(x).finish(),
}

DTYPES = ["f8", "f4", "f2", "g", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "?", "c16", "c8", ">f8", ">f4", ">i2", ">c16", "O"]


def whole(values, dtype):
    """The values as a type holds them, native."""
    return np.abs(values) % 100 if np.dtype(dtype).kind == "u" else values


def layouts(x):
    """The same values, elsewhere in memory."""
    yield "contiguous", x
    if x.ndim > 1:
        yield "Fortran", np.asfortranarray(x)
    if x.ndim:
        yield "negative strides", np.ascontiguousarray(x[..., ::-1])[..., ::-1]
        yield "every second", np.repeat(x, 2, axis=-1)[..., ::2]
    frozen = x.copy()
    frozen.flags.writeable = False
    yield "read-only", frozen
    if x.dtype != object and x.dtype.itemsize > 1 and x.size:
        raw = np.zeros(x.nbytes + 1, "u1")
        raw[1:] = np.frombuffer(x.tobytes(), "u1")
        yield "unaligned", raw[1:].view(x.dtype).reshape(x.shape)


def containers(x, torch=True):
    """Other holders of the same values, by name."""
    native = x.dtype.isnative and x.dtype.kind in "biuf" and x.dtype.itemsize <= 8
    yield "masked array", np.ma.array(x)
    yield "subclass", x.view(type("Samples", (np.ndarray,), {}))
    if x.ndim and x.size and x.dtype.kind not in "O" and x.dtype.itemsize <= 8:
        yield "list", x.tolist()
    if x.ndim == 2:
        yield "matrix", np.asmatrix(x)
    if x.ndim == 1 and x.dtype in (np.float32, np.float64, np.int16):
        yield "array.array", array.array({"f": "f" if x.itemsize == 4 else "d", "i": "h"}[x.dtype.kind], x.tolist())
        yield "memoryview", memoryview(x.copy())
    pd = optional("pandas")
    if pd and x.ndim in (1, 2) and (x.size or x.ndim == 1) and x.dtype.isnative and x.dtype.kind in "biufc" and x.dtype.char not in "eg":
        yield "pandas", pd.Series(x) if x.ndim == 1 else pd.DataFrame(x)
        if x.ndim == 1 and x.dtype.kind in "iu":
            yield "pandas, nullable", pd.Series(x, dtype=x.dtype.name.replace("u", "U").replace("i", "I"))
        if optional("pyarrow") and x.ndim == 1 and native and x.dtype != np.float16:
            yield "pandas on pyarrow", pd.Series(x).convert_dtypes(dtype_backend="pyarrow")
    pl = optional("polars")
    if pl and x.ndim in (1, 2) and native and x.dtype != np.float16 and x.size:
        yield "polars", pl.Series(x) if x.ndim == 1 else pl.DataFrame({f"c{i}": column for i, column in enumerate(x.T)})
    pa = optional("pyarrow")
    if pa and x.ndim == 1 and native:
        yield "pyarrow", pa.array(x)
        yield "pyarrow, chunked", pa.chunked_array([x[: x.size // 2], x[x.size // 2 :]], type=pa.from_numpy_dtype(x.dtype))
        if x.dtype.kind in "iu":
            yield "pyarrow, decimal", pa.array(x.astype("i8")).cast(pa.decimal128(20))
    if pa and x.ndim == 2 and native and x.shape[1]:
        yield "pyarrow, table", pa.table({f"c{i}": column for i, column in enumerate(x.T)})
    xr = optional("xarray")
    if xr and x.dtype.kind != "O":
        yield "xarray", xr.DataArray(x)
    t = optional("torch") if torch else None
    if t and x.dtype.isnative and x.dtype.kind in "biufc" and x.dtype.char != "g":
        tensor = t.from_numpy(x.copy())
        yield "torch", tensor
        if x.dtype.kind in "fc":
            yield "torch with a gradient", tensor.clone().requires_grad_()
        if x.dtype.kind == "c":
            yield "torch, conjugated", tensor.conj().clone().conj()
        if x.dtype == np.float32:
            yield "torch, bfloat16", tensor.bfloat16()


def optional(name):
    try:
        return __import__(name)
    except ImportError:
        return None


def leaves(result):
    if isinstance(result, tuple):
        return [leaf for part in result for leaf in leaves(part)]
    if isinstance(result, dict):
        return [leaf for name in sorted(result) for leaf in leaves(result[name])]
    return [np.asarray(result)]


def outcome(call, *args):
    """The arrays, or the class of the refusal."""
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return leaves(call(*args)), None
        except (TypeError, ValueError, IndexError, ZeroDivisionError) as error:
            return None, error


def compare(name, got, truth, samples):
    """Relative to the largest value and, for what cancels out, to the energy of the samples."""
    assert len(got) == len(truth), name
    energy = max(np.abs(samples.astype(complex)).max(initial=0), 1.0) ** 2
    for a, b in zip(got, truth):
        assert a.shape == b.shape, (name, a.shape, b.shape)
        kinds = a.dtype, b.dtype, np.result_type(samples.dtype, np.complex64)
        epsilon = max(np.finfo(kind).eps if kind.kind in "fc" else 0 for kind in kinds)
        scale = np.abs(b[np.isfinite(b)]).max(initial=0) if b.dtype.kind in "fc" else 0
        tolerance = {"rtol": 2000 * epsilon, "atol": 500 * epsilon * scale + 50 * epsilon * energy}
        np.testing.assert_allclose(a.astype(b.dtype), b, **tolerance, err_msg=name)


@st.composite
def samples(draw):
    shape = draw(st.sampled_from([(), (0,), (1,), (2,), (7,), (24,), (40,), (3, 24), (2, 40), (24, 3), (0, 8), (3, 0), (2, 2, 16)]))
    values = draw(st.integers(0, 2**32 - 1))
    dtype = draw(st.sampled_from(DTYPES))
    x = np.random.default_rng(values).integers(-50, 51, shape)
    return np.asarray(whole(x, dtype)).astype(dtype)


def plain(x):
    """What SciPy gets: values of a type that it computes in, for it fails for some others."""
    if x.dtype == object or x.dtype.kind == "b":
        return x.astype(float)
    kind = {"f2": "f4", "g": "f8"}.get(x.dtype.char if x.dtype.char in "g" else x.dtype.str[1:], x.dtype.newbyteorder("=").str)
    return x.astype(kind)


#: Answers where SciPy raises, or errors of its own where it stumbles: the guide says so.
def differs(name, x, error):
    # Peaks of rows; errors of SciPy's code that are about something else: 0-d arrays, empty transforms.
    return (name == "find_peaks" and x.ndim > 1) or isinstance(error, (IndexError, ZeroDivisionError)) or x.size == 0


@pytest.mark.parametrize("name", SCIPYS)
@given(x=samples())
def test_scipys_functions(name, x):
    call, values = SCIPYS[name], plain(x)
    truth, refusal = outcome(call, scipy.signal, values, values)
    for where, same in [*layouts(x), *containers(x)]:
        got, error = outcome(call, rlx_fft, same, values)
        label = f"{name}, {x.dtype} {x.shape}, {where}"
        if refusal is not None:
            assert error is not None or differs(name, x, refusal), (label, repr(refusal))
        elif error is not None:
            raise AssertionError(f"{label}: SciPy answers") from error
        else:
            compare(label, got, truth, values)


@pytest.mark.parametrize("name", OURS)
@given(x=samples())
def test_functions_of_the_package(name, x):
    call, values = OURS[name], plain(x)
    truth, refusal = outcome(call, values)
    for where, same in [*layouts(x), *containers(x)]:
        got, error = outcome(call, same)
        label = f"{name}, {x.dtype} {x.shape}, {where}"
        assert (refusal is None) == (error is None), (label, repr(refusal), repr(error))
        if refusal is not None:
            assert type(error) is type(refusal), (label, repr(refusal), repr(error))
        else:
            compare(label, got, truth, values)


def test_pandas_without_pyarrow():
    """As above where pyarrow cannot be imported."""
    pytest.importorskip("pandas")
    code = """
import sys
sys.modules["pyarrow"] = None
import numpy as np
import test_inputs_everywhere as here
rng = np.random.default_rng(0)
for dtype in ("f8", "f4", "i2", "?"):
    for shape in ((40,), (3, 24)):
        x = rng.integers(-50, 51, shape).astype(dtype)
        for name, call in here.SCIPYS.items():
            values = here.plain(x)
            truth, refusal = here.outcome(call, here.scipy.signal, values, values)
            for where, same in here.containers(x, torch=False):
                got, error = here.outcome(call, here.rlx_fft, same, values)
                if refusal is None:
                    assert error is None, (name, where, repr(error))
                    here.compare(where, got, truth, values)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=__file__.rpartition("/")[0])
    assert done.returncode == 0, done.stderr

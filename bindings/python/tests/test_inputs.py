"""Every function with every kind of container: the numbers of the same samples in NumPy, and tensors where tensors went in."""

import numpy as np
import pytest
import scipy.signal
from numpy.testing import assert_allclose, assert_array_equal

import rlx_fft

RNG = np.random.default_rng(21)
X = np.round(40 * RNG.normal(size=600)) + 100

FUNCTIONS = {
    "welch": lambda x: rlx_fft.welch(x, 2.0, nperseg=64),
    "periodogram": lambda x: rlx_fft.periodogram(x, 2.0),
    "csd": lambda x: rlx_fft.csd(x, X[:400], 2.0, nperseg=64),
    "csd of itself": lambda x: rlx_fft.csd(x, x, 2.0, nperseg=64),
    "coherence": lambda x: rlx_fft.coherence(X[::-1], x, 2.0, nperseg=64),
    "spectrogram": lambda x: rlx_fft.spectrogram(x, 2.0, nperseg=64),
    "find_peaks": lambda x: rlx_fft.find_peaks(x, height=0, prominence=1),
    "welch_peaks": lambda x: rlx_fft.welch_peaks(x, 2.0, 64, 3),
    "melspectrogram": lambda x: rlx_fft.melspectrogram(x, "librosa", n_fft=128, n_mels=16),
    "WelchAccumulator": lambda x: rlx_fft.WelchAccumulator(2.0, nperseg=64).push(x).finish(),
}


class Array:
    """What has `__array__` and nothing else."""

    def __init__(self, x):
        self.x = x

    def __array__(self, dtype=None, copy=None):
        return np.array(self.x, dtype=dtype)


def numpy_kinds():
    bits = X > 100
    yield "list of ints", [int(v) for v in X], X
    yield "tuple of floats", tuple(X), X
    yield "__array__", Array(X), X
    yield "object", X.astype(object), X
    yield "big-endian", X.astype(">f8"), X
    yield "int16", X.astype("i2"), X
    yield "uint8", (X % 256).astype("u1"), X % 256
    yield "bool", bits, bits.astype(float)
    yield "float16", X.astype("f2"), X.astype("f4")
    yield "longdouble", X.astype("g"), X
    yield "masked without a mask", np.ma.array(X), X
    yield "masked, none of them", np.ma.array(X, mask=np.zeros(600, bool)), X
    yield "memmap-like subclass", X.view(np.recarray), X


def pandas_kinds():
    pd = pytest.importorskip("pandas")
    yield "Series", pd.Series(X), X
    yield "Series, an index of times", pd.Series(X, index=pd.date_range("2026", periods=600, freq="s")), X
    yield "Series of Int64", pd.Series(X.astype(int), dtype="Int64"), X
    yield "Series of Float32", pd.Series(X, dtype="Float32"), X
    yield "Series of booleans", pd.Series(X > 100), (X > 100).astype(float)
    yield "Series of boolean", pd.Series(X > 100, dtype="boolean"), (X > 100).astype(float)
    yield "Series of categories", pd.Series(X).astype("category"), X
    yield "Index", pd.Index(X), X
    pytest.importorskip("pyarrow")
    yield "Series of Arrow", pd.Series(X, dtype="double[pyarrow]"), X


def xarray_kinds():
    xr = pytest.importorskip("xarray")
    yield "DataArray", xr.DataArray(X, dims="t"), X
    yield "Variable", xr.Variable("t", X), X


def polars_kinds():
    pl = pytest.importorskip("polars")
    for name in ("Int16", "Int64", "UInt32", "Float32", "Float64", "Int128", "Float16"):
        if hasattr(pl, name):
            values = np.abs(X) if name.startswith("U") else X
            yield name, pl.Series(values.astype(int)).cast(getattr(pl, name)), values
    yield "Boolean", pl.Series(X > 100), (X > 100).astype(float)
    yield "Decimal", pl.Series(X.astype(int)).cast(pl.Decimal(20, 2)), X
    yield "in chunks", pl.concat([pl.Series(X[:100]), pl.Series(X[100:])], rechunk=False), X


def pyarrow_kinds():
    pa = pytest.importorskip("pyarrow")
    for kind in (pa.int8(), pa.uint16(), pa.int64(), pa.float16(), pa.float32(), pa.float64(), pa.decimal128(20, 2)):
        values = X % 100 if kind == pa.int8() else np.abs(X)
        yield str(kind), pa.array(values.astype(int)).cast(pa.float64()).cast(kind), values
    yield "bool", pa.array(X > 100), (X > 100).astype(float)
    yield "dictionary", pa.array(X).dictionary_encode(), X
    yield "chunked", pa.chunked_array([X[:200], X[200:]]), X
    yield "chunked bool", pa.chunked_array([X[:200] > 100, X[200:] > 100]), (X > 100).astype(float)
    yield "a slice", pa.array(np.concatenate((X, X)))[600:], X


SOURCES = {f.__name__: f for f in (numpy_kinds, pandas_kinds, xarray_kinds, polars_kinds, pyarrow_kinds)}


def leaves(result):
    """The arrays of a result."""
    if isinstance(result, tuple):
        return [leaf for part in result for leaf in leaves(part)]
    if isinstance(result, dict):
        return [leaf for name in sorted(result) for leaf in leaves(result[name])]
    if isinstance(result, rlx_fft.WelchPeaks):
        return [result.bin, result.power, result.frequency, result.level]
    return [result]


@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize("source", SOURCES)
def test_containers(source, function):
    call = FUNCTIONS[function]
    for name, container, plain in SOURCES[source]():
        for got, truth in zip(leaves(call(container)), leaves(call(plain)), strict=True):
            assert type(got) is np.ndarray, name
            loose = got.dtype == np.float32 and truth.dtype == np.float64
            assert_allclose(got, truth, rtol=1e-4 if loose else 1e-12, atol=1e-3 if loose else 1e-9, err_msg=name)


def test_what_scipy_answers_is_answered_alike():
    for source in SOURCES.values():
        try:
            kinds = list(source())
        except pytest.skip.Exception:
            continue
        for name, container, _ in kinds:
            try:
                f, truth = scipy.signal.welch(container, 2.0, nperseg=64)
            except Exception:
                continue
            got = rlx_fft.welch(container, 2.0, nperseg=64)
            assert_array_equal(got[0], f, err_msg=name)
            # SciPy transforms f16 in f16.
            truth = np.asarray(truth, float)
            assert_allclose(got[1], truth, rtol=1e-5, atol=(1e-3 if "16" in name else 1e-7) * truth.max(), err_msg=name)


def test_columns_of_tables():
    table = np.column_stack((X, X[::-1]))
    truth = rlx_fft.welch(table, nperseg=64, axis=0)[1]
    made = []
    for name, make in (
        ("pandas", lambda m: m.DataFrame(table)), ("polars", lambda m: m.DataFrame(table)),
        ("pyarrow", lambda m: m.table({"a": table[:, 0], "b": table[:, 1]})),
        ("xarray", lambda m: m.DataArray(table, dims=("t", "channel"))),
    ):  # fmt: skip
        try:
            made.append(make(__import__(name)))
        except ImportError:
            pass
    for frame in [*made, np.asmatrix(table), np.ma.array(table)]:
        assert_array_equal(rlx_fft.welch(frame, nperseg=64, axis=0)[1], truth)
    mixed = [m for m in made if type(m).__module__.startswith("pandas")]
    for frame in mixed:
        frame = frame.assign(n=np.arange(600), b=X > 100)
        assert_allclose(
            rlx_fft.welch(frame, nperseg=64, axis=0)[1], scipy.signal.welch(frame.to_numpy(float), nperseg=64, axis=0)[1], atol=1e-9
        )


def test_lists_are_rows():
    rows = X.reshape(3, 200)
    truth = rlx_fft.welch(rows, nperseg=64)[1]
    pa, pl = pytest.importorskip("pyarrow"), pytest.importorskip("polars")
    for column in (
        pa.array(list(rows)), pa.array(list(rows), pa.large_list(pa.float64())), pa.array(list(rows), pa.list_(pa.float64(), 200)),
        pa.chunked_array([list(rows[:1]), list(rows[1:])]), pl.Series(list(rows)), pl.Series(rows), rows.tolist(),
    ):  # fmt: skip
        assert_array_equal(rlx_fft.welch(column, nperseg=64)[1], truth)
    for ragged in (pa.array([[1.0, 2.0], [3.0]]), pl.Series([[1.0, 2.0], [3.0]]), [[1.0, 2.0], [3.0]]):
        with pytest.raises(ValueError, match="^x: "):
            rlx_fft.welch(ragged)
    for bad in (pa.array(["a"]), pl.Series(["a"]), ["a"], pa.array([[1.0], None])):
        with pytest.raises(TypeError, match="^x: "):
            rlx_fft.welch(bad)


def test_missing_values_are_nan_under_the_policy():
    mask = np.zeros(600, bool)
    mask[300:303] = True
    gap = np.where(mask, np.nan, X)
    kinds = [np.ma.array(X, mask=mask), np.ma.array(X.astype(int), mask=mask)]
    try:
        import pandas as pd

        kinds += [pd.Series(X.astype(int), dtype="Int64").mask(mask), pd.Series(gap)]
    except ImportError:
        pass
    try:
        import polars as pl
        import pyarrow as pa

        kinds += [pa.array(X, mask=mask), pa.array(X.astype("i4"), mask=mask), pl.Series([None if m else v for v, m in zip(X, mask)])]
    except ImportError:
        pass
    for x in kinds:
        assert np.isnan(rlx_fft.welch(x, nperseg=64)[1]).all()
        with pytest.raises(ValueError, match="^x: sample 300"):
            rlx_fft.welch(x, nperseg=64, nan_policy="raise")
        for policy in ("omit", "interpolate"):
            truth = rlx_fft.welch(gap, nperseg=64, nan_policy=policy)[1]
            assert_array_equal(rlx_fft.welch(x, nperseg=64, nan_policy=policy)[1], truth)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_tensors_in_tensors_out(function, peer):
    torch = peer("torch")
    call = FUNCTIONS[function]
    x32 = torch.from_numpy(X.astype("f4"))
    kinds = {
        "f32": x32, "f64": torch.from_numpy(X), "i16": x32.to(torch.int16), "bool": x32 > 100, "f16": x32.half(),
        "with a gradient": torch.from_numpy(X).requires_grad_(), "bfloat16": x32.bfloat16(),
        "a view": torch.from_numpy(np.repeat(X, 2))[::2], "a parameter": torch.nn.Parameter(torch.from_numpy(X)),
    }  # fmt: skip
    for name, tensor in kinds.items():
        plain = tensor.detach().float().numpy() if tensor.is_floating_point() and tensor.dtype != torch.float64 else None
        plain = tensor.detach().numpy() if plain is None else plain
        for got, truth in zip(leaves(call(tensor)), leaves(call(plain)), strict=True):
            assert isinstance(got, torch.Tensor) and got.device == tensor.device and not got.requires_grad, name
            assert_array_equal(got.numpy(), truth, err_msg=name)


def test_complex_tensors(peer):
    torch = peer("torch")
    z = torch.randn(600, dtype=torch.complex64)
    for same in (z, z.conj().conj(), z.clone().requires_grad_()):
        assert_array_equal(rlx_fft.welch(same, nperseg=64)[1].numpy(), rlx_fft.welch(z.numpy(), nperseg=64)[1])
    lazy = rlx_fft.welch(z.conj(), nperseg=64)[1].numpy()
    assert_array_equal(lazy, rlx_fft.welch(z.numpy().conj(), nperseg=64)[1])
    assert isinstance(rlx_fft.welch(X, nperseg=64)[1], np.ndarray)


def test_the_array_api():
    xp = pytest.importorskip("array_api_strict")
    x = xp.asarray(X)
    for function, call in FUNCTIONS.items():
        for got, truth in zip(leaves(call(x)), leaves(call(X)), strict=True):
            assert type(got) is type(x), function
            assert_array_equal(np.asarray(got), truth)


def test_results_of_loadmat(tmp_path):
    import scipy.io

    scipy.io.savemat(tmp_path / "a.mat", {"x": X, "fs": 250.0, "n": 64})
    mat = scipy.io.loadmat(tmp_path / "a.mat")
    assert mat["x"].shape == (1, 600) and mat["fs"].shape == (1, 1)
    f, pxx = rlx_fft.welch(mat["x"], mat["fs"], nperseg=mat["n"])
    truth = scipy.signal.welch(mat["x"], 250.0, nperseg=64)
    assert_array_equal(f, truth[0])
    assert_allclose(pxx, truth[1], rtol=1e-12)


def test_pandas_without_pyarrow():
    """Importing pyarrow fails, as where it is not installed."""
    import subprocess
    import sys

    pytest.importorskip("pandas")
    code = """
import sys
sys.modules["pyarrow"] = None
import numpy as np, pandas as pd, rlx_fft
x = np.arange(500.0) % 17
assert (rlx_fft.periodogram(pd.Series(x))[1] == rlx_fft.periodogram(x)[1]).all()
assert rlx_fft.periodogram(pd.DataFrame(np.zeros((500, 4))), axis=0)[1].shape == (251, 4)
"""
    subprocess.run([sys.executable, "-c", code], check=True)

"""Adapters to engines: the numbers of `rlx_fft.welch`, per row and merged over groups. An engine that is not installed is
skipped by name."""

import sys

import numpy as np
import pytest

import rlx_fft

RATE, N_FFT = 100.0, 64
pa = pytest.importorskip("pyarrow")


@pytest.fixture(scope="module")
def table():
    """Rows of two lengths, one of them null, in three groups."""
    random = np.random.default_rng(5)
    rows = [random.normal(size=300 if i % 4 else 200) for i in range(24)]
    rows[7] = None
    return pa.table({"i": list(range(24)), "device": [i % 3 for i in range(24)], "x": pa.array(rows, pa.list_(pa.float64()))})


def spectrum(x):
    return rlx_fft.welch(np.asarray(x), RATE, nperseg=N_FFT)[1]


def merged(table, device):
    """Mean over all segments of the group's rows."""
    total = rlx_fft.WelchAccumulator(RATE, nperseg=N_FFT)
    for row in table.to_pylist():
        if row["device"] == device and row["x"] is not None:
            total.push(np.asarray(row["x"])).gap()
    return total.finish()[1]


def check_rows(got, table):
    assert len(got) == table.num_rows
    for psd, x in zip(got, table.column("x").to_pylist()):
        assert (psd is None) == (x is None)
        if x is not None:
            np.testing.assert_allclose(psd, spectrum(x), rtol=1e-12)


def check_groups(got, table):
    assert sorted(got) == [0, 1, 2]
    for device, psd in got.items():
        np.testing.assert_allclose(psd, merged(table, device), rtol=1e-12)


def test_arrow_columns(table):
    from rlx_fft import _tables

    check_rows(_tables.welch(table.column("x"), RATE, N_FFT).to_pylist(), table)
    check_rows(_tables.welch(table.column("x").slice(3, 9), RATE, N_FFT).to_pylist(), table.slice(3, 9))
    fixed = pa.FixedSizeListArray.from_arrays(pa.array(np.arange(600.0) % 7), 200)
    got = _tables.welch(fixed.cast(pa.list_(pa.float32(), 200)), RATE, N_FFT)
    assert got.type == pa.list_(pa.float32()) and len(got) == 3
    peaks = _tables.welch_peaks(table.column("x"), RATE, N_FFT, 3).to_pylist()
    expected = rlx_fft.welch_peaks(np.asarray(table.column("x")[0].as_py()), RATE, N_FFT, 3)
    assert [p["bin"] for p in peaks[0]] == expected.bin.tolist() and peaks[7] is None
    powers = _tables.band_power(table.column("x"), RATE, 10, 20, N_FFT).to_pylist()
    f, psd = rlx_fft.welch(np.asarray(table.column("x")[0].as_py()), RATE, nperseg=N_FFT)
    assert powers[0] == pytest.approx(psd[(f >= 10) & (f <= 20)].sum() * f[1], rel=1e-12) and powers[7] is None
    mels = _tables.log_mel(pa.array([np.sin(np.arange(4000.0)), None]), "kaldi").to_pylist()
    np.testing.assert_array_equal(mels[0], rlx_fft.melspectrogram(np.sin(np.arange(4000.0)), "kaldi"))
    holes = pa.array([[1.0, None, 3.0], [None, 2.0, 1.0]], pa.list_(pa.float32()))
    (_, samples), = _tables.groups(holes)
    assert samples.dtype == np.float32 and np.isnan(samples).tolist() == [[False, True, False], [True, False, False]]
    with pytest.raises(TypeError, match="expected a column of lists"):
        _tables.welch(pa.array([1.0]), RATE, N_FFT)
    with pytest.raises(ValueError, match="no bin lies between"):
        _tables.band_power(table.column("x"), RATE, 90, 95)


def test_polars(table):
    pl = pytest.importorskip("polars")
    import rlx_fft.polars  # noqa: F401

    df = pl.from_arrow(table)
    check_rows(df.select(pl.col("x").rlx.welch(RATE, N_FFT)).to_series().to_list(), table)
    peaks = df.select(pl.col("x").rlx.welch_peaks(RATE, N_FFT, 2)).to_series().to_list()
    assert peaks[0][0]["rank"] == 1 and peaks[7] is None
    assert df.select(pl.col("x").rlx.band_power(RATE, 10, 20)).to_series().null_count() == 1
    groups = df.group_by("device").agg(pl.col("x").rlx.welch_agg(RATE, N_FFT))
    check_groups(dict(groups.iter_rows()), table)


def test_duckdb(table):
    duckdb = pytest.importorskip("duckdb")
    import rlx_fft.duckdb

    con = duckdb.connect()
    rlx_fft.duckdb.register(con)
    con.register("t", table)
    got = con.sql(f"select rlx_welch(x, {RATE}, {N_FFT}) from t").fetchall()
    check_rows([row[0] for row in got], table)
    peaks = con.sql(f"select rlx_welch_peaks(x, {RATE}, {N_FFT}, 2), rlx_band_power(x, {RATE}, 10, 20) from t").fetchall()
    assert peaks[0][0][0]["rank"] == 1 and peaks[7] == (None, None)


def test_dask():
    da = pytest.importorskip("dask.array")
    import rlx_fft.dask

    x = np.random.default_rng(3).normal(size=(6, 1000))
    f, psd = rlx_fft.dask.welch(da.from_array(x, chunks=(2, 300)), RATE, N_FFT)
    np.testing.assert_allclose(psd.compute(), rlx_fft.welch(x, RATE, nperseg=N_FFT)[1], rtol=1e-12)
    peaks = rlx_fft.dask.welch_peaks(da.from_array(x, chunks=(2, 300)), RATE, N_FFT, 3).compute()
    np.testing.assert_array_equal(peaks[..., 0], rlx_fft.welch_peaks(x, RATE, N_FFT, 3).frequency)
    power = rlx_fft.dask.band_power(da.from_array(x, chunks=(2, 300)), RATE, 10, 20, N_FFT).compute()
    np.testing.assert_allclose(power, psd.compute()[:, (f >= 10) & (f <= 20)].sum(axis=1) * f[1])
    mel = rlx_fft.dask.log_mel(da.from_array(x, chunks=(2, 300)), "kaldi").compute()
    np.testing.assert_array_equal(mel, rlx_fft.melspectrogram(x, "kaldi"))
    # One long signal, in chunks that fit neither segments nor hops.
    long = x.ravel()
    for chunks in (37, 100, 999, 6000):
        for noverlap in (0, 32, 50):
            _, got = rlx_fft.dask.welch_agg(da.from_array(long, chunks=chunks), RATE, N_FFT, noverlap)
            expected = rlx_fft.welch(long, RATE, nperseg=N_FFT, noverlap=noverlap)[1]
            np.testing.assert_allclose(got.compute(), expected, rtol=1e-12)


def test_ray(table):
    ray = pytest.importorskip("ray")
    pytest.importorskip("ray.data")
    import rlx_fft.ray

    ray.init(num_cpus=2, include_dashboard=False, ignore_reinit_error=True)
    try:
        data = ray.data.from_arrow([table.slice(0, 10), table.slice(10)])
        rows = rlx_fft.ray.welch(data, "x", RATE, N_FFT).take_all()
        check_rows([row["psd"] for row in sorted(rows, key=lambda row: row["i"])], table)
        groups = data.groupby("device").aggregate(rlx_fft.ray.WelchAgg("x", RATE, N_FFT, alias="psd")).take_all()
        check_groups({row["device"]: row["psd"] for row in groups}, table)
    finally:
        ray.shutdown()


def test_daft(table):
    daft = pytest.importorskip("daft")
    import rlx_fft.daft

    df = daft.from_arrow(table)
    got = df.select(rlx_fft.daft.welch(df["x"], RATE, N_FFT).alias("psd")).to_pydict()["psd"]
    check_rows(got, table)
    peaks = df.select(rlx_fft.daft.welch_peaks(df["x"], RATE, N_FFT, 2).alias("p")).to_pydict()["p"]
    assert peaks[0][0]["rank"] == 1 and peaks[7] is None
    groups = df.groupby("device").agg(rlx_fft.daft.welch_agg(RATE, N_FFT)(df["x"]).alias("psd")).to_pydict()
    check_groups(dict(zip(groups["device"], groups["psd"])), table)


def test_spark(table, monkeypatch):
    pyspark = pytest.importorskip("pyspark")
    # Workers run this interpreter, not the first one on the search path.
    monkeypatch.setenv("PYSPARK_PYTHON", sys.executable)
    import rlx_fft.spark

    spark = pyspark.sql.SparkSession.builder.master("local[2]").config("spark.ui.enabled", "false").getOrCreate()
    try:
        df = spark.createDataFrame(table)
        rows = rlx_fft.spark.welch(df, "x", RATE, N_FFT).collect()
        check_rows([row["psd"] for row in sorted(rows, key=lambda row: row["i"])], table)
        groups = rlx_fft.spark.welch_agg(df, "x", "device", RATE, N_FFT).collect()
        check_groups({row["device"]: row["psd"] for row in groups}, table)
    finally:
        spark.stop()

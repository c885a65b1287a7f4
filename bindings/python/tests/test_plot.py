"""Plots: what is drawn where, and refusals."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

import rlx_fft

mpl = pytest.importorskip("matplotlib", reason="Matplotlib is not installed")
mpl.use("agg")
import matplotlib.pyplot as plt  # noqa: E402

import rlx_fft.plot  # noqa: E402

X = np.sin(2 * np.pi * 50 * np.arange(4096) / 1000)


@pytest.fixture(autouse=True)
def axes():
    plt.figure()
    yield plt.gca()
    plt.close("all")


def test_psd(axes):
    f, pxx = rlx_fft.welch(np.stack((X, 2 * X)), 1000, nperseg=512)
    assert rlx_fft.plot.psd(f, pxx, labels=["a", "b"], unit="V") is axes
    assert [line.get_label() for line in axes.lines] == ["a", "b"]
    assert_allclose(axes.lines[1].get_ydata(), 10 * np.log10(pxx[1]))
    assert "V²/Hz" in axes.get_ylabel()
    f, two = rlx_fft.welch(X, 1000, nperseg=512, return_onesided=False)
    line = rlx_fft.plot.psd(f, two, scale="linear", color="k").lines[-1]
    assert (np.diff(line.get_xdata()) > 0).all() and line.get_color() == "k"
    for bad, name in (((f, two[1:]), "pxx"), ((f, two), "scale"), ((f, two), "labels")):
        with pytest.raises(ValueError, match=f"^{name}:"):
            rlx_fft.plot.psd(*bad, scale="cubic" if name == "scale" else "db", labels=["a", "b"] if name == "labels" else None)


def test_spectrogram(axes):
    f, t, sxx = rlx_fft.spectrogram(X, 1000, nperseg=128)
    sxx[3] = 0
    assert rlx_fft.plot.spectrogram(f, t, sxx) is axes
    mesh = axes.collections[0]
    assert_allclose(mesh.get_clim()[1], 10 * np.log10(sxx.max()))
    assert_allclose(np.diff(mesh.get_clim()), 80)
    with pytest.raises(ValueError, match="^sxx:"):
        rlx_fft.plot.spectrogram(f, t, sxx[None])


def test_peaks(axes):
    f, pxx = rlx_fft.welch(X, 1000, nperseg=512)
    found = rlx_fft.find_peaks(pxx, height=1e-4)
    rlx_fft.plot.peaks(pxx, found, axis_values=f)
    assert_allclose(axes.lines[1].get_xdata(), f[found[0]])
    rlx_fft.plot.peaks(rlx_fft.welch_peaks(X, 1000, 512, 3), None, ax=plt.figure().gca())
    for at in ([len(f)], [0.5], [-1]):
        with pytest.raises(ValueError, match="^at:"):
            rlx_fft.plot.peaks(pxx, at)


def test_results_in_a_notebook():
    peaks = rlx_fft.welch_peaks(np.stack((X, X)), 1000, 512, 3)
    html = peaks._repr_html_()
    assert html.count("<tr>") == 1 + 6 and "50.78" in html
    many = rlx_fft.welch_peaks(np.ones((500, 600)) * X[:600], 1000, 512, 3)._repr_html_()
    assert many.count("<tr>") <= 40 and "1,500" in many
    total = rlx_fft.WelchAccumulator(1000).push(X)
    assert "segments" in total._repr_html_() and "31" in total._repr_html_()

"""Estimates on devices against the CPU's, and estimates that a device does not support."""

import logging

import numpy as np
import pytest
from numpy.testing import assert_array_equal

import rlx_fft

RNG = np.random.default_rng(3)
X = (RNG.normal(size=(5, 6000)) + 1).astype("f4")
#: One of each kind that is here; software adapters are slow and as exact as others.
HERE = [d["id"] for d in rlx_fft.devices()["devices"][1:]][:2]


def near(got, truth):
    assert got.shape == truth.shape and got.dtype == truth.dtype
    assert np.linalg.norm(got - truth) <= 64 * np.finfo(np.float32).eps * np.linalg.norm(truth)


@pytest.mark.parametrize("device", [*HERE, "auto"])
@pytest.mark.parametrize(
    "call",
    [
        lambda **k: rlx_fft.welch(X, 100.0, **k)[1],
        lambda **k: rlx_fft.welch(X.T, 100.0, "hamming", 128, 32, 200, "linear", axis=0, average="max", **k)[1],
        lambda **k: rlx_fft.welch(X, 100.0, return_onesided=False, scaling="spectrum", **k)[1],
        lambda **k: rlx_fft.welch((X + 1j * X[::-1]).astype("c8"), average="median", **k)[1],
        lambda **k: rlx_fft.welch(X, 100.0, nperseg=300, nan_policy="omit", **k)[1],
        lambda **k: rlx_fft.periodogram(X[:, :1000], **k)[1],
        lambda **k: rlx_fft.spectrogram(X, 100.0, **k)[2],
        lambda **k: rlx_fft.spectrogram(X, 100.0, return_onesided=False, **k)[2],
        lambda **k: rlx_fft.welch_peaks(X, 100.0, 256, 1, scaling="density", detrend="constant", **k).power,
        lambda **k: rlx_fft.welch_peaks(X[:, :384], 100.0, 256, 4, **k).power,
        lambda **k: rlx_fft.welch_peaks(X, 100.0, 256, 2, mode="local", **k).power,
        # No device has the last of these: the CPU answers.
        lambda **k: rlx_fft.csd(X, X[::-1], **k)[1],
        lambda **k: rlx_fft.coherence(X, X[::-1], **k)[1],
        lambda **k: rlx_fft.welch(X.astype("f8"), **k)[1],
        lambda **k: rlx_fft.welch(X, window=np.ones(100), **k)[1],
        lambda **k: rlx_fft.welch(X, detrend=lambda s: s - 1, **k)[1],
        lambda **k: rlx_fft.spectrogram(X, mode="magnitude", **k)[2],
    ],
)
def test_estimates(device, call):
    near(call(device=device), call())


@pytest.mark.parametrize("device", HERE)
@pytest.mark.parametrize("preset", ["whisper", "librosa", "kaldi", "torchaudio", "nemo"])
def test_log_mel(device, preset):
    got, truth = rlx_fft.melspectrogram(X, preset, device=device), rlx_fft.melspectrogram(X, preset)
    assert got.shape == truth.shape and got.flags.c_contiguous and np.abs(got - truth).max() < 2e-3
    changed = dict(n_mels=40, fmax=7000.0, hop_length=100, log=False, nan_policy="propagate")
    got, truth = (rlx_fft.melspectrogram(X, preset, device=d, **changed) for d in (device, None))
    assert np.linalg.norm(got - truth) <= 1e-4 * np.linalg.norm(truth)


def test_missing_samples():
    bad = X.copy()
    bad[3, 77] = np.nan
    for device in [*HERE, "auto", "cpu"]:
        with pytest.raises(ValueError, match="sample 77 of row 3"):
            rlx_fft.welch(bad, device=device, nan_policy="raise")
        with pytest.raises(ValueError, match="sample 77 of row 3"):
            rlx_fft.melspectrogram(bad, device=device)
        seen = np.isnan(rlx_fft.welch(bad, device=device)[1])
        assert_array_equal(seen.all(axis=-1), [False, False, False, True, False])
        assert_array_equal(seen.any(axis=-1), seen.all(axis=-1))
        for policy in ("omit", "interpolate:2"):
            got, truth = (rlx_fft.welch(bad, device=d, nan_policy=policy)[1] for d in (device, None))
            near(got, truth)


def test_absent_devices_are_errors_that_list_what_there_is():
    absent = [a["id"] for a in rlx_fft.devices()["absent"]]
    assert absent  # Metal and Direct3D are never on one machine.
    for device in [*absent, "toaster"]:
        for call in (
            lambda: rlx_fft.welch(X, device=device),
            lambda: rlx_fft.welch(X.astype("f8"), device=device),
            lambda: rlx_fft.spectrogram(X, device=device),
            lambda: rlx_fft.melspectrogram(X, device=device),
            lambda: rlx_fft.csd(X, X[::-1], device=device),
            lambda: rlx_fft.welch_peaks(X, device=device),
        ):
            with pytest.raises(ValueError, match=r"^device: .*this machine has cpu"):
                call()
    with pytest.raises(TypeError, match="device"):
        rlx_fft.welch(X, device=3)


def test_what_answers_is_said(caplog):
    with caplog.at_level(logging.INFO, "rlx_fft"):
        rlx_fft.coherence(X, X[::-1], device="auto")
        assert any("coherence" in r.message and "CPU" in r.message and r.name == "rlx_fft" for r in caplog.records)
        for device in HERE:
            caplog.clear()
            rlx_fft.welch(X, device=device)
            assert any(device in r.message for r in caplog.records)
            rlx_fft.welch(X.astype("f8"), device=device)
            assert "float64 samples" in caplog.records[-1].message
    for call in (rlx_fft.welch, rlx_fft.welch_peaks, rlx_fft.periodogram, rlx_fft.spectrogram, rlx_fft.melspectrogram):
        call(X)
        with pytest.raises(ValueError, match="stream"):
            call(X, stream=1)


@pytest.mark.parametrize("device", HERE)
def test_cross_spectra_and_modes_of_spectrograms(device):
    y = np.roll(X, 3, axis=-1) + X[::-1]
    for options in (dict(nperseg=256), dict(nperseg=100, detrend="linear"), dict(nperseg=64, average="median")):
        near(rlx_fft.csd(X, y, device=device, **options)[1], rlx_fft.csd(X, y, **options)[1])
    near(rlx_fft.coherence(X, y, nperseg=128, device=device)[1], rlx_fft.coherence(X, y, nperseg=128)[1])
    pairs = X[:, None], X[None]
    near(rlx_fft.csd(*pairs, nperseg=128, device=device)[1], rlx_fft.csd(*pairs, nperseg=128)[1])
    z = (X + 1j * y).astype("c8")
    near(rlx_fft.csd(z, z[::-1], nperseg=128, device=device)[1], rlx_fft.csd(z, z[::-1], nperseg=128)[1])
    for mode in ("magnitude", "complex"):
        for x in (X, z):
            options = dict(nperseg=128, mode=mode, return_onesided=x is X)
            near(rlx_fft.spectrogram(x, device=device, **options)[2], rlx_fft.spectrogram(x, **options)[2])


@pytest.mark.parametrize("device", HERE)
def test_a_named_device_that_does_not_answer_is_a_warning(device):
    wide = X.astype("f8")
    for call in (
        lambda: rlx_fft.welch(wide, device=device),
        lambda: rlx_fft.csd(wide, wide[::-1], device=device),
        lambda: rlx_fft.spectrogram(wide, mode="complex", device=device),
        lambda: rlx_fft.welch_peaks(wide, device=device),
    ):
        with pytest.warns(UserWarning, match=f"computed on the CPU, not on {device}: float64 samples"):
            call()

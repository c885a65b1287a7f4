"""`explain` against what runs: the same device, region by region, and the reason where it is the CPU."""

import logging

import numpy as np
import pytest

import rlx_fft

RNG = np.random.default_rng(14)
X = RNG.normal(size=(3, 6000)).astype("f4")
HERE = [d["id"] for d in rlx_fft.devices()["devices"][1:]][:2]

#: Calls that devices may run, by name and arguments.
CALLS = [
    ("welch", dict()), ("welch", dict(nperseg=300, detrend="linear", average="median")), ("welch", dict(nperseg=997)),
    ("welch", dict(nperseg=4096, detrend="linear")), ("periodogram", dict()), ("spectrogram", dict(nperseg=128)),
    ("welch_peaks", dict(nperseg=256, k=2)), ("welch_peaks", dict(nperseg=256, k=2, mode="local")),
    ("melspectrogram", dict(preset="whisper")), ("melspectrogram", dict(preset="kaldi")),
    ("csd", dict(y=X[::-1], nperseg=300)), ("coherence", dict(y=X[::-1])), ("spectrogram", dict(mode="complex")),
    ("spectrogram", dict(mode="phase")),
]  # fmt: skip


def lines_of(name, *args, **options):
    lines = rlx_fft.explain(name, *args, **options).split("\n")
    assert all(line and line == line.strip() and ": " in line for line in lines), lines
    return lines


@pytest.mark.parametrize("name, options", CALLS)
def test_without_a_device_every_region_is_the_cpus(name, options):
    for device in ({}, {"device": "cpu"}):
        lines = lines_of(name, X, **options, **device)
        assert all(": cpu" in line for line in lines) and not any("wgpu" in line or "cuda" in line for line in lines)
    assert lines == lines_of(getattr(rlx_fft, name), X.shape, **options)


@pytest.mark.parametrize("device", HERE)
@pytest.mark.parametrize("name, options", CALLS)
def test_the_named_device_is_the_one_that_runs(name, options, device, caplog):
    lines = lines_of(name, X, **options, device=device)
    with caplog.at_level(logging.INFO, "rlx_fft"):
        getattr(rlx_fft, name)(X, **options, device=device)
    messages = [record.getMessage() for record in caplog.records]
    ran = any(message.endswith(f"rows on {device}") for message in messages)
    assert ran == any(line.endswith(f": {device}") for line in lines), (lines, messages)
    # What the host runs of the device's plan is said with its reason.
    host = [message for message in messages if message.startswith(f"{device}: the host runs")]
    assert bool(host) == (ran and any(f": cpu; {device}: " in line or "it follows" in line for line in lines))
    if not ran:
        assert all(": cpu" in line for line in lines)


@pytest.mark.parametrize("device", HERE)
def test_a_refusal_says_why_the_cpu_answers(device, caplog):
    wide = np.zeros((2, 400_000), "f4")
    for name, args, options, reason in (
        ("welch", (wide,), dict(nperseg=200_001), None), ("welch", (X.astype("f8"),), {}, "float64 samples"),
        ("welch", (X,), dict(window=np.ones(64)), "weights"), ("welch", (X,), dict(detrend=lambda s: s), "function"),
        ("csd", (X, X[::-1]), dict(nan_policy="omit"), "nan_policy"), ("coherence", (X[:, 1:], X), {}, "two lengths"),
        ("melspectrogram", (X,), dict(pad_mode="edge"), "padding"),
    ):  # fmt: skip
        (line,) = lines_of(name, *args, **options, device=device)
        place, reasons = line.split(": cpu; ")
        assert reasons.startswith(f"{device}: ") and len(reasons) > len(device) + 8, line
        assert reason is None or reason in reasons, line
        if reason is None:  # The plan's own refusal: the call says the same and answers.
            caplog.clear()
            with caplog.at_level(logging.INFO, "rlx_fft"):
                rlx_fft.welch(*args, **options, device=device)
            assert any("the CPU answers" in record.getMessage() for record in caplog.records)


def test_auto_says_what_was_predicted():
    first, *regions = lines_of("welch", (64, 4096), device="auto")
    assert first.startswith("auto: ") and "predicted: " in first and regions


def test_functions_that_no_device_computes():
    for name in ("multitaper", "stft", "find_peaks", "lombscargle", "mfcc", "band_power", "cross_spectral_matrix"):
        options = {"lombscargle": dict(y=X[0], freqs=X[0]), "band_power": dict(fs=1.0, bands=(0.1, 0.2))}.get(name, {})
        assert all(": cpu" in line for line in lines_of(name, X[0] if name == "lombscargle" else X, **options)), name
    assert rlx_fft.explain("band_power", X.shape, 1.0, (0.1, 0.2), method="multitaper").startswith("multitaper: cpu")


def test_nothing_is_computed_and_nothing_is_kept():
    before = rlx_fft.welch(X)[1]
    # 4 TB, were they samples.
    assert ": cpu" in rlx_fft.explain("welch", (1_000_000, 1_000_000), axis=0)
    assert ": cpu" in rlx_fft.explain("spectrogram", (1_000, 1_000_000), dtype="i2")
    # A call whose plan is kept is explained as well, and later calls compute.
    assert ": cpu" in rlx_fft.explain("welch", X)
    np.testing.assert_array_equal(rlx_fft.welch(X)[1], before)


def test_errors_are_those_of_the_call():
    for name, options, match in (
        ("welch", dict(nperseg=-3), "^nperseg:"), ("welch", dict(device="toaster"), "^device: .*this machine has cpu"),
        ("csd", dict(y=(10,), noverlap=300), "^noverlap:"), ("melspectrogram", dict(n_mels=0), "^n_mels"),
        ("welch", dict(device=3), "^device"),
    ):  # fmt: skip
        with pytest.raises((ValueError, TypeError), match=match):
            rlx_fft.explain(name, (1000,), **options)
    with pytest.raises(ValueError, match="^function: .*'clear_cache' is none of .*welch"):
        rlx_fft.explain("clear_cache")
    with pytest.raises(ValueError, match="^function: "):
        rlx_fft.explain(np.fft.rfft, X)
    with pytest.raises(TypeError, match="^dtype: "):
        rlx_fft.explain("welch", (100,), dtype="S3")
    with pytest.raises(TypeError, match="argument"):
        rlx_fft.explain("welch", X, windows="hann")


def test_an_instance_explains_its_plan():
    text = rlx_fft.AutoWelchPeaks(4, 256, 3, device="cpu", strategy="fast").explain()
    assert text.split("\n")[-1].strip().endswith(": cpu")
    for device in HERE:
        auto = rlx_fft.AutoWelchPeaks(4, 256, 3, device=device, strategy="rlx")
        regions = [line for line in auto.explain().split("\n") if ": " in line and "predicted" not in line][1:]
        assert any(device in line for line in regions), regions

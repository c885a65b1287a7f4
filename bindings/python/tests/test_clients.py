"""Programs on top of SciPy, unchanged, with and without `rlx_fft.patch_scipy`: equal values, and how fast.

RLX_TEST_CLIENTS=1 (as in CI) makes a missing one of the first four a failure; the others are skipped where they are missing.
"""

import contextlib
import importlib
import os
import time
import warnings

import numpy as np
import pytest
import scipy.signal
from numpy.testing import assert_allclose

import rlx_fft

RNG = np.random.default_rng(5)
FS = 256.0
T = np.arange(int(60 * FS)) / FS
EEG = RNG.normal(size=(8, len(T))) + np.sin(2 * np.pi * 10 * T)


def mne(module):
    info = module.create_info(8, FS, "eeg", verbose="error")
    raw = module.io.RawArray(1e-5 * EEG, info, verbose="error")
    spectrum = raw.compute_psd("welch", n_fft=512, n_overlap=256, verbose="error")
    psd, _ = module.time_frequency.psd_array_welch(EEG, FS, n_fft=256, verbose="error")
    return [spectrum.get_data(), psd]


def antropy(module):
    return [
        np.array([module.spectral_entropy(row, FS, method=method, normalize=True) for row in EEG])
        for method in ("welch", "fft")
    ]


def neurokit2(module):
    ecg = module.ecg_simulate(duration=30, sampling_rate=250, random_state=1)
    _, found = module.ecg_peaks(ecg, sampling_rate=250)
    psd = module.signal_psd(EEG[0], sampling_rate=FS, method="welch")
    peaks = module.signal_findpeaks(EEG[0], height_min=1)
    return [found["ECG_R_Peaks"], psd["Power"].to_numpy(), peaks["Peaks"]]


def tsfel(module):
    spectral = module.get_features_by_domain("spectral")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        table = module.time_series_features_extractor(spectral, EEG[0, :4096], fs=FS, verbose=0)
    return [table.to_numpy()]


def yasa(module):
    bands = module.bandpower(EEG, sf=FS, win_sec=4)
    return [bands.select_dtypes(float).to_numpy()]


def heartpy(module):
    signal = np.maximum(np.sin(2 * np.pi * 1.1 * T[: 256 * 40]), 0) ** 8 * 500 + 512
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if not hasattr(np, "trapz"):
            pytest.skip("HeartPy calls numpy.trapz, which NumPy 2.4 no longer has")
        _, measures = module.process(signal, FS, calc_freq=True)
    return [np.array([measures[name] for name in ("bpm", "ibi", "sdnn", "lf", "hf")], float)]


def tsfresh(module):
    from tsfresh.feature_extraction.feature_calculators import spkt_welch_density

    return [np.array([value for row in EEG for _, value in spkt_welch_density(row, [{"coeff": k} for k in (2, 5, 8)])])]


CLIENTS = {f.__name__: f for f in (mne, antropy, neurokit2, tsfel, yasa, heartpy, tsfresh)}
REQUIRED = list(CLIENTS)[:4]


def load(name):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if os.environ.get("RLX_TEST_CLIENTS") and name in REQUIRED:
            return importlib.import_module(name)
        return pytest.importorskip(name, reason=f"{name} is not installed", exc_type=ImportError)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", CLIENTS)
def test_clients_run_unchanged(name, monkeypatch, capsys):
    module, work = load(name), CLIENTS[name]
    calls = []
    real = {f: getattr(rlx_fft, f) for f in rlx_fft._patch.NAMES if hasattr(rlx_fft, f)}
    for function, ours in real.items():
        monkeypatch.setattr(rlx_fft, function, lambda *a, _f=function, _o=ours, **k: (calls.append(_f), _o(*a, **k))[1])
    work(module)
    times: dict[bool, list[float]] = {False: [], True: []}
    results = {}
    for _ in range(3):
        for patched in (False, True):
            with rlx_fft.patch_scipy() if patched else contextlib.nullcontext():
                start = time.perf_counter()
                results[patched] = work(module)
                times[patched].append(time.perf_counter() - start)
    assert calls, "none of the replaced functions was called"
    for ours, theirs in zip(results[True], results[False], strict=True):
        size = np.nanmax(np.abs(np.asarray(theirs, float)))
        assert_allclose(np.asarray(ours, float), np.asarray(theirs, float), rtol=1e-9, atol=1e-12 * size)
    scipys, ours = (1e3 * float(np.median(times[patched])) for patched in (False, True))
    with capsys.disabled():
        functions = ", ".join(f"{f} {calls.count(f)}" for f in sorted(set(calls)))
        print(f"\n  {name}: {scipys:.1f} ms with SciPy, {ours:.1f} ms patched ({scipys / ours:.1f}x; {functions})", end="")


def test_patches_nest_and_end():
    scipys = scipy.signal.welch
    outer = rlx_fft.patch_scipy()
    assert scipy.signal.welch is not scipys and "welch" in outer.functions
    with rlx_fft.patch_scipy():
        assert scipy.signal.welch is not scipys
    assert scipy.signal.welch is not scipys
    outer.undo()
    outer.undo()
    assert scipy.signal.welch is scipys


def test_modules_that_imported_the_functions_get_them_and_give_them_back():
    import sys
    import types

    before, within = types.ModuleType("rlx_before"), types.ModuleType("rlx_within")
    sys.modules["rlx_before"], sys.modules["rlx_within"] = before, within
    try:
        exec("from scipy.signal import welch as spectrum, find_peaks", vars(before))
        scipys = before.spectrum
        with rlx_fft.patch_scipy():
            exec("from scipy.signal import welch", vars(within))
            assert before.spectrum is not scipys and within.welch is before.spectrum
        assert before.spectrum is scipys and within.welch is scipys
    finally:
        del sys.modules["rlx_before"], sys.modules["rlx_within"]


def test_what_is_not_supported_is_scipys():
    x = RNG.normal(size=600)
    masked = np.ma.array(x, mask=x > 2)
    truth = [scipy.signal.welch(masked, nperseg=64)[1], scipy.signal.find_peaks(x, height=(0, None))[0]]
    messages = []
    for patched in (False, True):
        patch = rlx_fft.patch_scipy() if patched else None
        try:
            assert_allclose(scipy.signal.welch(masked, nperseg=64)[1], truth[0])
            assert (scipy.signal.find_peaks(x, height=(0, None))[0] == truth[1]).all()
            for wrong in (lambda: scipy.signal.find_peaks(x[None]), lambda: scipy.signal.welch(x, nperseg=-1)):
                with pytest.raises(ValueError) as caught:
                    wrong()
                messages.append(str(caught.value))
        finally:
            if patch is not None:
                patch.undo()
    assert messages[:2] == messages[2:]

"""The examples in the docstrings."""

import doctest
import importlib
import inspect
import pkgutil
import re

import pytest

import rlx_fft

MODULES = [name for _, name, _ in pkgutil.iter_modules(rlx_fft.__path__) if name != "_native"]


@pytest.mark.parametrize("name", MODULES)
def test_examples(name):
    try:
        module = importlib.import_module(f"rlx_fft.{name}")
    except ModuleNotFoundError as error:
        pytest.skip(f"{error.name} is not installed")
    assert doctest.testmod(module, optionflags=doctest.NORMALIZE_WHITESPACE).failed == 0


def _callables():
    """Public functions, and classes with their public methods, by name."""
    modules = {"": rlx_fft, "fft.": rlx_fft.fft, "kaldi.": rlx_fft.kaldi, "plot.": importlib.import_module("rlx_fft.plot")}
    for prefix, module in modules.items():
        for name in module.__all__:
            value = getattr(module, name)
            if inspect.isclass(value):
                yield prefix + name, value, inspect.getdoc(value), inspect.signature(value.__init__)
                for method, function in inspect.getmembers(value, lambda m: inspect.isfunction(m) or inspect.ismethod(m)):
                    if not method.startswith("_"):
                        yield f"{name}.{method}", function, inspect.getdoc(function), inspect.signature(function)
            elif inspect.isfunction(value):
                yield prefix + name, value, inspect.getdoc(value), inspect.signature(value)


DOCUMENTED = {name: (doc, signature) for name, _, doc, signature in _callables()}


@pytest.mark.parametrize("name", DOCUMENTED)
def test_docstrings_name_every_parameter(name):
    doc, signature = DOCUMENTED[name]
    assert doc, "no docstring"
    # Classes without arguments of their own, whose instances functions return.
    if name in ("DeviceArray", "LearnedFft"):
        return
    missing = [p for p in signature.parameters if p != "self" and not re.search(rf"(?<!\w){p}(?!\w)", doc)]
    assert not missing


#: Functions with SciPy's, librosa's, torchaudio's or MNE's names: their docstrings say whose, and what comes back.
ORIGINALS = {
    "scipy": [
        "welch", "periodogram", "csd", "coherence", "spectrogram", "find_peaks", "peak_prominences", "peak_widths", "argrelmax", "stft",
        "istft", "check_COLA", "check_NOLA", "ShortTimeFFT", "closest_STFT_dual_window", "get_window", "dpss", "detrend",
        "lombscargle", "fft.rfft", "fft.irfft", "fft.fft", "fft.ifft",
    ],
    "mne": ["multitaper"], "librosa": ["power_to_db", "mfcc", "delta"], "torchaudio": ["kaldi.fbank", "kaldi.mfcc"],
}  # fmt: skip


@pytest.mark.parametrize("original", ORIGINALS)
def test_docstrings_name_the_original_and_what_is_returned(original):
    for name in ORIGINALS[original]:
        doc, _ = DOCUMENTED[name]
        assert f"`{original}." in doc, name
        assert "Parameters\n" in doc, name
        assert "Returns\n" in doc or name in ("ShortTimeFFT", "check_COLA", "check_NOLA"), name

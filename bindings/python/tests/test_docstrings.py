"""The examples in the docstrings."""

import doctest
import importlib
import pkgutil

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

"""A pytest plugin: SciPy's own tests of spectral functions and peaks call this package's functions.

    python -m pytest -p scipy_shim --pyargs scipy.signal.tests.test_spectral scipy.signal.tests.test_peak_finding

with this folder on PYTHONPATH. Nothing of SciPy is copied: its installed tests run, with the names of `FUNCTIONS` in their
modules replaced. `SKIPPED` says which tests are left out and why; an entry that fits no test is an error.
"""

import pytest
import scipy.signal

import rlx_fft
from rlx_fft._patch import NAMES

FUNCTIONS = [name for name in NAMES if hasattr(rlx_fft, name)]

#: Parts of test ids, and why they do not apply.
SKIPPED = {
    "TestPeriodogram::test_shorter_window_error": "compares the text of an error; ours begins with the argument's name",
    "TestCSD::test_window_external": "compares the text of an error; ours begins with the argument's name",
    "TestFindPeaks::test_raises": "expects an error for arrays of two dimensions, which are batches here",
}


def pytest_collection_modifyitems(config, items):
    theirs = {getattr(scipy.signal, name): name for name in FUNCTIONS}
    for module in {item.module for item in items}:
        for attribute, value in list(vars(module).items()):
            try:
                name = theirs.get(value)
            except TypeError:
                continue
            if name is not None:
                setattr(module, attribute, getattr(rlx_fft, name))
    unused = set(SKIPPED)
    for item in items:
        for part, reason in SKIPPED.items():
            if part in item.nodeid:
                unused.discard(part)
                item.add_marker(pytest.mark.skip(reason=f"rlx_fft: {reason}"))
    if unused:
        raise pytest.UsageError(f"scipy_shim: no such tests: {', '.join(sorted(unused))}")

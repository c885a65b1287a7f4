"""SciPy's own tests of the installed version, run against this package by `scipy_shim.py`."""

import os
import pathlib
import re
import subprocess
import sys

import pytest
import scipy

HERE = pathlib.Path(__file__).parent


def test_scipys_tests_pass():
    if tuple(map(int, scipy.__version__.split(".")[:2])) < (1, 17):
        pytest.skip("the list of skipped tests is for SciPy 1.17 and later")
    path = os.pathsep.join([str(HERE), *sys.path])
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "scipy_shim", "-rs", "--pyargs"]
    command += [f"scipy.signal.tests.{name}" for name in ("test_spectral", "test_peak_finding")]
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "PYTHONPATH": path}, cwd=HERE.parent.parent)
    tail = done.stdout[-6000:] + done.stderr[-2000:]
    assert done.returncode == 0, tail
    passed = int(re.search(r"(\d+) passed", tail)[1])
    assert passed > 100, tail
    print(tail.splitlines()[-1])

"""A wheel, in a virtual environment that has nothing else."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1]

CODE = """
import logging, sys
import numpy as np
import rlx_fft
assert "site-packages" in rlx_fft.__file__, rlx_fft.__file__
x = np.sin(2 * np.pi * 50 * np.arange(4096) / 1000)
f, pxx = rlx_fft.welch(x, 1000, nperseg=500)
assert f[pxx.argmax()] == 50
assert rlx_fft.melspectrogram(x.astype("f4")).shape[0] == 80
try:
    rlx_fft.welch(x, window="dpss")
except ValueError as error:
    assert "window" in str(error)
assert "scipy" not in sys.modules
assert not any("does not have the feature" in absent["reason"] for absent in rlx_fft.devices()["absent"])
print(rlx_fft.__version__)
"""


@pytest.mark.skipif("RLX_TEST_WHEEL" not in os.environ, reason="RLX_TEST_WHEEL says which wheel, or builds one: 'build'")
def test_the_wheel_alone(tmp_path):
    wheel = os.environ["RLX_TEST_WHEEL"]
    if wheel == "build":
        subprocess.run([sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w", tmp_path, PACKAGE], check=True)
        (wheel,) = tmp_path.glob("rlx_fft-*.whl")
    assert "-abi3-" in Path(wheel).name
    names = zipfile.ZipFile(wheel).namelist()
    for part in ("rlx_fft/py.typed", "rlx_fft/_native.pyi", "rlx_fft/__init__.py"):
        assert part in names
    subprocess.run([sys.executable, "-m", "venv", tmp_path / "clean"], check=True)
    python = tmp_path / "clean" / "bin" / "python"
    subprocess.run([python, "-m", "pip", "install", "-q", wheel], check=True)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    done = subprocess.run([python, "-c", CODE], cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert Path(wheel).name.split("-")[1] == done.stdout.strip()

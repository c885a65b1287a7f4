"""The types of the public functions: what type checkers infer for calls, and that the stubs are those of the functions."""

import importlib.util
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent


def checked(*command):
    done = subprocess.run([sys.executable, "-m", *command], capture_output=True, text=True, cwd=HERE)
    assert done.returncode == 0, done.stdout + done.stderr


def test_mypy_infers_the_types_of_results():
    pytest.importorskip("mypy")
    checked("mypy", "--strict", "--warn-unused-ignores", "typing/cases.py")


def test_pyright_infers_the_types_of_results():
    if shutil.which("pyright") is None:
        pytest.skip("pyright is not installed")
    done = subprocess.run(
        ["pyright", "--pythonpath", sys.executable, "typing/cases.py"], capture_output=True, text=True, cwd=HERE
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_stubs_have_the_signatures_of_the_functions():
    pytest.importorskip("mypy")
    checked("mypy.stubtest", "--ignore-missing-stub", "--mypy-config-file", "../pyproject.toml", "--allowlist", "typing/allowed.txt", "--ignore-unused-allowlist", "rlx_fft")


def test_the_stubs_are_current():
    path = HERE.parent / "make_stubs.py"
    spec = importlib.util.spec_from_file_location("make_stubs", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    for name, text in module.stubs().items():
        assert (module.FOLDER / name).read_text(encoding="utf-8") == text, f"{name}: run make_stubs.py"

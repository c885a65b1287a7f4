"""Subinterpreters and free-threaded builds."""

import subprocess
import sys
import sysconfig

import pytest

CODE = """
import sys
sys.path[:] = {path!r}
try:
    import rlx_fft
except ImportError as error:
    assert "rlx_fft cannot be imported in a subinterpreter" in str(error), error
else:
    raise AssertionError("imported")
open({done!r}, "w").close()
"""


def test_a_subinterpreter_fails_with_a_clear_message(tmp_path):
    done = tmp_path / "done"
    inner = CODE.format(path=sys.path, done=str(done))
    outer = f"""
try:
    import _interpreters as module
except ImportError:
    import _xxsubinterpreters as module
there = module.create()
got = getattr(module, "exec", None) or module.run_string
print(got(there, {inner!r}))
"""
    result = subprocess.run([sys.executable, "-c", outer], capture_output=True, text=True)
    assert done.exists(), result.stdout + result.stderr


@pytest.mark.skipif(not sysconfig.get_config_var("Py_GIL_DISABLED"), reason="this Python has a global lock")
def test_the_import_does_not_bring_the_lock_back():
    code = "import sys, rlx_fft; sys.exit(int(sys._is_gil_enabled()))"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0

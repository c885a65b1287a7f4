"""Trainable transforms and front ends for PyTorch.

`LearnedTransform` is a product of butterflies, at the start the exact FFT; `LearnedFrontEnd` is a log-mel front end whose window,
transform and filters can be trained, at the start `rlx_fft.melspectrogram`. Gradients come from this package's kernels on the
CPU and from plain torch operations on other devices. Both are read from and written to the safetensors files of `rlx-fft`, and
written as ONNX with plain operators.
"""

try:
    import torch as _torch  # noqa: F401
except ImportError as error:
    raise ModuleNotFoundError("rlx_fft.torch needs torch: pip install 'rlx-fft[torch]'", name="torch") from error

from ._front_end import LearnedFrontEnd
from ._transform import LearnedTransform, butterflies

__all__ = ["LearnedFrontEnd", "LearnedTransform", "butterflies"]

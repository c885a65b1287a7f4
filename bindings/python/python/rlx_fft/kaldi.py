"""Kaldi's features with the names and defaults of `torchaudio.compliance.kaldi`, batched.

>>> import numpy as np
>>> from rlx_fft import kaldi
>>> kaldi.mfcc(np.sin(np.arange(16000.0))).shape
(98, 13)
"""

from ._kaldi import fbank, mfcc

__all__ = ["fbank", "mfcc"]

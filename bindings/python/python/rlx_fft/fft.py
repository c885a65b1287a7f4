"""Transforms of batches, as `numpy.fft` and `scipy.fft`: real and complex, of any length, float32 and float64.

>>> import numpy as np
>>> from rlx_fft import fft
>>> x = np.cos(2 * np.pi * np.arange(8) / 8)
>>> np.round(fft.rfft(x).real, 12) + 0.0
array([0., 4., 0., 0., 0.])
>>> bool(np.allclose(fft.irfft(fft.rfft(x)), x))
True
"""

from ._transforms import fft, ifft, irfft, rfft

__all__ = ["fft", "ifft", "irfft", "rfft"]

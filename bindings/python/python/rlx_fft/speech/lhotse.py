"""Kaldi's filterbank features for `lhotse`."""

from __future__ import annotations

from typing import Any

import numpy as np

from .._mel import melspectrogram

try:
    import torch
    from lhotse.features.base import register_extractor
    from lhotse.features.kaldi.extractors import Fbank as _Original
    from lhotse.features.kaldi.extractors import FbankConfig
except ImportError as error:
    raise ImportError("rlx_fft.speech.Fbank needs lhotse and torch: pip install lhotse torch") from error


class _Filters:
    """What lhotse's extractor calls: waveforms `[batch, samples]` to features `[batch, frames, filters]`."""

    def __init__(self, config: Any, original: Any) -> None:
        self._config = config
        self._original = original

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return getattr(self._original, name)

    def to(self, device: Any) -> _Filters:
        self._original.to(device)
        return self

    def __call__(self, samples: Any) -> Any:
        if samples.device.type != "cpu" or samples.shape[-1] == 0 or not _is_supported(self._config):
            return self._original(samples)
        c = self._config
        energies = melspectrogram(
            samples.detach().to(torch.float32).numpy(), "kaldi", sr=c.sampling_rate,
            win_length=int(np.floor(c.frame_length * c.sampling_rate)), hop_length=int(np.floor(c.frame_shift * c.sampling_rate)),
            n_mels=c.num_filters, fmin=c.low_freq, fmax=c.high_freq if c.high_freq > 0 else c.sampling_rate / 2 + c.high_freq,
            power=1.0 if c.use_fft_mag else 2.0, window=c.window_type, preemphasis=c.preemph_coeff,
            pad_mode="none" if c.snip_edges else "mirror", log=False, nan_policy="propagate",
        )  # fmt: skip
        return torch.from_numpy(energies).clamp_(min=torch.finfo(torch.float32).eps).log_()


def _is_supported(config: Any) -> bool:
    """Whether this package computes the same as lhotse for these options; lhotse computes the others itself."""
    return (
        config.remove_dc_offset
        and config.round_to_power_of_two
        and config.torchaudio_compatible_mel_scale
        and config.window_type == "povey"
        and not (config.dither or config.use_energy or config.norm_filters)
    )


@register_extractor
class Fbank(_Original):  # type: ignore[misc, valid-type, unused-ignore]
    """`lhotse.Fbank` with this package's features: the same configuration, batches and shapes.

    Features agree with lhotse's within its float32 rounding. Other devices and the options that this package lacks (dither,
    energy, other windows and mel scales) are lhotse's own.
    """

    name = "rlx-fbank"
    config_type = FbankConfig

    def __init__(self, config: Any = None) -> None:
        super().__init__(config=config)
        self.extractor: Any = _Filters(self.config, self.extractor)  # type: ignore[has-type, unused-ignore]

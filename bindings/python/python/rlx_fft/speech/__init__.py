"""Feature extractors of speech toolkits with this package's log-mel inside.

WhisperFeatureExtractor : in the place of `transformers.WhisperFeatureExtractor`.
Fbank, FbankConfig : in the place of `lhotse.Fbank`, an extractor named ``"rlx-fbank"``.

Each needs its toolkit, which is imported when the class is first asked for.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .lhotse import Fbank as Fbank
    from .lhotse import FbankConfig as FbankConfig
    from .whisper import WhisperFeatureExtractor as WhisperFeatureExtractor

_MODULES = {"WhisperFeatureExtractor": "whisper", "Fbank": "lhotse", "FbankConfig": "lhotse"}

__all__ = ["Fbank", "FbankConfig", "WhisperFeatureExtractor"]


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(f"{__name__}.{_MODULES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})

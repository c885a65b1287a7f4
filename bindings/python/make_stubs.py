"""Writes the typed overloads of the public functions: python make_stubs.py (from an environment with the package).

Signatures are those of the functions, so that they are written once; the table below says what a call returns for what kind
of samples. tests/test_types.py compares the files with what this would write.
"""

import inspect
import re
from pathlib import Path
from types import ModuleType

import rlx_fft

FOLDER = Path(__file__).parent / "python" / "rlx_fft"

#: Kinds of samples: their type, and what stands for r (real values), c (complex values), f (frequencies and other float64
#: values), i (positions) and s (values of the samples' own type) in results.
REAL_AND_COMPLEX = {
    "_Single | _ComplexSingle": dict(r="_F4", c="_C8", f="_F8", i="_Index", a="_Any"),
    "_Double | _ComplexDouble": dict(r="_F8", c="_C16", f="_F8", i="_Index", a="_Any"),
    "_Tensor": dict.fromkeys("rcfia", "_Tensor"),
    "Any": dict(r="_Any", c="_Any", f="_F8", i="_Index", a="_Any"),
}
OF_THE_SAME_TYPE = {
    "_Single": dict(s="_F4"), "_ComplexSingle": dict(s="_C8"), "_Double": dict(s="_F8"), "_ComplexDouble": dict(s="_C16"),
    "_Tensor": dict(s="_Tensor"), "Any": dict(s="_Any"),
}  # fmt: skip

#: Types of samples, which have no default where the argument is one of them.
SAMPLES = {*REAL_AND_COMPLEX, *OF_THE_SAME_TYPE} - {"Any"}

#: By function: names of the samples, then pairs of a result and the arguments that lead to it.
FUNCTIONS: dict[str, tuple[tuple[str, ...], list[tuple[str, dict[str, str]]]]] = {
    "welch": (("x",), [("tuple[f, r]", dict(confidence="None")), ("tuple[f, r, r]", dict(confidence="float"))]),
    "periodogram": (("x",), [("tuple[f, r]", {})]),
    "csd": (("x", "y"), [("tuple[f, c]", {})]),
    "coherence": (("x", "y"), [("tuple[f, r]", {})]),
    "spectrogram": (("x",), [
        ("tuple[f, f, r]", dict(mode='Literal["psd", "magnitude", "angle", "phase"]')),
        ("tuple[f, f, c]", dict(mode='Literal["complex"]')),
    ]),
    "stft": (("x",), [("tuple[f, f, c]", {})]),
    "istft": (("Zxx",), [
        ("tuple[f, r]", dict(input_onesided="Literal[True]")), ("tuple[f, c]", dict(input_onesided="Literal[False]")),
    ]),
    "multitaper": (("x",), [("tuple[f, r]", dict(confidence="None")), ("tuple[f, r, r]", dict(confidence="float"))]),
    "band_power": (("x",), [("f", {})]),
    "cross_spectral_matrix": (("x",), [("tuple[f, c]", {})]),
    "find_peaks": (("x",), [("tuple[i, dict[str, a]]", {})]),
    "peak_prominences": (("x",), [("tuple[f, i, i]", {})]),
    "peak_widths": (("x",), [("tuple[f, f, f, f]", {})]),
    "argrelmax": (("data",), [("tuple[i, ...]", {})]),
    "detrend": (("data",), [("s", {})]),
    "melspectrogram": (("x",), [("r", {})]),
    "mfcc": (("x",), [("r", {})]),
    "delta": (("data",), [("r", {})]),
    "power_to_db": (("S",), [("r", {})]),
    "lombscargle": (("y",), [
        ("f", dict(normalize='bool | Literal["power", "normalize"]')), ("_C16", dict(normalize='Literal["amplitude"]')),
    ]),
    "get_window": ((), [("_F8", {})]),
    "dpss": ((), [("_F8", dict(return_ratios="Literal[False]")), ("tuple[_F8, Any]", dict(return_ratios="Literal[True]"))]),
    "mel_filterbank": ((), [("_F8", {})]),
    "fft.rfft": (("x",), [("c", {})]),
    "fft.irfft": (("x",), [("r", {})]),
    "fft.fft": (("x",), [("c", {})]),
    "fft.ifft": (("x",), [("c", {})]),
    "kaldi.fbank": (("waveform",), [("r", {})]),
    "kaldi.mfcc": (("waveform",), [("r", {})]),
}  # fmt: skip

HEAD = '''"""{title} Written by make_stubs.py: change the functions or its table."""

from collections.abc import Callable, Sequence
from typing import Any, Literal, Protocol, SupportsIndex, TypeVar, overload

import numpy as np
import numpy.typing as npt
'''

TYPES = '''
_F4 = npt.NDArray[np.float32]
_F8 = npt.NDArray[np.float64]
_C8 = npt.NDArray[np.complex64]
_C16 = npt.NDArray[np.complex128]
_Index = npt.NDArray[np.intp]
_Any = npt.NDArray[Any]
_Single = npt.NDArray[np.float32] | npt.NDArray[np.float16]
_ComplexSingle = npt.NDArray[np.complex64]
_Double = npt.NDArray[np.float64 | np.integer[Any] | np.bool_] | Sequence[float] | Sequence[Sequence[float]]
_ComplexDouble = npt.NDArray[np.complex128] | Sequence[complex]

class _SupportsDLPack(Protocol):
    """A tensor of another library. One in host memory gives tensors; one on an NVIDIA device gives `DeviceArray`s."""

    def __dlpack__(self, *, stream: Any = ...) -> Any: ...
    def __dlpack_device__(self) -> tuple[Any, Any]: ...

_Tensor = TypeVar("_Tensor", bound=_SupportsDLPack)
'''

#: Aliases of the sources' annotations.
ALIASES = {
    "Detrend": "str | bool | Callable[[_Any], _Any] | None", "Scaling": 'Literal["density", "spectrum", "raw"]',
    "Norm": 'Literal["backward", "ortho", "forward"] | None',
    "Window": 'Literal["povey", "hanning", "hamming", "rectangular", "blackman"]', "np.ndarray": "_Any", "PRESET": "...",
}  # fmt: skip


def annotation(text: str) -> str:
    for alias, meaning in ALIASES.items():
        text = re.sub(rf"(?<![\w.]){re.escape(alias)}(?!\w)", meaning, text)
    return text


def default(value: object) -> str:
    simple = value is None or isinstance(value, (bool, int, str)) or (isinstance(value, float) and value == value and abs(value) < 1e300)
    return repr(value).replace("'", '"') if simple and not (isinstance(value, str) and value == "preset") else "..."


def header(name: str, function: object, types: dict[str, str], result: str, required: set[str]) -> str:
    """The line of a signature, with other types for some arguments; those in `required` have no default."""
    parameters, keyword_only = [], False
    for parameter in inspect.signature(function).parameters.values():  # type: ignore[arg-type]
        if parameter.kind is parameter.KEYWORD_ONLY or (parameter.name in required and parameter.default is not parameter.empty):
            if not keyword_only:
                parameters.append("*")
            keyword_only = True
        kind = types.get(parameter.name) or annotation(str(parameter.annotation))
        if parameter.kind is parameter.VAR_KEYWORD:
            parameters.append(f"**{parameter.name}: {kind}")
        elif parameter.default is parameter.empty or parameter.name in required or (parameter.default is None and kind in SAMPLES):
            parameters.append(f"{parameter.name}: {kind}")
        else:
            parameters.append(f"{parameter.name}: {kind} = {default(parameter.default)}")
    return f"def {name}({', '.join(parameters)}) -> {result}: ..."


def overloads(name: str, function: object) -> list[str]:
    samples, variants = FUNCTIONS[name]
    plain = name.rpartition(".")[2]
    kinds = {"": {}} if not samples else OF_THE_SAME_TYPE if variants[0][0] == "s" else REAL_AND_COMPLEX
    lines = []
    for result, arguments in variants:
        given = inspect.signature(function).parameters  # type: ignore[arg-type]
        required = {argument for argument in arguments if not fits(given[argument].default, arguments[argument])}
        for kind, letters in kinds.items():
            types = {**arguments, **dict.fromkeys(samples, kind)}
            text = re.sub(r"(?<!\w)([rcfias])(?!\w)", lambda m: letters[m.group(1)], result) if letters else result
            lines.append(header(plain, function, types, text, required))
    if len(lines) == 1:
        return lines
    # An array is a tensor, too: the first signature that fits is meant.
    ignored = "  # type: ignore[overload-overlap]  # pyright: ignore[reportOverlappingOverload]"
    return [f"@overload\n{line}{ignored}" for line in lines]


def fits(value: object, kind: str) -> bool:
    """Whether a default is of the type that a variant wants."""
    return value is None and kind == "None" or (isinstance(value, (str, bool)) and kind != "None" and repr(value).replace("'", '"') in kind) or (
        value is False and kind.startswith("bool")
    )


def module(title: str, prefix: str, source: ModuleType) -> str:
    imports, lines = [], []
    for name in source.__all__:
        member = getattr(source, name)
        if isinstance(member, ModuleType):
            imports.append(f"from . import {name} as {name}")
        elif prefix + name in FUNCTIONS:
            lines += overloads(prefix + name, member)
        elif name == "__version__":
            lines.append("__version__: str")
        else:
            home = member.__module__ if hasattr(member, "__module__") and member.__module__ not in ("builtins", "rlx_fft") else "rlx_fft._native"
            home = "_native" if inspect.isbuiltin(member) or name == "DeviceArray" else home.rpartition(".")[2]
            imports.append(f"from .{home} import {name} as {name}")
    text = HEAD.format(title=title)
    if imports:
        text += "\n" + "\n".join(sorted(imports)) + "\n"
    text += TYPES + "\n" + "\n".join(lines) + "\n"
    names = ", ".join(f'"{name}"' for name in source.__all__)
    return text + f"\n__all__ = [{names}]\n"


def stubs() -> dict[str, str]:
    """The files by name."""
    return {
        "__init__.pyi": module("Types of the package.", "", rlx_fft),
        "fft.pyi": module("Types of the transforms.", "fft.", rlx_fft.fft),
        "kaldi.pyi": module("Types of Kaldi's features.", "kaldi.", rlx_fft.kaldi),
    }


if __name__ == "__main__":
    for name, text in stubs().items():
        (FOLDER / name).write_text(text, encoding="utf-8")

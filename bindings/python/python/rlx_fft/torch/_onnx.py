"""ONNX models of transforms and front ends, written with plain operators: no custom domain, no complex numbers, no loops."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import numpy as np

from .._mel_general import _frame_len

try:
    import onnx
    from onnx import TensorProto, helper, numpy_helper
except ImportError as error:
    raise ModuleNotFoundError("ONNX needs onnx: pip install 'rlx-fft[onnx]'", name="onnx") from error

if TYPE_CHECKING:
    from ._front_end import LearnedFrontEnd
    from ._transform import LearnedTransform

_OPSET = 17


class _Graph:
    """Nodes under construction; values are named by number."""

    def __init__(self) -> None:
        self.nodes: list[Any] = []
        self.constants: dict[str, np.ndarray] = {}

    def constant(self, value: Any, kind: Any = np.float32) -> str:
        name = f"c{len(self.constants)}"
        self.constants[name] = np.array(value, kind, order="C")
        return name

    def ints(self, *values: int) -> str:
        return self.constant(values, np.int64)

    def op(self, kind: str, *inputs: str, output: str | None = None, **attributes: Any) -> str:
        output = output or f"v{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, inputs, [output], **attributes))
        return output

    def split(self, x: str, axis: int) -> tuple[str, str]:
        names = [f"v{len(self.nodes)}a", f"v{len(self.nodes)}b"]
        self.nodes.append(helper.make_node("Split", [x], names, axis=axis))
        return names[0], names[1]

    def write(self, path: Any, inputs: list[Any], outputs: list[Any]) -> None:
        constants = [numpy_helper.from_array(value, name) for name, value in self.constants.items()]
        graph = helper.make_graph(self.nodes, "rlx_fft", inputs, outputs, constants)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", _OPSET)], producer_name="rlx-fft")
        # What runtimes of opset 17 read.
        model.ir_version = 8
        onnx.checker.check_model(model)
        onnx.save(model, os.fspath(path))


def _butterflies(graph: _Graph, re: str, im: str | None, transform: LearnedTransform, leading: int) -> tuple[str, str]:
    """Real and imaginary parts of the transforms of vectors with `leading` axes before them."""
    n = transform.n_fft
    bits = n.bit_length() - 1
    twiddles = transform.butterflies().detach().cpu().double().numpy()
    orders = transform.orders.cpu().numpy()
    flat = graph.ints(*[0] * leading, n)

    def weighted(x: tuple[str, str | None], w: np.ndarray) -> tuple[str, str | None]:
        """`w·x`; None is zero."""
        re, im = x
        a, b = (graph.constant(part) for part in (w.real, w.imag))
        if not w.imag.any():
            if (w.real == 1).all():
                return x
            return graph.op("Mul", re, a), None if im is None else graph.op("Mul", im, a)
        if im is None:
            return graph.op("Mul", re, a), graph.op("Mul", re, b)
        real = graph.op("Sub", graph.op("Mul", re, a), graph.op("Mul", im, b))
        return real, graph.op("Add", graph.op("Mul", re, b), graph.op("Mul", im, a))

    def plus(x: str | None, y: str | None) -> str | None:
        return graph.op("Add", x, y) if x and y else x or y

    for stage in range(len(twiddles)):
        if stage % bits == 0:
            order = graph.constant(orders[stage // bits], np.int64)
            re = graph.op("Gather", re, order, axis=leading)
            im = im and graph.op("Gather", im, order, axis=leading)
        half = 1 << stage % bits
        shape = graph.ints(*[0] * leading, n // (2 * half), 2, half)
        w = (twiddles[stage][..., 0] + 1j * twiddles[stage][..., 1]).reshape(n // (2 * half), 1, half, 4)
        first_re, second_re = graph.split(graph.op("Reshape", re, shape), leading + 1)
        first_im, second_im = graph.split(graph.op("Reshape", im, shape), leading + 1) if im else (None, None)
        x, y = (first_re, first_im), (second_re, second_im)
        sums = []
        for one, other in ((0, 1), (2, 3)):
            (p, q), (r, s) = weighted(x, w[..., one]), weighted(y, w[..., other])
            sums.append((plus(p, r), plus(q, s)))
        parts: list[str | None] = []
        for top, bottom in zip(*sums):
            if top is None and bottom is None:
                parts.append(None)
                continue
            zero = graph.op("Sub", first_re, first_re) if top is None or bottom is None else ""
            joined = graph.op("Concat", top or zero, bottom or zero, axis=leading + 1)
            parts.append(graph.op("Reshape", joined, flat))
        re, im = str(parts[0]), parts[1]
    return re, im or graph.op("Sub", re, re)


def export_transform(transform: LearnedTransform, path: Any) -> None:
    graph = _Graph()
    re, im = _butterflies(graph, "frames", None, transform, 1)
    if transform.is_real:
        im = graph.op("Sub", im, im)
    graph.op("Identity", re, output="real")
    graph.op("Identity", im, output="imaginary")
    shape = ["rows", transform.n_fft]
    values = [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name in ("frames", "real", "imaginary")]
    graph.write(path, values[:1], values[1:])


def export_front_end(front_end: LearnedFrontEnd, path: Any) -> None:
    graph = _Graph()
    frames = _frames(graph, front_end)
    n = front_end.core["n_fft"]
    re, im = _butterflies(graph, frames, None, front_end.transform, 2)
    half = [graph.ints(0), graph.ints(n // 2 + 1), graph.ints(2)]
    re, im = (graph.op("Slice", part, *half) for part in (re, im))
    power = graph.op("Mul", re, re)
    if not front_end.transform.is_real:
        power = graph.op("Add", power, graph.op("Mul", im, im))
    if front_end.core["power"] != 2:
        power = graph.op("Pow", power, graph.constant(front_end.core["power"] / 2))
    bank = (front_end.mel * front_end.support).detach().cpu().numpy().T
    mel = graph.op("MatMul", power, graph.constant(bank))
    if "mel" in front_end.learn:
        mel = graph.op("Max", mel, graph.constant(0.0))
    mel = _logarithm(graph, mel, front_end.core)
    if front_end.core["frames_by_mels"]:
        graph.op("Identity", mel, output="features")
    else:
        graph.op("Transpose", mel, perm=[0, 2, 1], output="features")
    samples = helper.make_tensor_value_info("samples", TensorProto.FLOAT, ["rows", "samples"])
    mels = front_end.core["n_mels"]
    shape = ["rows", "frames", mels] if front_end.core["frames_by_mels"] else ["rows", mels, "frames"]
    graph.write(path, [samples], [helper.make_tensor_value_info("features", TensorProto.FLOAT, shape)])


def _shifted(graph: _Graph, x: str, c: float, axis: int) -> str:
    """`x[i] − c·x[i−1]`; the sample before the first is `x[0]`, times 0 on the signal (axis 1)."""
    at = graph.ints(axis)
    first = graph.op("Slice", x, graph.ints(0), graph.ints(1), at)
    if axis == 1:
        first = graph.op("Sub", first, first)
    before = graph.op("Concat", first, graph.op("Slice", x, graph.ints(0), graph.ints(-1), at), axis=axis)
    return graph.op("Sub", x, graph.op("Mul", before, graph.constant(c)))


def _frames(graph: _Graph, front_end: LearnedFrontEnd) -> str:
    """Windowed frames `[rows, frames, n_fft]` of `samples`."""
    core, length = front_end.core, _frame_len(front_end.core)
    x = "samples"
    if core["preemphasis_signal"]:
        x = _shifted(graph, x, core["preemphasis_signal"], 1)
    if front_end.pad_mode in ("constant", "reflect"):
        x = graph.op("Pad", x, graph.ints(0, length // 2, 0, length // 2), mode=front_end.pad_mode)
    elif front_end.pad_mode != "none":
        raise ValueError(f"pad_mode: {front_end.pad_mode!r} has no plain operator: 'none', 'constant' or 'reflect'")
    samples = graph.op("Gather", graph.op("Shape", x), graph.constant(1, np.int64))
    hop = graph.constant(core["hop_length"], np.int64)
    count = graph.op("Div", graph.op("Sub", samples, graph.constant(length, np.int64)), hop)
    if not core["drop_last_frame"]:
        count = graph.op("Add", count, graph.constant(1, np.int64))
    starts = graph.op("Range", graph.constant(0, np.int64), count, graph.constant(1, np.int64))
    starts = graph.op("Unsqueeze", graph.op("Mul", starts, hop), graph.ints(1))
    index = graph.op("Add", starts, graph.constant(np.arange(length), np.int64))
    frames = graph.op("Gather", x, index, axis=1)
    if core["remove_dc"]:
        frames = graph.op("Sub", frames, graph.op("ReduceMean", frames, axes=[-1], keepdims=1))
    if core["preemphasis_frame"]:
        frames = _shifted(graph, frames, core["preemphasis_frame"], 2)
    frames = graph.op("Mul", frames, graph.constant(front_end.window.detach().cpu().numpy()))
    if length < core["n_fft"]:
        frames = graph.op("Pad", frames, graph.ints(0, 0, 0, 0, 0, core["n_fft"] - length))
    return frames


def _logarithm(graph: _Graph, mel: str, core: dict[str, Any]) -> str:
    kind, first, second = core["log"]
    axes = [0, 1, 2] if core["max_over_batch"] else [1, 2]

    def at_least(x: str, least: float) -> str:
        return graph.op("Max", x, graph.constant(least))

    def log(x: str, factor: float) -> str:
        return graph.op("Mul", graph.op("Log", x), graph.constant(factor))

    def within(x: str, span: float) -> str:
        return graph.op("Max", x, graph.op("Sub", graph.op("ReduceMax", x, axes=axes, keepdims=1), graph.constant(span)))

    decibel = 10 / np.log(10)
    if kind == "decibel":
        reference = graph.op("ReduceMax", mel, axes=axes, keepdims=1) if core["ref_max"] else graph.constant(1.0)
        mel = graph.op("Sub", log(at_least(mel, first), decibel), log(at_least(reference, first), decibel))
        mel = mel if second is None else within(mel, second)
    elif kind == "log10":
        mel = log(at_least(mel, first), decibel / 10)
    elif kind == "ln":
        mel = graph.op("Log", at_least(mel, first))
    elif kind == "ln-plus":
        mel = graph.op("Log", graph.op("Add", mel, graph.constant(first)))
    kind, first, second, third = core["normalise"]
    if kind == "clamp":
        mel = graph.op("Div", graph.op("Add", within(mel, first), graph.constant(second)), graph.constant(third))
    elif kind == "per-feature":
        centred = graph.op("Sub", mel, graph.op("ReduceMean", mel, axes=[1], keepdims=1))
        squares = graph.op("ReduceSum", graph.op("Mul", centred, centred), graph.ints(1), keepdims=1)
        frames = graph.op("Gather", graph.op("Shape", mel), graph.constant(1, np.int64))
        degrees = graph.op("Cast", graph.op("Sub", frames, graph.constant(1, np.int64)), to=TensorProto.FLOAT)
        deviation = graph.op("Sqrt", graph.op("Div", squares, degrees))
        mel = graph.op("Div", centred, graph.op("Add", deviation, graph.constant(first)))
    return mel

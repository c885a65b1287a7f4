"""Trainable transforms and front ends beside torch's own operations."""

import copy
import json

import numpy as np
import pytest

import rlx_fft

torch = pytest.importorskip("torch", reason="torch is not installed")
pytest.importorskip("safetensors", reason="safetensors is not installed")

from rlx_fft.torch import LearnedFrontEnd, LearnedTransform, _transform, butterflies  # noqa: E402

FRONT_ENDS = [
    ("whisper", dict(n_fft=512, win_length=400)),
    ("librosa", dict(n_fft=512, hop_length=128, n_mels=40)),
    ("librosa", dict(n_fft=256, n_mels=20, ref_max=True, top_db=None, pad_mode="reflect")),
    ("librosa", dict(n_fft=256, n_mels=20, power=1.0, log=False, window=("kaiser", 8.0))),
    ("kaldi", dict(n_mels=24)),
    ("kaldi", dict(pad_mode="mirror", window="hamming")),
    ("torchaudio", dict(n_fft=512, n_mels=32, max_over="batch", top_db=60)),
    ("nemo", dict(n_mels=32)),
]


def noise(*shape, seed=0, dtype=torch.float32):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64).to(dtype)


def perturbed(transform, by=0.1, seed=1):
    with torch.no_grad():
        for i, p in enumerate(transform.parameters()):
            p.add_(by * noise(*p.shape, seed=seed + i, dtype=p.dtype))
    return transform


def two_products():
    """A convolution of 16 points: two products of butterflies, of which the real part counts."""
    rng = np.random.default_rng(4)
    taps = rng.normal(size=16)
    matrix = np.fft.ifft(np.fft.fft(np.eye(16)) * np.fft.fft(taps)).real.T
    return rlx_fft.fit(matrix, depth=2)


@pytest.mark.parametrize("weights", ["general", "angle"])
@pytest.mark.parametrize("n", [2, 16, 512])
def test_it_starts_as_the_fft(n, weights):
    x = noise(5, 3, n)
    got = LearnedTransform(n, weights=weights)(x)
    assert (got - torch.fft.fft(x)).abs().max() <= 8 * np.finfo("f4").eps * np.log2(n) * torch.fft.fft(x).abs().max()


@pytest.mark.parametrize("make", [lambda: LearnedTransform(16), lambda: LearnedTransform(16, weights="angle"),
                                  lambda: LearnedTransform(model=two_products())], ids=["general", "angle", "two products"])  # fmt: skip
def test_gradients_are_those_of_torch(make):
    """The kernels' gradients over weights and samples beside those of torch's autograd through plain operations."""
    transform = perturbed(make().double())
    x = noise(70, 16, dtype=torch.complex128).requires_grad_()
    target = noise(70, 16, seed=3, dtype=torch.complex128)
    found = []
    for forward in (transform, lambda x: butterflies(x, transform.butterflies(), transform.orders)):
        y = forward(x)
        y = y.real.to(y.dtype) if transform.is_real else y
        loss = ((y - target).abs() ** 2).sum() + (y.real**3).sum()
        found.append([y, *torch.autograd.grad(loss, [x, *transform.parameters()])])
    for ours, theirs in zip(*found):
        assert (ours - theirs).abs().max() <= 1e-12 * theirs.abs().max()


def test_gradients_are_those_of_finite_differences():
    transform = perturbed(LearnedTransform(8).double())
    function = lambda x, w: _transform._Kernels.apply(x, w, transform.orders)
    x = noise(3, 8, dtype=torch.complex128).requires_grad_()
    assert torch.autograd.gradcheck(function, (x, transform.twiddles))


def test_models_are_states_and_states_are_models(tmp_path):
    from safetensors.torch import load_file

    path = tmp_path / "model.safetensors"
    for source in (rlx_fft.train(16, seed=2), two_products()):
        source.save(path)
        module = LearnedTransform(model=source)
        other = LearnedTransform(model=source)
        for p in other.parameters():
            p.data.zero_()
        other.load_state_dict(load_file(path))
        x = noise(4, 16)
        for it in (module, other, LearnedTransform.load(path)):
            np.testing.assert_allclose(it(x).detach().numpy(), source(x.numpy()), atol=1e-5 * abs(source(x.numpy())).max())
        perturbed(module).save(path)
        again = rlx_fft.load(path)
        np.testing.assert_allclose(module(x).detach().numpy(), again(x.numpy()), atol=1e-4)
        record = again.record
        assert (record["method"], record["learner"], again.rel_l2) == ("torch", "gradient", None)
        assert torch.equal(module.twiddles, LearnedTransform(model=module.model()).twiddles)


def test_gates_of_a_model_act():
    transform = perturbed(LearnedTransform(16))
    transform.gates.copy_(torch.arange(32).reshape(4, 8) % 4)
    x = noise(5, 16)
    native = transform.model()
    assert native.dead_share > 0
    np.testing.assert_allclose(transform(x).detach().numpy(), native(x.numpy()), atol=1e-4)


@pytest.mark.parametrize("preset, keywords", FRONT_ENDS, ids=str)
@pytest.mark.parametrize("weights", ["general", "angle"])
def test_it_starts_as_melspectrogram(preset, keywords, weights):
    x = noise(2, 6000) * torch.linspace(0.1, 1, 6000)
    truth = rlx_fft.melspectrogram(x.double(), preset, **keywords)
    got = LearnedFrontEnd(preset, weights=weights, **keywords)(x)
    assert got.shape == truth.shape
    unit = {"librosa": 1e-3, "torchaudio": 1e-3, "kaldi": 2e-4, "nemo": 2e-3, "whisper": 2e-5}[preset]
    scale = float(truth.abs().max()) if keywords.get("log") is False else 1
    assert (got - truth).abs().max() <= unit * max(scale, 1)


@pytest.mark.parametrize("preset, keywords", FRONT_ENDS, ids=str)
def test_all_parts_have_torchs_gradients(preset, keywords, monkeypatch):
    x = noise(2, 2500, dtype=torch.float64).requires_grad_()
    front_end = LearnedFrontEnd(preset, learn=("window", "transform", "mel"), **keywords).double()
    perturbed(front_end.transform, 0.01)

    def gradients():
        y = front_end(x)
        weights = noise(*y.shape, seed=5, dtype=y.dtype)
        return torch.autograd.grad((weights * y).sum(), [x, *front_end.parameters()])

    ours = gradients()
    monkeypatch.setattr(_transform._Kernels, "apply", butterflies)
    for got, want in zip(ours, gradients()):
        assert want.abs().max() > 0
        assert (got - want).abs().max() <= 1e-9 * want.abs().max()


def test_what_is_not_learned_has_no_gradient_and_training_helps():
    front_end = LearnedFrontEnd("librosa", learn=("window", "transform"), weights="angle", n_fft=64, n_mels=8, log=False)
    assert [name for name, p in front_end.named_parameters() if p.requires_grad] == ["window", "transform.angles"]
    x, wanted = noise(4, 512), noise(4, 8, 5, seed=9).square()
    wanted = wanted * front_end(x).mean().item()
    losses = []
    optimiser = torch.optim.Adam([p for p in front_end.parameters() if p.requires_grad], 0.02)
    for _ in range(30):
        loss = (front_end(x) - wanted[..., :1]).square().mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    assert losses[-1] < 0.9 * losses[0]
    w = front_end.transform.butterflies()
    assert torch.allclose(w[..., 1, :].norm(dim=-1), torch.ones(6, 32)), "angles stay on the circle"


@pytest.mark.parametrize("weights", ["general", "angle"])
def test_front_ends_are_saved_loaded_and_copied(tmp_path, weights):
    keywords = dict(n_fft=256, n_mels=20, window=("kaiser", 6.0), norm=None)
    front_end = LearnedFrontEnd("librosa", learn=("mel", "window"), weights=weights, **keywords)
    perturbed(front_end, 0.01)
    path = tmp_path / "front.safetensors"
    front_end.save(path)
    x = noise(3, 4000)
    for same in (LearnedFrontEnd.load(path), copy.deepcopy(front_end)):
        assert torch.equal(same(x), front_end(x)) and same.learn == front_end.learn
    assert rlx_fft.load(path).n_fft == 256, "the file is a model file"
    LearnedTransform(8).save(path)
    with pytest.raises(ValueError, match="path"):
        LearnedFrontEnd.load(path)


#: What every runtime has: no custom domain, no complex type, no loop, no DFT.
PLAIN = {"Add", "Sub", "Mul", "Div", "Max", "Pow", "Log", "Sqrt", "MatMul", "Gather", "Reshape", "Split", "Concat", "Slice", "Pad", "Shape",
         "Range", "Unsqueeze", "Identity", "Transpose", "Cast", "ReduceMax", "ReduceMean", "ReduceSum"}  # fmt: skip


@pytest.mark.parametrize("preset, keywords", [case for case in FRONT_ENDS if case[1].get("pad_mode") != "mirror"], ids=str)
def test_onnx_gives_the_same(tmp_path, preset, keywords):
    onnx, runtime = pytest.importorskip("onnx"), pytest.importorskip("onnxruntime")
    path = tmp_path / "front.onnx"
    front_end = LearnedFrontEnd(preset, learn=("window", "transform", "mel"), **keywords)
    perturbed(front_end.transform, 0.01)
    front_end.to_onnx(path)
    model = onnx.load(path)
    assert {node.op_type for node in model.graph.node} <= PLAIN and len(model.opset_import) == 1
    session = runtime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    for rows, samples in [(1, 3000), (3, 5001)]:
        x = noise(rows, samples, seed=rows)
        (got,) = session.run(None, {"samples": x.numpy()})
        want = front_end(x).detach().numpy()
        assert got.shape == want.shape
        np.testing.assert_allclose(got, want, atol=2e-3 * max(1, abs(want).max() if keywords.get("log") is False else 1))


@pytest.mark.parametrize("kind", ["general", "angle", "gates", "two products"])
def test_onnx_of_transforms(tmp_path, kind):
    runtime = pytest.importorskip("onnxruntime")
    transform = LearnedTransform(model=two_products()) if kind == "two products" else LearnedTransform(16, weights="angle" if kind == "angle" else "general")
    if kind == "gates":
        transform.gates.copy_(torch.arange(32).reshape(4, 8) % 4)
    perturbed(transform)
    path = tmp_path / "transform.onnx"
    transform.to_onnx(path)
    x = noise(7, 16)
    re, im = runtime.InferenceSession(str(path), providers=["CPUExecutionProvider"]).run(None, {"frames": x.numpy()})
    np.testing.assert_allclose(re + 1j * im, transform(x).detach().numpy(), atol=1e-4)


def test_refusals():
    for bad, argument in [
        (lambda: LearnedTransform(12), "n_fft"), (lambda: LearnedTransform(), "n_fft"), (lambda: LearnedTransform(8, weights="real"), "weights"),
        (lambda: LearnedTransform(model=rlx_fft.train(8), weights="angle"), "weights"), (lambda: LearnedTransform(8)(torch.ones(9)), "x"),
        (lambda: LearnedFrontEnd("whisper"), "n_fft"), (lambda: LearnedFrontEnd("kaldi", learn=("all",)), "learn"),
        (lambda: LearnedFrontEnd("kaldi")(torch.ones(10)), "x"), (lambda: LearnedFrontEnd("mine"), "preset"),
    ]:  # fmt: skip
        with pytest.raises(ValueError, match=argument):
            bad()
    with pytest.raises(TypeError, match="n_fftt"):
        LearnedFrontEnd("kaldi", n_fftt=512)
    assert json.dumps(LearnedFrontEnd("kaldi").arguments)

"""Learned transforms against the transforms."""

import pickle

import numpy as np
import pytest
import scipy.fft

import rlx_fft


@pytest.mark.parametrize("transform", ["dft", "dct2"])
def test_fitted_transforms(transform, tmp_path):
    n = 32
    x = np.random.default_rng(1).normal(size=(5, 2, n))
    model = rlx_fft.fit(n, transform)
    truth = scipy.fft.fft(x) if transform == "dft" else scipy.fft.dct(x, norm="ortho")
    got = model(x) if transform == "dft" else model(x).real
    np.testing.assert_allclose(got, truth, atol=1e-5 * abs(truth).max())
    assert model.rel_l2 < 1e-6 and model.dead_share == 0
    model.save(tmp_path / "model.safetensors")
    for same in (rlx_fft.load(tmp_path / "model.safetensors"), pickle.loads(pickle.dumps(model))):
        np.testing.assert_array_equal(same(x), model(x))


def test_trained_from_random_weights():
    assert rlx_fft.train(8, seed=3).rel_l2 < 1e-5


@pytest.mark.parametrize("learn", [rlx_fft.fit, rlx_fft.train])
@pytest.mark.parametrize("kind", ["dct", "dst"])
def test_a_real_matrix_is_learned_by_its_real_part(learn, kind):
    matrix = getattr(scipy.fft, kind)(np.eye(64), norm="ortho", axis=0)
    model = learn(matrix)
    assert model.rel_l2 < 3e-7
    assert (model.record["shown"], model.record["order"]) == ("real-parts", "cosine")
    single = learn(matrix.astype("f4"))
    assert single.rel_l2 < 3e-7


def test_pairs_of_two_products():
    n = 16
    rng = np.random.default_rng(4)
    taps, x = rng.normal(size=n), rng.normal(size=(3 * n, n))
    y = np.fft.ifft(np.fft.fft(x) * np.fft.fft(taps)).real
    model = rlx_fft.fit((x, y), depth=2)
    np.testing.assert_allclose(model(x).real, y, atol=1e-5 * abs(y).max())
    assert model.record["shown"] == "pairs"


def test_callbacks_hear_stop_and_fail():
    heard = []
    rlx_fft.train(16, callback=lambda *told: heard.append(told))
    assert heard[0][0] == 0 and heard[-1][2] < 1e-5
    stopped = rlx_fft.train(16, callback=lambda *told: False)
    assert stopped.record["stop"] == "interrupted" and stopped.rel_l2 > 0.1

    def fail(*told):
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        rlx_fft.train(16, callback=fail)


def test_learned_peaks():
    x = np.random.default_rng(2).normal(size=(9, 96)).astype("f4")
    auto = rlx_fft.AutoWelchPeaks(9, 64, 4, "cpu", strategy="learned", learned=rlx_fft.fit(64))
    assert auto.strategy == "learned_compiled"
    truth = rlx_fft.welch_peaks(x, nperseg=64, k=4)
    np.testing.assert_allclose(auto(x)[..., 1], truth.power, rtol=1e-4)


def test_refusals(tmp_path):
    (tmp_path / "none").write_bytes(b"nothing of the kind")
    for bad, argument in [
        (lambda: rlx_fft.load(tmp_path / "none"), "path"), (lambda: rlx_fft.load(tmp_path / "absent"), "path"),
        (lambda: rlx_fft.fit(np.ones(8)), "matrix"), (lambda: rlx_fft.fit(8, depth=2), "depth"),
        (lambda: rlx_fft.fit(np.eye(8), "dct2"), "transform"), (lambda: rlx_fft.fit(8, permutation="x"), "permutation"),
        (lambda: rlx_fft.fit(48), "what"), (lambda: rlx_fft.fit(8, "wavelet"), "transform"),
        (lambda: rlx_fft.fit(8)(np.ones(9)), "x"), (lambda: rlx_fft.AutoWelchPeaks(2, 64, 3, strategy="learned"), "learned"),
    ]:  # fmt: skip
        with pytest.raises(ValueError, match=argument):
            bad()

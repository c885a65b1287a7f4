"""Feature extractors beside those of the toolkits."""

import pickle
import time

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

RNG = np.random.default_rng(2)


def speech(seconds, rate=16_000):
    t = np.arange(int(seconds * rate)) / rate
    envelope = 0.5 + 0.5 * np.sin(2 * np.pi * 3 * t)
    return (envelope * np.sin(2 * np.pi * (200 + 900 * t / seconds) * t) * 0.3 + 0.01 * RNG.normal(size=t.size)).astype("f4")


@pytest.fixture
def extractors():
    pytest.importorskip("transformers", reason="transformers is not installed")
    from transformers import WhisperFeatureExtractor as Theirs

    from rlx_fft.speech import WhisperFeatureExtractor as Ours

    return Ours, Theirs


def both(extractors, audio, made=(), **keywords):
    """Our features, theirs by NumPy, and theirs by torch where it is there."""
    made = dict(made)
    ours, theirs = (kind(**made)(audio, sampling_rate=16_000, **keywords) for kind in extractors)
    plain = extractors[1](**made)
    plain._torch_extract_fbank_features = plain._np_extract_fbank_features
    return ours, theirs, plain(audio, sampling_rate=16_000, **keywords)


@pytest.mark.parametrize(
    "audio",
    [speech(3), speech(31), list(speech(0.5)), [speech(1), speech(2.5)], np.stack([speech(1), speech(1)]), speech(2).astype("f8"),
     [list(speech(0.1)), list(speech(0.2))], np.zeros(16_000, "f4")],
    ids=["short", "longer than 30 s", "list", "batch", "array of rows", "f64", "lists", "silence"],
)  # fmt: skip
@pytest.mark.parametrize("keywords", [{}, dict(return_attention_mask=True), dict(do_normalize=True), dict(padding="longest")], ids=str)
def test_whisper_features_are_those_of_transformers(extractors, audio, keywords):
    ours, *others = both(extractors, audio, return_tensors="np", **keywords)
    for theirs in others:
        assert list(ours) == list(theirs)
        for name in theirs:
            assert ours[name].shape == theirs[name].shape and ours[name].dtype in (np.float32, theirs[name].dtype)
            assert_allclose(ours[name], theirs[name], atol=1e-4)


def test_whisper_options(extractors):
    for made in (dict(feature_size=128), dict(chunk_length=5, hop_length=80), dict(n_fft=512)):
        ours, theirs, _ = both(extractors, speech(4), made, return_tensors="np")
        assert_allclose(ours["input_features"], theirs["input_features"], atol=1e-4)
    for keywords in (dict(truncation=False, padding="longest"), dict(max_length=8000), dict(pad_to_multiple_of=1000, padding="longest")):
        ours, theirs, _ = both(extractors, [speech(1), speech(0.7)], return_tensors="np", **keywords)
        assert_allclose(ours["input_features"], theirs["input_features"], atol=1e-4)
    with pytest.raises(ValueError, match="sampling rate"):
        extractors[0]()(speech(1), sampling_rate=8000)


def test_whisper_extractors_are_saved_and_pickled(extractors, tmp_path):
    ours = extractors[0](feature_size=128)
    ours.save_pretrained(tmp_path)
    loaded, theirs = extractors[0].from_pretrained(tmp_path), extractors[1].from_pretrained(tmp_path)
    again = pickle.loads(pickle.dumps(ours))
    truth = ours(speech(1), sampling_rate=16_000, return_tensors="np")["input_features"]
    for same in (loaded, again):
        assert_array_equal(same(speech(1) * 0 + 0.5, sampling_rate=16_000, return_tensors="np")["input_features"].shape, truth.shape)
    assert theirs.feature_size == 128 and type(loaded) is extractors[0]


def test_whisper_dither_is_transformers_own(extractors):
    features = extractors[0](dither=0.1)(np.zeros(16_000, "f4"), sampling_rate=16_000, return_tensors="np")["input_features"]
    assert features.std() > 0


def test_whisper_speed_is_reported(extractors, capsys):
    ours, plain = extractors[0](), extractors[1]()
    plain._torch_extract_fbank_features = plain._np_extract_fbank_features
    audio, times = speech(30), {"ours": [], "numpy": []}
    for _ in range(3):
        for name, extractor in (("ours", ours), ("numpy", plain)):
            start = time.perf_counter()
            extractor(audio, sampling_rate=16_000, return_tensors="np")
            times[name].append(time.perf_counter() - start)
    fast, slow = (1e3 * float(np.median(t)) for t in times.values())
    with capsys.disabled():
        print(f"\n  WhisperFeatureExtractor, 30 s: {slow:.1f} ms by NumPy, {fast:.1f} ms here ({slow / fast:.1f}x)", end="")


def test_lhotse_features():
    pytest.importorskip("lhotse", reason="lhotse is not installed")
    torch = pytest.importorskip("torch")
    from lhotse import Fbank as Theirs

    from rlx_fft.speech import Fbank, FbankConfig

    for made in (
        {}, dict(num_filters=40, low_freq=0.0, high_freq=0.0), dict(sampling_rate=8000), dict(use_fft_mag=True),
        dict(frame_length=0.02, preemph_coeff=0.9), dict(window_type="hamming"), dict(norm_filters=True),
    ):  # fmt: skip
        rate = made.get("sampling_rate", 16_000)
        ours, theirs = (kind(FbankConfig(**made)) for kind in (Fbank, Theirs))
        a, b = speech(1.3, rate), speech(0.9, rate)
        assert ours.name == "rlx-fbank" and ours.feature_dim(rate) == theirs.feature_dim(rate)
        for x in (a, torch.from_numpy(a), a[None]):
            got, truth = ours.extract(x, rate), theirs.extract(x, rate)
            assert type(got) is type(truth) and got.shape == truth.shape
            assert_allclose(np.asarray(got), np.asarray(truth), atol=0.02)
        for got, truth in zip(ours.extract_batch([a, b], rate), theirs.extract_batch([a, b], rate), strict=True):
            assert_allclose(got, truth, atol=0.02)
    assert_allclose(pickle.loads(pickle.dumps(Fbank())).extract(a, 16_000), Fbank().extract(a, 16_000))


def test_missing_toolkits_are_named():
    import subprocess
    import sys

    code = """
import sys
sys.modules["transformers"] = sys.modules["lhotse"] = sys.modules["matplotlib"] = None
import rlx_fft.speech, rlx_fft.plot
for work, need in ((lambda: rlx_fft.speech.WhisperFeatureExtractor, "transformers"), (lambda: rlx_fft.speech.Fbank, "lhotse"),
                   (lambda: rlx_fft.plot.psd([0, 1], [1, 1]), "Matplotlib")):
    try:
        work()
    except ImportError as error:
        assert need in str(error), error
    else:
        raise AssertionError(need)
"""
    subprocess.run([sys.executable, "-c", code], check=True)

"""Decibels, cepstral coefficients, deltas, Kaldi's features and streams beside librosa, torchaudio and the whole signal."""

import librosa
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import rlx_fft
from rlx_fft import kaldi

RNG = np.random.default_rng(14)
SPEECH = (np.sin(np.arange(24000) * 0.05) * np.exp(-((np.arange(24000) / 9000 - 1) ** 2)) + 0.01 * RNG.normal(size=24000)).astype(
    np.float32
)


@given(st.sampled_from([1.0, 7.5, np.max, np.median, 1e-20]), st.sampled_from([None, 20.0, 80.0]), st.sampled_from([1e-10, 1e-3]),
       st.sampled_from([np.float32, np.float64, int]), st.sampled_from([(), (5,), (3, 4)]))  # fmt: skip
def test_power_to_db(ref, top_db, amin, kind, shape):
    S = (10 * RNG.random(size=shape)).astype(kind) if shape else kind(3)
    ours = rlx_fft.power_to_db(S, ref=ref, top_db=top_db, amin=amin)
    assert np.allclose(ours, librosa.power_to_db(S, ref=ref, top_db=top_db, amin=amin), rtol=1e-5, atol=1e-4)


@pytest.mark.parametrize("options", [dict(), dict(n_mfcc=13, lifter=22), dict(dct_type=3, norm=None), dict(dct_type=1, n_mfcc=8)])
def test_mfcc_of_librosa(options):
    ours, theirs = rlx_fft.mfcc(SPEECH, **options), librosa.feature.mfcc(y=SPEECH, **options)
    assert ours.shape == theirs.shape and ours.dtype == theirs.dtype
    assert np.abs(ours - theirs).max() <= 2e-5 * np.abs(theirs).max()
    S = RNG.normal(size=(2, 30, 7))
    assert np.allclose(rlx_fft.mfcc(S=S, **options), librosa.feature.mfcc(S=S, **options), atol=1e-12)


@given(st.sampled_from([3, 5, 9]), st.integers(1, 2), st.sampled_from(["interp", "nearest", "mirror", "constant", "wrap"]),
       st.integers(9, 40), st.sampled_from([0, 1, -1]))  # fmt: skip
def test_delta_of_librosa(width, order, mode, n, axis):
    x = RNG.normal(size=(n, 3) if axis == 0 else (2, n))
    ours = rlx_fft.delta(x, width=width, order=order, axis=axis, mode=mode)
    assert np.allclose(ours, librosa.feature.delta(x, width=width, order=order, axis=axis, mode=mode), atol=1e-12)


def test_feature_errors():
    S = np.ones((4, 6))
    for name, call in {
        "amin": lambda: rlx_fft.power_to_db(S, amin=0), "top_db": lambda: rlx_fft.power_to_db(S, top_db=-1),
        "width": lambda: rlx_fft.delta(S, width=4), "order": lambda: rlx_fft.delta(S, width=3, order=0),
        "mode": lambda: rlx_fft.delta(S, width=3, mode="no"), "n_mfcc": lambda: rlx_fft.mfcc(S=S, n_mfcc=0),
        "dct_type": lambda: rlx_fft.mfcc(S=S, dct_type=4), "lifter": lambda: rlx_fft.mfcc(S=S, lifter=-1),
        "x": lambda: rlx_fft.mfcc(), "dither": lambda: kaldi.fbank(SPEECH, dither=-1),
        "window_type": lambda: kaldi.fbank(SPEECH, window_type="no"), "frame_length": lambda: kaldi.fbank(SPEECH, frame_length=0.01),
        "num_ceps": lambda: kaldi.mfcc(SPEECH, num_ceps=99), "high_freq": lambda: kaldi.fbank(SPEECH, high_freq=9000.0),
        "sample_frequency": lambda: kaldi.fbank(SPEECH, sample_frequency=0),
    }.items():  # fmt: skip
        with pytest.raises((ValueError, TypeError), match=f"^{name}"):
            call()


OPTIONS = [
    dict(), dict(use_energy=True, energy_floor=0.0), dict(use_energy=True, htk_compat=True, raw_energy=False),
    dict(subtract_mean=True), dict(high_freq=-400.0, low_freq=40.0), dict(sample_frequency=8000.0),
    dict(frame_length=20.0, frame_shift=5.0, snip_edges=False), dict(round_to_power_of_two=False, window_type="hanning"),
]  # fmt: skip


@pytest.mark.parametrize("options", [*OPTIONS, dict(use_log_fbank=False), dict(use_power=False)])
def test_fbank_of_torchaudio(options, peer):
    torch, theirs = peer("torch"), peer("torchaudio").compliance.kaldi
    x = 20000 * SPEECH
    expected = theirs.fbank(torch.from_numpy(x)[None], **options).numpy()
    ours = kaldi.fbank(x, **options)
    assert ours.shape == expected.shape and np.abs(ours - expected).max() <= 2e-3 * max(1.0, np.abs(expected).max())


@pytest.mark.parametrize("options", [*OPTIONS, dict(num_ceps=20, cepstral_lifter=0.0), dict(htk_compat=True)])
def test_mfcc_of_torchaudio(options, peer):
    torch, theirs = peer("torch"), peer("torchaudio").compliance.kaldi
    x = 20000 * SPEECH
    expected = theirs.mfcc(torch.from_numpy(x)[None], **options).numpy()
    ours = kaldi.mfcc(x, **options)
    assert ours.shape == expected.shape and np.abs(ours - expected).max() <= 2e-3 * np.abs(expected).max()


def test_kaldis_numbers_of_kaldi_native_fbank():
    knf = pytest.importorskip("kaldi_native_fbank")
    x = 20000 * SPEECH
    for use_energy, raw, htk in [(True, True, False), (True, False, True)]:
        options = knf.MfccOptions()
        options.frame_opts.dither = 0
        options.mel_opts.num_bins = 23
        options.use_energy, options.raw_energy, options.htk_compat, options.energy_floor = use_energy, raw, htk, 0.0
        computer = knf.OnlineMfcc(options)
        computer.accept_waveform(16000, x.tolist())
        computer.input_finished()
        expected = np.array([computer.get_frame(i) for i in range(computer.num_frames_ready)])
        ours = kaldi.mfcc(x, use_energy=use_energy, raw_energy=raw, htk_compat=htk, energy_floor=0.0)
        assert np.abs(ours - expected).max() < 2e-3 * np.abs(expected).max()


def test_dither_is_normal_and_repeats():
    silence = np.zeros((2, 16000))
    a, b, c = (kaldi.fbank(silence, dither=1.0, seed=seed) for seed in (1, 1, 2))
    assert np.array_equal(a, b) and not np.array_equal(a, c)
    # The energy of white noise of deviation 1, in Kaldi's units.
    assert abs(kaldi.fbank(silence, dither=1.0, use_energy=True, raw_energy=True)[..., 0].mean() - np.log(400)) < 0.1


@pytest.mark.parametrize("preset, options", [("kaldi", {}), ("torchaudio", {}), ("librosa", dict(top_db=None)), ("whisper", dict(log=False)),
                                             ("nemo", dict(log=False)), ("torchaudio", dict(n_fft=512, n_mels=40))])  # fmt: skip
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_streams_give_the_frames_of_the_whole(preset, options, dtype):
    x = SPEECH.astype(dtype)
    whole = rlx_fft.melspectrogram(x, preset, **options)
    for size in (7000, 333):
        stream = rlx_fft.LogMelStream(preset, dtype=dtype, **options)
        parts = [stream.push(x[i : i + size]) for i in range(0, len(x), size)] + [stream.finish()]
        joined = np.concatenate(parts, axis=0 if preset == "kaldi" else 1)
        assert joined.shape == whole.shape and joined.dtype == whole.dtype
        assert np.abs(joined - whole).max() <= (1e-3 if dtype is np.float32 else 1e-9) * (1 + np.abs(whole).max())
    with pytest.raises(ValueError, match="^x:"):
        stream.push(x)


def test_streams_refuse_what_refers_to_the_whole():
    for preset in ("whisper", "nemo", "librosa"):
        with pytest.raises(ValueError):
            rlx_fft.LogMelStream(preset, **({"top_db": 80.0} if preset == "librosa" else {}))
    with pytest.raises(TypeError, match="^dtype:"):
        rlx_fft.LogMelStream("kaldi", dtype=int)

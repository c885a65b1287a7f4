"""Log-mel against the systems that the presets name, each in its own logarithm's unit."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal

import rlx_fft


def voice(seconds=3.0, rate=16_000, seed=0):
    """Harmonics with vibrato, a chirp and a floor of noise: 60 dB and more between the bands."""
    t = np.arange(int(seconds * rate)) / rate
    phase = 2 * np.pi * (140 * t + 4 * np.sin(2 * np.pi * 5 * t))
    x = sum(np.sin(h * phase) / h for h in range(1, 12)) * (0.5 + 0.5 * np.sin(2 * np.pi * 1.3 * t))
    x = x + 0.3 * np.sin(2 * np.pi * (300 * t + 900 * t**2)) + 1e-3 * np.random.default_rng(seed).normal(size=len(t))
    return (0.2 * x).astype(np.float32)


def assert_close_db(got, truth):
    """1e-3 dB where within 60 dB of the maximum, 0.1 dB below."""
    assert got.shape == truth.shape
    error = np.abs(got.astype(np.float64) - truth)
    strong = truth >= truth.max() - 60
    assert strong.any() and (~strong).any()
    assert error[strong].max() <= 1e-3, error[strong].max()
    assert error[~strong].max() <= 0.1, error[~strong].max()


def test_librosa(peer):
    librosa = peer("librosa")
    x = voice(rate=22_050)
    for keywords, ours in [
        ({}, {}),
        (dict(n_fft=1024, hop_length=256, n_mels=64, htk=True), dict(n_fft=1024, hop_length=256, n_mels=64, scale="htk")),
        (dict(n_mels=40, fmin=50, fmax=7000, norm=None), dict(n_mels=40, fmin=50, fmax=7000, norm="none")),
    ]:
        power = librosa.feature.melspectrogram(y=x.astype(np.float64), sr=22_050, **keywords)
        assert_close_db(rlx_fft.melspectrogram(x, "librosa", **ours), librosa.power_to_db(power))
        energies = rlx_fft.melspectrogram(x.astype("f8"), "librosa", log=False, **ours)
        np.testing.assert_allclose(energies, power, rtol=1e-6, atol=1e-9 * power.max())
    got = rlx_fft.melspectrogram(x, "librosa", ref_max=True, top_db=90)
    power = librosa.feature.melspectrogram(y=x.astype(np.float64), sr=22_050)
    assert_close_db(got, librosa.power_to_db(power, ref=np.max, top_db=90))
    bank = librosa.filters.mel(sr=22_050, n_fft=2048, n_mels=128, dtype=np.float64)
    np.testing.assert_allclose(rlx_fft.mel_filterbank("librosa"), bank, atol=1e-9)


def whisper_formula(x, n_mels, bank):
    """openai/whisper's log_mel_spectrogram in NumPy and float64."""
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(400) / 400)
    padded = np.pad(x.astype(np.float64), 200, mode="reflect")
    frames = np.lib.stride_tricks.sliding_window_view(padded, 400)[::160]
    power = np.abs(np.fft.rfft(frames * window, axis=-1)).T[:, :-1] ** 2
    log = np.log10(np.maximum(bank @ power, 1e-10))
    return (np.maximum(log, log.max() - 8) + 4) / 4


@pytest.mark.parametrize("n_mels", [80, 128])
def test_whisper(peer, n_mels):
    bank = peer("librosa").filters.mel(sr=16_000, n_fft=400, n_mels=n_mels, dtype=np.float64)
    x = voice()
    got = rlx_fft.melspectrogram(x, "whisper", n_mels=n_mels)
    # Its unit is (log10 + 4)/4: 40 dB.
    assert_close_db(40 * got.astype(np.float64), 40 * whisper_formula(x, n_mels, bank))
    pair = np.stack([x, 1e-3 * x])
    alone = rlx_fft.melspectrogram(pair)
    assert_array_equal(alone[0], rlx_fft.melspectrogram(x))
    together = rlx_fft.melspectrogram(pair, max_over="batch")
    assert_array_equal(together[0], alone[0])
    assert together[1].min() == together[0].max() - 2 > alone[1].min()


def test_kaldi(peer):
    fbank = peer("kaldi_native_fbank")
    x = voice() * 32768
    for bins in (23, 80):
        options = fbank.FbankOptions()
        options.frame_opts.dither = 0
        options.mel_opts.num_bins = bins
        computer = fbank.OnlineFbank(options)
        computer.accept_waveform(16_000, x.tolist())
        computer.input_finished()
        truth = np.stack([computer.get_frame(i) for i in range(computer.num_frames_ready)]).astype(np.float64)
        got = rlx_fft.melspectrogram(x, "kaldi", n_mels=bins)
        assert_close_db(10 / np.log(10) * got.astype(np.float64), 10 / np.log(10) * truth)


def test_torchaudio(peer):
    torch = peer("torch")
    transforms = peer("torchaudio").transforms
    x = voice()
    # In float64 throughout: torchaudio's own float32 filters stray by 5e-3 dB from its formula.
    torch.set_default_dtype(torch.float64)
    try:
        with pytest.warns(UserWarning, match="zero values"):
            mel = transforms.MelSpectrogram()
    finally:
        torch.set_default_dtype(torch.float32)
    truth = transforms.AmplitudeToDB()(mel(torch.from_numpy(x.astype(np.float64)))).numpy()
    got = rlx_fft.melspectrogram(torch.from_numpy(x), "torchaudio")
    assert isinstance(got, torch.Tensor)
    assert_close_db(got.numpy(), truth)


def test_nemo_formula():
    x = voice().astype(np.float64)
    emphasized = np.concatenate([x[:1], x[1:] - 0.97 * x[:-1]])
    window = np.zeros(512)
    window[56:456] = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(400) / 399)
    frames = np.lib.stride_tricks.sliding_window_view(np.pad(emphasized, 256), 512)[::160]
    power = np.abs(np.fft.rfft(frames * window, axis=-1)).T[:, : len(x) // 160] ** 2
    log = np.log(rlx_fft.mel_filterbank("nemo") @ power + 2.0**-24)
    truth = (log - log.mean(axis=1, keepdims=True)) / (log.std(axis=1, ddof=1, keepdims=True) + 1e-5)
    np.testing.assert_allclose(rlx_fft.melspectrogram(x, "nemo"), truth, atol=1e-6)
    np.testing.assert_allclose(rlx_fft.melspectrogram(x.astype("f4"), "nemo"), truth, atol=2e-3)


@pytest.mark.parametrize("preset", ["whisper", "librosa", "kaldi", "torchaudio", "nemo"])
def test_batches_axes_and_types(preset):
    x = np.stack([voice(0.5, seed=s) for s in range(6)]).reshape(2, 3, -1)
    got = rlx_fft.melspectrogram(x, preset, threads=3)
    for i in np.ndindex(2, 3):
        assert_array_equal(got[i], rlx_fft.melspectrogram(x[i], preset, threads=1))
    moved = rlx_fft.melspectrogram(np.moveaxis(x, 2, 1), preset, axis=1)
    assert_array_equal(moved, np.moveaxis(got, (-2, -1), (1, 2)))
    assert got.dtype == np.float32
    wide = rlx_fft.melspectrogram(x.astype("f8"), preset)
    assert wide.dtype == np.float64 and wide.shape == got.shape
    assert rlx_fft.melspectrogram((1000 * x).astype("i2"), preset).dtype == np.float64
    for over in ("item", "batch"):
        assert rlx_fft.melspectrogram(x[:0], preset, max_over=over).shape == (0, 3, *got.shape[-2:])


def test_refusals():
    x = voice(0.2)
    for keywords, argument in [
        (dict(preset="mp3"), "preset"), (dict(n_mels=0), "n_mels"), (dict(fmin=9000), "fmin"), (dict(hop_length=0), "hop_length"),
        (dict(scale="bark"), "scale"), (dict(pad_mode="wrap"), "pad_mode"), (dict(top_db=80), "top_db"), (dict(device="toaster"), "device"), (dict(nan_policy="drop"), "nan_policy"),
        (dict(norm="l2"), "norm"), (dict(max_over="all"), "max_over"), (dict(axis=1), "axis"),
    ]:  # fmt: skip
        with pytest.raises(ValueError, match=argument):
            rlx_fft.melspectrogram(x, **keywords)
    with pytest.raises(TypeError, match="x"):
        rlx_fft.melspectrogram(x.astype("c8"))
    with pytest.raises(ValueError, match="pad_mode: reflecting 200 samples"):
        rlx_fft.melspectrogram(x[:10])
    with pytest.raises(ValueError, match="x: signal of 10 samples"):
        rlx_fft.melspectrogram(x[:10], "kaldi")
    x[5] = np.nan
    with pytest.raises(ValueError, match="x: sample 5 of row 1"):
        rlx_fft.melspectrogram(np.stack([voice(0.2), x]))


@pytest.mark.parametrize("preset", ["whisper", "librosa", "kaldi", "torchaudio", "nemo"])
def test_missing_samples(preset):
    x = voice(0.5)
    short, long = x.copy(), x.copy()
    short[4000:4003] = np.nan
    long[4000:4100] = np.inf
    truth = x.copy()
    truth[4000:4003] = np.interp([4000, 4001, 4002], [3999, 4003], x[[3999, 4003]])
    lines = rlx_fft.melspectrogram(short, preset, nan_policy="interpolate:3")
    np.testing.assert_allclose(lines, rlx_fft.melspectrogram(truth, preset), atol=1e-3)
    energies = rlx_fft.melspectrogram(x, preset, log=False)
    frames = -2 if preset == "kaldi" else -1
    for bad, policy in ((short, "omit"), (long, "omit"), (long, "interpolate")):
        got = rlx_fft.melspectrogram(bad, preset, nan_policy=policy)
        lost = np.isnan(got).any(axis=-3 - frames)
        assert_array_equal(np.isnan(got).all(axis=-3 - frames), lost)
        assert 0 < lost.sum() < lost.size / 2 and not np.isinf(got).any()
        kept = np.isnan(rlx_fft.melspectrogram(bad, preset, nan_policy=policy, log=False))
        assert_array_equal(kept, np.broadcast_to(lost if frames == -1 else lost[:, None], kept.shape))
    # A NaN reaches all that is related to a maximum, mean or deviation, and else its own frames.
    spread = np.isnan(rlx_fft.melspectrogram(short, preset, nan_policy="propagate"))
    assert spread.all() == (preset in ("whisper", "librosa", "nemo")) and spread.any()
    assert_array_equal(rlx_fft.melspectrogram(x, preset, nan_policy="omit", log=False), energies)
    rows = rlx_fft.melspectrogram(np.stack([x, long, x]), preset, nan_policy="propagate", threads=2)
    assert_array_equal(np.isnan(rows).any(axis=(1, 2)), [False, True, False])

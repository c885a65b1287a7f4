"""What the originals derive from their arguments, and arguments that only the general path has."""

import warnings

import numpy as np
import pytest
import scipy.signal
from numpy.testing import assert_allclose

import rlx_fft

X = np.random.default_rng(4).normal(size=22_050).astype("f4")


@pytest.fixture(scope="module")
def librosa():
    return pytest.importorskip("librosa")


def energies(**keywords):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return rlx_fft.melspectrogram(X, "librosa", log=False, **keywords)


@pytest.mark.parametrize(
    "keywords",
    [
        dict(window=("kaiser", 8.0)), dict(window=scipy.signal.get_window("bohman", 1024), win_length=1024), dict(window="nuttall"),
        dict(window=("tukey", 0.3), n_fft=512), dict(pad_mode="edge"), dict(pad_mode="reflect"), dict(pad_mode="edge", n_fft=1024),
        dict(norm=1), dict(norm=2), dict(norm=np.inf, n_mels=20), dict(norm=None), dict(norm=1, window=("gaussian", 200), power=1),
        dict(window=np.hanning(2048)), dict(window="hann", win_length=800, n_fft=1024), dict(window="bartlett", win_length=801, n_fft=1024),
    ],
    ids=str,
)  # fmt: skip
@pytest.mark.parametrize("kind", ["f4", "f8"])
def test_librosas_windows_norms_and_padding(librosa, keywords, kind):
    given = {"pad_mode": "constant", "n_fft": 2048, "n_mels": 64, **keywords}
    x = X.astype(kind)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        truth = librosa.feature.melspectrogram(y=x, sr=22050, **given)
        got = rlx_fft.melspectrogram(x, "librosa", log=False, **given)
    assert got.shape == truth.shape and got.dtype == x.dtype
    assert np.linalg.norm(got - truth) <= 2e-6 * np.linalg.norm(truth)


@pytest.mark.parametrize("norm", ["slaney", None, 1, 2, np.inf])
@pytest.mark.parametrize("n_fft", [512, 2048])
def test_librosas_filters(librosa, norm, n_fft):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        truth = librosa.filters.mel(sr=22050, n_fft=n_fft, n_mels=80, norm=norm, dtype=np.float64)
        got = rlx_fft.mel_filterbank("librosa", n_fft=n_fft, n_mels=80, norm=norm)
    assert_allclose(got, truth, atol=1e-12 * truth.max())


def test_the_general_path_is_the_cores(librosa):
    """The same window as a name and as weights, in every preset."""
    windows = {"kaldi": "povey_symmetric", "nemo": "hann_symmetric"}
    from rlx_fft._windows import weights

    for preset in ("librosa", "whisper", "kaldi", "torchaudio", "nemo"):
        length = 2048 if preset == "librosa" else 400
        window = weights(windows.get(preset, "hann"), length)[0]
        for more in ({}, dict(log=False), dict(general=True)):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                x = X.astype("f8")
                # An "edge" that is far away: only the frames within are compared.
                general = more.pop("general", False)
                truth = rlx_fft.melspectrogram(x, preset, **more)
                got = rlx_fft.melspectrogram(x, preset, window=window, **more)
                if general and preset in ("librosa", "torchaudio"):
                    more = dict(log=False)
                    truth = rlx_fft.melspectrogram(x, preset, **more)[:, 6:-6]
                    got = rlx_fft.melspectrogram(x, preset, window=window, pad_mode="edge", **more)[:, 6:-6]
            assert got.shape == truth.shape
            assert_allclose(got, truth, rtol=1e-6, atol=1e-6 * np.abs(truth).max(), err_msg=preset)


def test_top_db_none_keeps_all(librosa):
    y = X.copy()
    y[:8000] *= 1e-6
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        power = librosa.feature.melspectrogram(y=y, sr=22050)
        for top_db in (80.0, 30.0, None):
            got = rlx_fft.melspectrogram(y, "librosa", top_db=top_db)
            assert_allclose(got, librosa.power_to_db(power, top_db=top_db), atol=2e-3)


def test_torchaudios_hop_is_half_the_window():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for keywords, frames in (
            (dict(n_fft=512), 1 + 22_050 // 256), (dict(win_length=300), 1 + 22_050 // 150), (dict(), 1 + 22_050 // 200),
            (dict(n_fft=512, hop_length=100), 1 + 22_050 // 100), (dict(n_fft=1024, win_length=400), 1 + 22_050 // 200),
        ):  # fmt: skip
            assert rlx_fft.melspectrogram(X, "torchaudio", **keywords).shape == (128, frames), keywords


@pytest.mark.parametrize("rate", [8000, 11_025, 16_000, 22_050, 48_000])
def test_kaldi_counts_milliseconds_at_any_rate(rate):
    knf = pytest.importorskip("kaldi_native_fbank")
    options = knf.FbankOptions()
    options.frame_opts.samp_freq, options.frame_opts.dither = rate, 0
    fbank = knf.OnlineFbank(options)
    x = np.round(3000 * X)
    fbank.accept_waveform(rate, x.tolist())
    fbank.input_finished()
    truth = np.array([fbank.get_frame(i) for i in range(fbank.num_frames_ready)])
    got = rlx_fft.melspectrogram(x, "kaldi", sr=rate)
    assert got.shape == truth.shape
    assert_allclose(got, truth, atol=0.02)


def test_filters_without_a_bin_are_warned_of_as_in_the_original(librosa):
    with pytest.warns(UserWarning) as theirs:
        librosa.filters.mel(sr=22050, n_fft=256, n_mels=128)
    with pytest.warns(UserWarning) as ours:
        rlx_fft.mel_filterbank("librosa", n_fft=256, n_mels=128)
    assert str(ours[0].message) == str(theirs[0].message) and ours[0].category is theirs[0].category
    assert ours[0].filename == __file__
    with pytest.warns(UserWarning, match="all zero values. The value for `n_mels` .128."):
        rlx_fft.melspectrogram(X, "torchaudio")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for preset in ("librosa", "whisper", "kaldi", "nemo"):
            rlx_fft.melspectrogram(X, preset)


def test_wrong_weights_are_refused():
    for window in (np.ones(5), np.ones((2, 400)), ("nonsense", 3), "nonsense"):
        with pytest.raises(ValueError, match="^window:"):
            energies(window=window)
    with pytest.raises(ValueError, match="^nan_policy:"):
        energies(norm=1, nan_policy="omit")
    bad = X.copy()
    bad[77] = np.nan
    with pytest.raises(ValueError, match="^x: sample 77"):
        rlx_fft.melspectrogram(bad, "librosa", norm=1)

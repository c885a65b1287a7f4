"""Tensors that lie on an NVIDIA device. Needs one, a torch with CUDA, and a build with the feature `cuda`."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import rlx_fft

torch = pytest.importorskip("torch")
if not torch.cuda.is_available() or not any(d["id"] == "cuda:0" for d in rlx_fft.devices()["devices"]):
    pytest.skip("no CUDA device for torch and for the package", allow_module_level=True)

RNG = np.random.default_rng(5)
EPS = np.finfo(np.float32).eps


def host(x):
    return torch.from_dlpack(x).cpu().numpy()


def close(got, truth):
    assert got.shape == truth.shape
    assert np.linalg.norm(got - truth) <= 64 * EPS * np.linalg.norm(truth)


@pytest.mark.parametrize("options", [{}, dict(detrend="constant", scaling="density"), dict(noverlap=0, window="hamming")])
def test_peaks_are_those_of_the_host(options):
    t = np.arange(384 * 3) / 128
    x = (np.sin(2 * np.pi * RNG.uniform(5, 60, (2, 50, 1)) * t) + 0.1 * RNG.normal(size=(2, 50, t.size))).astype("f4")
    truth = rlx_fft.welch_peaks(x, 128, 256, 1, **options)
    peaks = rlx_fft.welch_peaks(torch.from_numpy(x).cuda(), 128, 256, 1, **options)
    assert peaks.shape == (2, 50, 1) and peaks.resolution == 0.5
    assert_array_equal(host(peaks.bin), truth.bin)
    close(host(peaks.power), truth.power)
    close(peaks.power.to_host(), truth.power)
    assert torch.from_dlpack(peaks.packed).data_ptr() == torch.from_dlpack(peaks.packed).data_ptr()


def test_spectra_and_log_mel():
    x = (RNG.normal(size=(3, 16_000)) + 3).astype("f4")
    on = torch.from_numpy(x).cuda()
    f, psd = rlx_fft.welch(on, 16e3, nperseg=512, scaling="spectrum")
    assert_array_equal(f, rlx_fft.welch(x, 16e3, nperseg=512)[0])
    close(host(psd), rlx_fft.welch(x, 16e3, nperseg=512, scaling="spectrum")[1])
    close(host(rlx_fft.periodogram(on[:, :1024].contiguous())[1]), rlx_fft.periodogram(x[:, :1024])[1])
    f, t, s = rlx_fft.spectrogram(on, 16e3, "hann", 256)
    f0, t0, s0 = rlx_fft.spectrogram(x, 16e3, "hann", 256)
    assert_array_equal(t, t0)
    close(host(s), s0)
    assert not torch.from_dlpack(s).is_contiguous()
    for preset in ("whisper", "librosa", "kaldi", "torchaudio", "nemo"):
        got, truth = host(rlx_fft.melspectrogram(on, preset)), rlx_fft.melspectrogram(x, preset)
        assert got.shape == truth.shape and np.abs(got - truth).max() < 2e-3, preset
    z = (x + 1j * x[::-1]).astype("c8")
    z[1] += 1e3
    zs = torch.from_numpy(z).cuda()
    for options in ({}, dict(detrend=False, average="max"), dict(nperseg=200, nfft=256, noverlap=30, scaling="spectrum")):
        close(host(rlx_fft.welch(zs, **options)[1])[::2], rlx_fft.welch(z, **options)[1][::2])
    # An offset of a thousand leaves the noise around it.
    close(host(rlx_fft.welch(zs)[1])[1, 3:-3], rlx_fft.welch(z.astype("c16"))[1][1, 3:-3])
    close(host(rlx_fft.spectrogram(zs)[2])[::2], rlx_fft.spectrogram(z)[2][::2])


def test_streams():
    x = torch.randn(4096, 384, device="cuda")
    truth = host(rlx_fft.welch_peaks(x, nperseg=256, k=4).packed)
    side = torch.cuda.Stream()
    for stream in (torch.cuda.current_stream(), side, side.cuda_stream):
        work = side if stream is not torch.cuda.current_stream() else stream
        with torch.cuda.stream(work):
            late = x.clone()
            for _ in range(20):
                late = late * 1.0
            peaks = rlx_fft.welch_peaks(late, nperseg=256, k=4, nan_policy="propagate", stream=stream)
            twice = torch.from_dlpack(peaks.packed) * 2
        # Another stream is made to wait.
        assert_array_equal(host(peaks.packed), truth)
        work.synchronize()
        assert_array_equal(twice.cpu().numpy(), 2 * truth)
    # A producer in another stream than ours: DLPack's handshake orders them.
    with torch.cuda.stream(side):
        late = torch.zeros_like(x)
        for _ in range(50):
            late = late + 0.0
        late += x
        assert_array_equal(host(rlx_fft.welch_peaks(late, nperseg=256, k=4).packed), truth)


def test_memory_of_results_is_used_again_behind_whoever_reads_it():
    x = torch.randn(4096, 384, device="cuda")
    other, side = x.flip(0).contiguous(), torch.cuda.Stream()
    torch.cuda.synchronize()

    def peaks(x, stream):
        policy = dict(nan_policy="raise" if stream is None else "propagate")
        return rlx_fft.welch_peaks(x, nperseg=256, k=16, stream=stream, **policy).packed

    truth = host(peaks(x, None))
    for stream in (torch.cuda.current_stream(), side, None):
        for reader in (torch.cuda.current_stream(), side):
            with torch.cuda.stream(reader):
                seen = torch.from_dlpack(peaks(x, stream))
                torch.cuda._sleep(20_000_000)
                late = seen.clone()
            address = seen.data_ptr()
            # Nobody but the queued copy needs it any more.
            del seen
            with torch.cuda.stream(side if stream is None else stream):
                results = [torch.from_dlpack(peaks(other, stream)) for _ in range(3)]
            assert len({r.data_ptr() for r in results}) == 3
            if stream is not None and reader == stream:
                assert results[0].data_ptr() == address
            torch.cuda.synchronize()
            assert_array_equal(late.cpu().numpy(), truth)
            for result in results:
                assert_array_equal(result.cpu().numpy(), truth[::-1])


def test_integers_halves_and_cupy():
    x = RNG.integers(-3000, 3000, (64, 384)).astype("i2")
    truth = rlx_fft.welch_peaks(x.astype("f4"), nperseg=256, k=3)
    for same in (torch.from_numpy(x).cuda(), torch.from_numpy(x.astype("f2")).cuda().to(torch.float16)):
        peaks = rlx_fft.welch_peaks(same, nperseg=256, k=3)
        assert (host(peaks.bin) == truth.bin).mean() > 0.9
    cupy = pytest.importorskip("cupy")
    peaks = rlx_fft.welch_peaks(cupy.asarray(x.astype("f4")), nperseg=256, k=3)
    assert_array_equal(cupy.asnumpy(cupy.from_dlpack(peaks.bin)), truth.bin)
    assert_allclose(cupy.asnumpy(cupy.asarray(peaks.power)), truth.power, rtol=1e-4)


def test_refusals():
    x = torch.randn(4, 384, device="cuda")
    bad = x.clone()
    bad[2, 7] = float("nan")
    with pytest.raises(ValueError, match=r"x: row \[2\]"):
        rlx_fft.welch_peaks(bad, nperseg=256)
    power = host(rlx_fft.welch_peaks(bad, nperseg=256, nan_policy="propagate").power)
    assert_array_equal(np.isnan(power).all(-1), [False, False, True, False])
    for error, name, call in [
        (ValueError, "nan_policy", lambda: rlx_fft.welch_peaks(x, nperseg=256, stream=0)),
        (ValueError, "nan_policy", lambda: rlx_fft.welch(x, nan_policy="omit")),
        (TypeError, "x", lambda: rlx_fft.welch(x.double())),
        (TypeError, "x", lambda: rlx_fft.welch(x[:, ::2])),
        (TypeError, "x", lambda: rlx_fft.welch(x[0].requires_grad_())),
        (ValueError, "axis", lambda: rlx_fft.welch(x, axis=0)),
        (ValueError, "device", lambda: rlx_fft.welch(x, device="cpu")),
        (ValueError, "window", lambda: rlx_fft.welch(x, window=np.ones(64))),
        (TypeError, "x", lambda: rlx_fft.csd(x, x[:1])),
        (ValueError, "x: of this estimate the host runs", lambda: rlx_fft.welch(x, average="median")),
        (ValueError, "x: of this estimate the host runs", lambda: rlx_fft.welch(x.to(torch.complex64), detrend="linear")),
        (TypeError, "stream", lambda: rlx_fft.welch(x, stream="a")),
        (ValueError, "stream", lambda: rlx_fft.welch(np.ones(300), stream=0)),
    ]:
        with pytest.raises(error, match=name):
            call()


@pytest.mark.parametrize("rows", [1, 300])
def test_host_arrays_on_the_device(rows):
    x = RNG.normal(size=(rows, 20_000)).astype("f4")
    close(rlx_fft.welch(x, device="cuda")[1], rlx_fft.welch(x)[1])
    close(rlx_fft.welch(x, device="auto")[1], rlx_fft.welch(x)[1])
    close(rlx_fft.spectrogram(x, device="cuda:0")[2], rlx_fft.spectrogram(x)[2])
    assert np.abs(rlx_fft.melspectrogram(x, device="cuda") - rlx_fft.melspectrogram(x)).max() < 2e-3
    assert_array_equal(rlx_fft.welch(x.astype("f8"), device="cuda")[1], rlx_fft.welch(x.astype("f8"))[1])

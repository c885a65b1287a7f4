"""Writes the small audio files and array archives of crates/io/tests/data, for the readers' tests.

    pip install soundfile numpy
    python scripts/reader_samples.py

Two channels at 8 kHz: 440 Hz at 0.5 on the left, 1000 Hz at 0.25 on the right.
Made with soundfile 0.14 (libsndfile 1.2); lossless files are compared exactly, lossy ones by their peaks.
"""

from pathlib import Path

import numpy as np
import soundfile as sf

RATE = 8000
OUT = Path(__file__).resolve().parent.parent / "crates/io/tests/data"


def main() -> None:
    OUT.mkdir(parents=True, exist_ok=True)
    t = np.arange(10_000) / RATE
    tones = np.stack([0.5 * np.sin(2 * np.pi * 440 * t), 0.25 * np.sin(2 * np.pi * 1000 * t)], axis=1)
    for name, subtype in [
        ("pcm16.flac", "PCM_16"),
        ("pcm24.flac", "PCM_24"),
        ("pcm16.aiff", "PCM_16"),
        ("float.aiff", "FLOAT"),
        ("ulaw.aiff", "ULAW"),
        ("alaw.wav", "ALAW"),
        ("ima.wav", "IMA_ADPCM"),
        ("vorbis.ogg", "VORBIS"),
        ("lame.mp3", "MPEG_LAYER_III"),
    ]:
        frames = {"pcm16.flac": 10_000, "pcm24.flac": 1000, "float.aiff": 1000}.get(name, 4000)
        sf.write(OUT / name, tones[:frames], RATE, subtype=subtype)

    arrays = {
        "line": np.arange(300) * 0.5,
        "grid": np.arange(200, dtype="i2").reshape(2, 100),
        "iq": (np.arange(10) * (1 - 1j)).astype("c8"),
        "labels": np.array(["a", "b"]),
        "rate": np.float64(5),
    }
    np.savez(OUT / "stored.npz", **arrays)
    np.savez_compressed(OUT / "deflated.npz", **arrays)


if __name__ == "__main__":
    main()

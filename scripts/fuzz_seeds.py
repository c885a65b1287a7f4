"""Writes the seeds of fuzz/corpus from the readers' test data and a few files made here.

    pip install soundfile numpy
    python scripts/fuzz_seeds.py
"""

import io
import json
import shutil
import struct
import tarfile
from pathlib import Path

import numpy as np
import soundfile as sf

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT / "crates/io/tests/data"
OUT = ROOT / "fuzz/corpus"


def put(target: str, name: str, content: bytes) -> None:
    (OUT / target).mkdir(parents=True, exist_ok=True)
    (OUT / target / name).write_bytes(content)


def main() -> None:
    tone = 0.5 * np.sin(np.arange(300) * 0.3)
    stereo = np.stack([tone, -tone], axis=1)
    for subtype in ["PCM_U8", "PCM_16", "PCM_24", "PCM_32", "FLOAT", "DOUBLE", "ULAW", "IMA_ADPCM", "MS_ADPCM"]:
        for form in ["WAV", "WAVEX", "RF64"]:
            if form == "WAV" or not subtype.endswith("ADPCM"):
                buffer = io.BytesIO()
                sf.write(buffer, stereo, 8000, format=form, subtype=subtype)
                put("wav", f"{form}_{subtype}.wav".lower(), buffer.getvalue())
    for subtype in ["PCM_S8", "PCM_16", "PCM_24", "PCM_32", "FLOAT", "DOUBLE", "ULAW", "ALAW"]:
        buffer = io.BytesIO()
        sf.write(buffer, stereo, 8000, format="AIFF", subtype=subtype)
        put("aiff", f"{subtype}.aiff".lower(), buffer.getvalue())
    for subtype in ["PCM_S8", "PCM_16", "PCM_24"]:
        buffer = io.BytesIO()
        sf.write(buffer, stereo, 8000, format="FLAC", subtype=subtype)
        put("flac", f"{subtype}.flac".lower(), buffer.getvalue())
    for name, target, subtype in [("MP3", "mp3", "MPEG_LAYER_III"), ("OGG", "ogg", "VORBIS")]:
        for channels in (1, 2):
            buffer = io.BytesIO()
            sf.write(buffer, np.tile(stereo[:, :channels], (4, 1)), 8000, format=name, subtype=subtype)
            put(target, f"{channels}.{target}", buffer.getvalue())

    for dtype in ["?", "u1", "i2", ">u4", "i8", "f2", ">f4", "f8", "c8", ">c16", "U3"]:
        for order in "CF":
            buffer = io.BytesIO()
            np.save(buffer, np.zeros((3, 20), dtype=dtype, order=order))
            put("npy", f"{dtype.strip('>?') or 'b1'}_{order}.npy", buffer.getvalue())
    buffer = io.BytesIO()
    np.save(buffer, np.arange(50.0))
    put("npy", "line.npy", buffer.getvalue())
    for name in ["stored.npz", "deflated.npz"]:
        (OUT / "npz").mkdir(parents=True, exist_ok=True)
        shutil.copy(DATA / name, OUT / "npz" / name)

    for index, text in enumerate(
        [
            "a,b\n1,2\n3,4\n",
            "t;x\n0,5;1\n1,0;NA\n1,5;3\n",
            "date,v\n2020-01-01T00:00:00Z,1\n2020-01-01T00:00:01Z,2\n",
            "19580329,316.1\n19580405,317.3\n19580412,\n",
            '"x y"\t"z"\n1e5\t-inf\nnan\t+.5\n',
            " 1  2 \n\t3 4\n# note\n\n5 6\n",
            "530\r\n518\r\n506\r\n",
        ]
    ):
        put("csv", f"{index}.csv", text.encode())
    for kind in range(10):
        put("raw", f"{kind}", bytes([kind | (16 if kind % 2 else 0) | (32 if kind % 3 == 0 else 0), 2]) + bytes(range(64)))

    for name in ["plain.edf", "plus.edf", "plain.bdf", "plus.bdf", "gaps.edf"]:
        put(name.rpartition(".")[2], name, (DATA / name).read_bytes())
    captures = [{"core:sample_start": 0, "core:frequency": 1e8}, {"core:sample_start": 4, "core:frequency": 2e8}]
    for datatype in ["cf32_le", "ci16_be", "ru8", "cu8", "rf64_le"]:
        meta = {"global": {"core:datatype": datatype, "core:sample_rate": 1e6}, "captures": captures}
        put("sigmf", datatype, json.dumps(meta).encode() + b"\0" + struct.pack("<64f", *range(64)))
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for name, content in (("x.sigmf-meta", json.dumps(meta).encode()), ("x.sigmf-data", bytes(256))):
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    put("sigmf", "archive", archive.getvalue()[:2560])


if __name__ == "__main__":
    main()

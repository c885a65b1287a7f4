"""Writes the seeds of fuzz/corpus from the readers' test data and a few files made here.

    pip install soundfile numpy pyarrow
    python scripts/fuzz_seeds.py [--columnar]

`--columnar` writes the seeds of Parquet and Arrow only.
"""

import gzip
import io
import json
import shutil
import struct
import sys
import tarfile
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT / "crates/io/tests/data"
OUT = ROOT / "fuzz/corpus"


def put(target: str, name: str, content: bytes) -> None:
    (OUT / target).mkdir(parents=True, exist_ok=True)
    (OUT / target / name).write_bytes(content)


def columnar() -> None:
    """Small tables in every codec, with texts, times, lists, dictionaries and nulls."""
    import pyarrow as pa
    import pyarrow.feather as feather
    import pyarrow.parquet as pq

    rows = 24
    some = [None if i % 7 == 3 else i for i in range(rows)]
    device = pa.array([f"d{i // 9}" for i in range(rows)])
    tables = {
        "numbers": {
            "device": device.dictionary_encode(),
            "ts": pa.array([i * 10**7 for i in range(rows)], pa.timestamp("ns", "UTC")),
            "x": pa.array([float(i) for i in range(rows)], pa.float32()),
            "n": pa.array(some, pa.int16()),
            "p": pa.array(some).cast(pa.decimal128(21, 2)),
        },
        "lists": {
            "device": device,
            "v": pa.array([[float(k) for k in range(i % 5)] if i % 6 else None for i in range(rows)], pa.list_(pa.float32())),
            "f": pa.array([[1.0, 2.0]] * rows, pa.list_(pa.float64(), 2)),
        },
    }
    for name, columns in tables.items():
        table = pa.table(columns)
        for codec in ["none", "snappy", "gzip", "zstd", "lz4"]:
            for version in ["1.0", "2.0"]:
                if version == "2.0" and codec not in ("none", "zstd"):
                    continue
                buffer = io.BytesIO()
                options = {"data_page_version": version, "row_group_size": 15, "write_page_checksum": codec == "zstd"}
                pq.write_table(table, buffer, compression=codec, store_schema=codec != "gzip", **options)
                put("parquet", f"{name}_{codec}_v{version[0]}.parquet", buffer.getvalue())
        for codec in ["uncompressed", "lz4", "zstd"]:
            buffer = io.BytesIO()
            feather.write_feather(table, buffer, compression=codec, chunksize=15)
            put("arrow", f"{name}_{codec}.feather", buffer.getvalue())
        buffer = io.BytesIO()
        with pa.ipc.new_stream(buffer, table.schema) as stream:
            stream.write_table(table, max_chunksize=15)
        put("arrow", f"{name}.arrows", buffer.getvalue())


def main() -> None:
    columnar()
    if "--columnar" in sys.argv:
        return
    import soundfile as sf

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
    for form, target, subtypes in [
        ("W64", "w64", ["PCM_16", "FLOAT", "ULAW", "IMA_ADPCM", "MS_ADPCM"]),
        ("AU", "au", ["PCM_S8", "PCM_24", "DOUBLE", "ALAW"]),
    ]:
        for subtype in subtypes:
            buffer = io.BytesIO()
            sf.write(buffer, stereo, 8000, format=form, subtype=subtype)
            put(target, f"{subtype}.{target}".lower(), buffer.getvalue())
    buffer = io.BytesIO()
    sf.write(buffer, stereo, 8000, format="AIFF", subtype="IMA_ADPCM")
    put("aiff", "ima4.aiff", buffer.getvalue())
    for fmt in ["8", "16x2", "24", "32", "61", "80", "160", "212", "310", "311+4"]:
        header = f"r 2 250 40\nr.dat {fmt} 200(5)/mV 16 0 0 0 0 one\nr.dat {fmt} 100 16 3 0 0 0 two\n"
        put("wfdb", f"format{fmt}", header.encode() + b"\0" + bytes(i * 37 % 251 for i in range(400)))
    for kind in ["INT_16", "INT_32", "IEEE_FLOAT_32", "UINT_16"]:
        for orientation in ["MULTIPLEXED", "VECTORIZED"]:
            header = (
                "Brain Vision Data Exchange Header File Version 1.0\n[Common Infos]\nDataFile=a.eeg\nDataFormat=BINARY\n"
                f"DataOrientation={orientation}\nNumberOfChannels=2\nSamplingInterval=4000\n[Binary Infos]\n"
                f"BinaryFormat={kind}\n[Channel Infos]\nCh1=a,,0.5,µV\nCh2=b\\1c,,,\n"
            )
            put("brainvision", f"{kind}_{orientation}".lower(), header.encode() + b"\0" + bytes(range(160)))
    table = b"Device,1\nTime,x\nms,V\n" + b"".join(b"%d,%d.5\n" % (10 * i, i) for i in range(40))
    dates = b"date;x\n" + b"".join(b"%02d/03/2020 10:00:00 AM;1,5\n" % (i + 1) for i in range(20))
    for a in range(0, 256, 37):
        put("csv_options", f"table_{a}", bytes([a, a * 3 % 256]) + table)
        put("csv_options", f"dates_{a}", bytes([a | 2, a * 5 % 256]) + dates)
    put("csv", "preamble", table)
    put("csv", "dates", dates)
    put("csv", "utf16", table.decode().encode("utf-16"))
    put("csv", "errors", b"a,b\n#N/A,1\n2,#DIV/0!\n\"1,5\",3\n" * 4)
    put("any", "table.gz", gzip.compress(table, mtime=0))
    put("any", "array.gz", gzip.compress((OUT / "npy" / "line.npy").read_bytes(), mtime=0))
    # A frame of zstd with one raw block, behind one that is to be skipped.
    text = b"x\n1\n2\n"
    frame = b"\x28\xb5\x2f\xfd\x20" + bytes([len(text)]) + (len(text) << 3 | 1).to_bytes(3, "little") + text
    put("any", "table.zst", b"\x50\x2a\x4d\x18\x03\0\0\0abc" + frame)
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

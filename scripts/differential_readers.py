"""Reads seeded variants of every format by rlx-fft and by another reader, and compares all samples.

    pip install numpy soundfile wfdb mne pandas pyarrow
    python scripts/differential_readers.py [--program target/debug/rlx-fft] [--seed 1] [--rounds 3]

The program writes no samples, so the comparison is of `psd --n-fft 64 --scaling raw --detrend none --window boxcar`
of both: the other reader's samples go through the program too, as NPY, and every power must agree.
"""

import argparse
import gzip
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

PLAIN = ["--n-fft", "64", "--window", "boxcar", "--detrend", "none", "--scaling", "raw", "-f", "json"]


class Differ:
    def __init__(self, program: Path, folder: Path):
        self.program, self.folder = program, folder
        self.compared, self.failed = 0, []

    def psd(self, args: list[str], data: bytes | None = None) -> dict[str, np.ndarray]:
        """The spectra by channel, or by source and channel where a file has several signals."""
        run = subprocess.run([self.program, "psd", *args, *PLAIN[:-1], "jsonl"], input=data, capture_output=True)
        if run.returncode:
            raise RuntimeError(f"exit {run.returncode}: {run.stderr.decode()}")
        found = {}
        for line in run.stdout.decode().splitlines():
            signal = json.loads(line)
            for channel in signal["channels"]:
                found[f"{signal['source']} {channel['name']}"] = np.array([np.nan if v is None else v for v in channel["psd"]])
        return found

    def check(self, name: str, args: list[str], samples: np.ndarray, tolerance: float = 1e-9, data: bytes | None = None):
        """`samples` [channels, samples] is what the other reader has."""
        self.compared += 1
        try:
            reference = self.folder / "reference.npy"
            np.save(reference, np.ascontiguousarray(samples, dtype=np.float64))
            ours = list(self.psd(args, data).values())
            theirs = list(self.psd([str(reference), "--rate", "1"]).values())
            if len(ours) != len(theirs):
                raise RuntimeError(f"{len(ours)} channels instead of {len(theirs)}")
            for channel, (a, b) in enumerate(zip(ours, theirs)):
                scale = max(np.max(np.abs(b)), 1e-300)
                worst = np.max(np.abs(a - b)) / scale
                if not worst <= tolerance:
                    raise RuntimeError(f"channel {channel} differs by {worst:.2e} of the largest power")
        except Exception as error:  # every failure is listed, not the first alone
            self.failed.append(f"{name}: {error}")


def tones(rng: np.random.Generator, channels: int, frames: int) -> np.ndarray:
    t = np.arange(frames)
    freqs = rng.uniform(0.01, 0.45, channels)
    return 0.5 * np.sin(2 * np.pi * freqs[:, None] * t) + 0.05 * rng.standard_normal((channels, frames))


def audio(d: Differ, rng: np.random.Generator):
    import soundfile as sf

    coded = {"ULAW", "ALAW", "IMA_ADPCM", "MS_ADPCM"}
    variants = {
        "WAV": ["PCM_U8", "PCM_16", "PCM_24", "PCM_32", "FLOAT", "DOUBLE", "ULAW", "ALAW", "IMA_ADPCM", "MS_ADPCM"],
        "WAVEX": ["PCM_16", "PCM_24", "FLOAT", "ULAW", "ALAW"],
        "RF64": ["PCM_16", "PCM_24", "FLOAT", "ULAW", "ALAW"],
        "W64": ["PCM_U8", "PCM_16", "PCM_24", "FLOAT", "ULAW", "IMA_ADPCM", "MS_ADPCM"],
        "AU": ["PCM_S8", "PCM_16", "PCM_24", "PCM_32", "FLOAT", "DOUBLE", "ULAW", "ALAW"],
        "AIFF": ["PCM_S8", "PCM_16", "PCM_24", "PCM_32", "FLOAT", "DOUBLE", "ULAW", "ALAW", "IMA_ADPCM"],
        "FLAC": ["PCM_S8", "PCM_16", "PCM_24"],
    }
    for form, subtypes in variants.items():
        for subtype in subtypes:
            channels = int(rng.integers(1, 3))
            endian = "FILE"
            if form in ("AU", "AIFF", "WAV") and subtype.startswith("PCM_") and subtype[-1] in "46" or subtype == "PCM_24":
                if form == "AU" or (form == "AIFF" and subtype != "PCM_S8"):
                    endian = ["FILE", "LITTLE", "BIG"][int(rng.integers(0, 3))]
            path = d.folder / f"{form}.{subtype}.{form.lower()}"
            frames = int(rng.integers(2000, 9000))
            sf.write(path, tones(rng, channels, frames).T, 8000, format=form, subtype=subtype, endian=endian)
            samples, _ = sf.read(path, always_2d=True)
            samples = samples.T
            name = f"{form} {subtype} {endian} {channels}"
            if subtype in coded and form != "AU" and "ADPCM" in subtype:
                # The padding of the last block counts for libsndfile; where a header counts the samples, ours ends there.
                info = json.loads(subprocess.run([d.program, "info", path, "-f", "json"], capture_output=True).stdout)
                if not 0 <= samples.shape[1] - info["frames"] < 5000:
                    d.failed.append(f"{name}: {info['frames']} frames instead of {samples.shape[1]}")
                samples = samples[:, : info["frames"]]
            d.check(name, [str(path)], samples, 1e-6)
            d.check(f"{name} from a pipe", ["-"], samples, 1e-6, path.read_bytes())


def tables(d: Differ, rng: np.random.Generator):
    import pandas as pd

    for delimiter, decimal, encoding, ending in [
        (",", ".", "utf-8", "\n"),
        (";", ",", "utf-8-sig", "\r\n"),
        ("\t", ".", "utf-16", "\n"),
        ("\t", ",", "utf-16-le", "\r\n"),
        ("|", ".", "latin-1", "\n"),
        (",", ",", "utf-8", "\n"),
    ]:
        count = int(rng.integers(1, 5))
        frame = pd.DataFrame(tones(rng, count, 700).T, columns=[f"Größe {i}" for i in range(count)])
        frame.insert(0, "t [ms]", np.arange(700) * 5)
        path = d.folder / "table.csv"
        frame.to_csv(path, sep=delimiter, decimal=decimal, index=False, encoding=encoding, lineterminator=ending, quoting=1 if delimiter == decimal else 0)
        back = pd.read_csv(path, sep=delimiter, decimal=decimal, encoding=encoding).to_numpy(dtype=float).T[1:]
        name = f"CSV {delimiter!r} {decimal!r} {encoding}"
        d.check(name, [str(path), "--time", "1"], back)
        packed = gzip.compress(path.read_bytes())
        d.check(f"{name} gzip from a pipe", ["-", "--rate", "1"], back, data=packed)


def columns(d: Differ, rng: np.random.Generator):
    import pyarrow as pa
    import pyarrow.feather as feather
    import pyarrow.parquet as pq

    kinds = ["int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "float16", "float32", "float64"]
    rows = 3000
    values = tones(rng, len(kinds) + 2, rows)
    arrays_ = {kind: pa.array(np.asarray(row * (100 if "int" in kind else 1) + (100 if kind[0] == "u" else 0)).astype(kind)) for kind, row in zip(kinds, values)}
    arrays_["flag"] = pa.array(values[-2] > 0)
    arrays_["price"] = pa.array(np.round(values[-1] * 1000).astype(np.int64)).cast(pa.decimal128(22, 3))
    arrays_["dict"] = pa.array(np.round(values[-1] * 5)).dictionary_encode()
    table = pa.table(arrays_).slice(0, rows)
    back = np.stack([np.asarray(column.to_pylist(), dtype=float) for column in table.columns])
    lists = pa.table({"device": [f"d{i % 3}" for i in range(30)], "v": [row for row in back[8].reshape(30, 100)]})
    groups = pa.table({"device": np.arange(rows) % 3, "x": back[9], "y": back[8]})
    stored = {
        f"Parquet {codec} {version} {encoding}": (
            "t.parquet",
            lambda path, own, codec=codec, version=version, encoding=encoding: pq.write_table(
                own, path, compression=codec, data_page_version=version, row_group_size=1000, data_page_size=2000,
                use_dictionary=encoding == "dictionary", write_page_checksum=codec == "snappy"),
        )
        for codec in ["none", "snappy", "gzip", "zstd", "lz4"]
        for version in ["1.0", "2.0"]
        for encoding in ["dictionary", "plain"]
    }
    for codec in ["uncompressed", "lz4", "zstd"]:
        stored[f"Feather {codec}"] = ("t.feather", lambda path, own, codec=codec: feather.write_feather(own, path, compression=codec, chunksize=700))

    def stream(path, own):
        with pa.ipc.new_stream(path, own.schema) as out:
            out.write_table(own, max_chunksize=900)

    stored["Arrow stream"] = ("t.arrows", stream)
    for name, (file, write) in stored.items():
        path = d.folder / file
        write(path, table)
        d.check(name, [str(path), "--rate", "1"], back, 1e-6)
        d.check(f"{name} from a pipe", ["-", "--rate", "1"], back, 1e-6, path.read_bytes())
        write(path, lists)
        d.check(f"{name}, rows of lists", [str(path), "--rate", "1"], back[8].reshape(30, 100), 1e-6)
        write(path, groups)
        grouped = np.concatenate([back[[9, 8]][:, group::3] for group in range(3)])
        d.check(f"{name}, groups", [str(path), "--rate", "1", "--by", "device"], grouped, 1e-6)


def wfdb_records(d: Differ, rng: np.random.Generator):
    import wfdb

    for fmt, top in [("80", 127), ("212", 2047), ("16", 32000), ("24", 8_000_000), ("32", 2_000_000_000), ("61", 32000), ("160", 32000), ("310", 511), ("311", 511)]:
        channels = int(rng.integers(1, 4))
        digital = np.round(tones(rng, channels, 3001).T * top * 0.6).astype(np.int64)
        path = d.folder / f"r{fmt}"
        gains, baselines = rng.uniform(50, 400, channels).round(3), rng.integers(-20, 20, channels)
        if fmt in ("80", "212", "16", "24", "32"):
            wfdb.wrsamp(path.name, fs=250, units=["mV"] * channels, sig_name=[f"s{i}" for i in range(channels)], d_signal=digital, fmt=[fmt] * channels, adc_gain=list(gains), baseline=[int(b) for b in baselines], write_dir=str(d.folder))
        else:
            write_wfdb(path, fmt, digital, gains, baselines)
        record = wfdb.rdrecord(str(path), physical=True)
        d.check(f"WFDB {fmt} {channels}", [f"{path}.hea"], record.p_signal.T)
        d.check(f"WFDB {fmt} {channels} by its samples", [f"{path}.dat"], record.p_signal.T)


def wfdb_segments(d: Differ, rng: np.random.Generator):
    """A record of several segments, and its reference annotations."""
    import wfdb

    channels, lengths = int(rng.integers(1, 4)), [int(n) for n in rng.integers(300, 2000, 3)]
    for index, frames in enumerate(lengths):
        digital = np.round(tones(rng, channels, frames).T * 20_000).astype(np.int64)
        wfdb.wrsamp(f"part{index}", fs=250, units=["mV"] * channels, sig_name=[f"s{i}" for i in range(channels)], d_signal=digital, fmt=["16"] * channels, adc_gain=[200.0] * channels, baseline=[0] * channels, write_dir=str(d.folder))
    lines = [f"whole/{len(lengths)} {channels} 250 {sum(lengths)}"] + [f"part{i} {n}" for i, n in enumerate(lengths)]
    (d.folder / "whole.hea").write_text("\n".join(lines) + "\n")
    record = wfdb.rdrecord(str(d.folder / "whole"), physical=True)
    d.check(f"WFDB segments {channels}", [str(d.folder / "whole.hea")], record.p_signal.T)

    samples = np.unique(rng.integers(0, sum(lengths), 40))
    symbols = [str(s) for s in rng.choice(["N", "V", "+", "~", "A"], len(samples))]
    notes = [f"(note {i}" if s == "+" else "" for i, s in enumerate(symbols)]
    wfdb.wrann("whole", "atr", samples, symbols, aux_note=notes, fs=250, write_dir=str(d.folder))
    back = wfdb.rdann(str(d.folder / "whole"), "atr")
    wanted = [(s / 250, f"{symbol} {note}".strip()) for s, symbol, note in zip(back.sample, back.symbol, [n.rstrip("\0") for n in back.aux_note])]
    d.compared += 1
    run = subprocess.run([d.program, "info", str(d.folder / "whole.hea"), "-f", "json"], capture_output=True)
    found = [(a["start_s"], a["text"]) for a in json.loads(run.stdout)["annotations"]]
    if [(round(t, 9), text) for t, text in found] != [(round(t, 9), text) for t, text in wanted]:
        d.failed.append(f"WFDB annotations: {found[:3]} instead of {wanted[:3]}")


def write_wfdb(path: Path, fmt: str, digital: np.ndarray, gains, baselines):
    """The formats that wfdb reads and does not write."""
    flat = digital.reshape(-1)
    if fmt == "61":
        data = flat.astype(">i2").tobytes()
    elif fmt == "160":
        data = (flat + 32768).astype("<u2").tobytes()
    else:
        flat = np.concatenate([flat, np.zeros(-len(flat) % 3, dtype=np.int64)]).reshape(-1, 3) & 0x3FF
        if fmt == "311":
            data = (flat[:, 0] | flat[:, 1] << 10 | flat[:, 2] << 20).astype("<u4").tobytes()
        else:
            pairs = np.stack([flat[:, 0] << 1 | (flat[:, 2] & 31) << 11, flat[:, 1] << 1 | (flat[:, 2] >> 5) << 11], axis=1)
            data = pairs.astype("<u2").tobytes()
    Path(f"{path}.dat").write_bytes(data)
    lines = [f"{path.name} {digital.shape[1]} 250 {digital.shape[0]}"]
    lines += [f"{path.name}.dat {fmt} {gain}({base})/mV 16 0 0 0 0 s{i}" for i, (gain, base) in enumerate(zip(gains, baselines))]
    Path(f"{path}.hea").write_text("\n".join(lines) + "\n")


def brainvision(d: Differ, rng: np.random.Generator):
    import mne

    for kind, dtype in [("INT_16", "<i2"), ("INT_32", "<i4"), ("IEEE_FLOAT_32", "<f4")]:
        for orientation in ["MULTIPLEXED", "VECTORIZED"]:
            channels, frames = int(rng.integers(1, 5)), 1500
            samples = tones(rng, channels, frames) * (300 if dtype[1] == "i" else 50)
            stored = np.round(samples).astype(dtype) if dtype[1] == "i" else samples.astype(dtype)
            stem = d.folder / f"bv_{kind}_{orientation}"
            order = stored.T if orientation == "MULTIPLEXED" else stored
            stem.with_suffix(".eeg").write_bytes(np.ascontiguousarray(order).tobytes())
            resolution = rng.uniform(0.05, 2, channels).round(4)
            rows = "\n".join(f"Ch{i + 1}=E{i},,{r},µV" for i, r in enumerate(resolution))
            stem.with_suffix(".vhdr").write_text(
                "Brain Vision Data Exchange Header File Version 1.0\n\n[Common Infos]\nCodepage=UTF-8\n"
                f"DataFile={stem.name}.eeg\nMarkerFile={stem.name}.vmrk\nDataFormat=BINARY\nDataOrientation={orientation}\n"
                f"NumberOfChannels={channels}\nSamplingInterval=4000\n\n[Binary Infos]\nBinaryFormat={kind}\n\n[Channel Infos]\n{rows}\n",
                encoding="utf-8",
            )
            stem.with_suffix(".vmrk").write_text(
                "Brain Vision Data Exchange Marker File, Version 1.0\n\n[Common Infos]\nCodepage=UTF-8\n"
                f"DataFile={stem.name}.eeg\n\n[Marker Infos]\nMk1=New Segment,,1,1,0,20200101000000000000\nMk2=Stimulus,S  1,100,1,0\n",
                encoding="utf-8",
            )
            raw = mne.io.read_raw_brainvision(stem.with_suffix(".vhdr"), preload=True, verbose="error")
            d.check(f"BrainVision {kind} {orientation}", [f"{stem}.vhdr"], raw.get_data() * 1e6, 1e-6)


def edf(d: Differ, rng: np.random.Generator):
    import mne

    for records in (1, 7):
        channels, rate = int(rng.integers(1, 5)), 128
        digital = np.round(tones(rng, channels, rate * records) * 20000).astype("<i2")
        low, high = -rng.uniform(100, 900, channels).round(2), rng.uniform(100, 900, channels).round(2)
        field = lambda values, width: b"".join(str(v).encode().ljust(width) for v in values)
        header = b"0".ljust(8) + b"X X X X".ljust(80) + b"Startdate X X X X".ljust(80) + b"01.01.2000.00.00"
        header += field([256 * (channels + 1)], 8) + b" " * 44 + field([records, 1], 8) + field([channels], 4)
        names = [f"E{i}" for i in range(channels)]
        for values, width in [(names, 16), ([""] * channels, 80), (["uV"] * channels, 8), (low, 8), (high, 8), ([-32768] * channels, 8), ([32767] * channels, 8), ([""] * channels, 80), ([rate] * channels, 8), ([""] * channels, 32)]:
            header += field(values, width)
        path = d.folder / "a.edf"
        path.write_bytes(header + digital.reshape(channels, records, rate).transpose(1, 0, 2).tobytes())
        raw = mne.io.read_raw_edf(path, preload=True, verbose="error")
        d.check(f"EDF {records} {channels}", [str(path)], raw.get_data() * 1e6, 1e-6)
        d.check(f"EDF {records} {channels} from a pipe", ["-"], raw.get_data() * 1e6, 1e-6, path.read_bytes())


def arrays(d: Differ, rng: np.random.Generator):
    for dtype in ["u1", "<i2", ">i4", "<f2", "<f4", ">f8"]:
        for order in "CF":
            values = tones(rng, 3, 400)
            array = np.asarray(values * (100 if dtype[-2] in "ui" else 1), dtype=dtype, order=order)
            path = d.folder / "a.npy"
            np.save(path, array)
            d.check(f"NPY {dtype} {order}", [str(path), "--rate", "1"], array.astype(float), 1e-6)
            for save in (np.savez, np.savez_compressed):
                packed = d.folder / "a.npz"
                save(packed, x=array)
                d.check(f"NPZ {save.__name__} {dtype} {order}", [str(packed), "--rate", "1"], array.astype(float), 1e-6)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--program", default="target/debug/rlx-fft")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=2)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        d = Differ(Path(args.program).resolve(), Path(folder))
        for round_ in range(args.rounds):
            for part in (audio, tables, columns, wfdb_records, wfdb_segments, brainvision, edf, arrays):
                part(d, np.random.default_rng([args.seed, round_]))
        print(f"{d.compared} files compared, {len(d.failed)} differ")
        for failure in d.failed:
            print(" ", failure)
        sys.exit(1 if d.failed or not d.compared else 0)


if __name__ == "__main__":
    main()

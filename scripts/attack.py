#!/usr/bin/env python3
"""Attacks the whole program with damaged files and extreme arguments, and checks how it answers.

    scripts/attack.py --seconds 600 --seed 1 [--program target/release/rlx-fft] [--json counts.json]

Every run must
  - end with exit code 0, 1 or 2, without a signal, a panic or an abort, in 1 GiB of address space and in 60 s;
  - with 0, have written a result whose powers and frequencies are finite numbers (the default policy is --nan error);
  - leave its output file whole or not at all, and no temporary file;
  - send no control character to the terminal.
The same seed tries the same inputs in the same order. What fails is kept in --keep with the command that repeats it.
Standard library only.
"""
import argparse
import csv
import io
import json
import math
import os
import random
import resource
import shutil
import struct
import subprocess
import sys
import tempfile
import threading
import time
import zipfile
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ADDRESS_SPACE = 1 << 30
TIMEOUT = 60

# Seeds -------------------------------------------------------------------------------------------------------


def tone(n, rate=1000.0):
    return [math.sin(2 * math.pi * 50 * i / rate) + 0.3 * math.sin(2 * math.pi * 120 * i / rate) for i in range(n)]


def wav(fmt=1, bits=16, channels=1, n=1500):
    pack = {(1, 8): lambda v: struct.pack("B", int(127 + 90 * v)), (1, 16): lambda v: struct.pack("<h", int(20000 * v)),
            (1, 24): lambda v: struct.pack("<i", int(5e6 * v))[:3], (3, 32): lambda v: struct.pack("<f", v),
            (3, 64): lambda v: struct.pack("<d", v), (7, 8): lambda v: struct.pack("B", int(127 + 90 * v))}[fmt, bits]
    data = b"".join(pack(v / 1.5) * channels for v in tone(n))
    align = channels * bits // 8
    head = struct.pack("<HHIIHH", fmt, channels, 1000, 1000 * align, align, bits)
    body = b"WAVEfmt " + struct.pack("<I", 16) + head + b"data" + struct.pack("<I", len(data)) + data
    return b"RIFF" + struct.pack("<I", len(body)) + body


def aiff(n=1500):
    data = b"".join(struct.pack(">h", int(15000 * v)) for v in tone(n))
    comm = struct.pack(">hIh", 1, n, 16) + struct.pack(">HQ", 16383 + 9, 1000 << 54)
    body = b"AIFFCOMM" + struct.pack(">I", 18) + comm + b"SSND" + struct.pack(">III", 8 + len(data), 0, 0) + data
    return b"FORM" + struct.pack(">I", len(body)) + body


def npy(descr, data, shape):
    text = "{'descr': '%s', 'fortran_order': False, 'shape': %r, }" % (descr, shape)
    text += " " * (-(10 + len(text) + 1) % 64) + "\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text.encode() + data


def npy_seeds():
    values = tone(1500)
    yield npy("<f4", struct.pack("<1500f", *values), (1500,))
    yield npy("<f8", struct.pack("<1500d", *values), (750, 2))
    yield npy("<i2", b"".join(struct.pack("<h", int(9000 * v)) for v in values), (1500,))
    yield npy("<c8", b"".join(struct.pack("<ff", v, -v) for v in values), (1500,))


def npz(deflated):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED if deflated else zipfile.ZIP_STORED) as archive:
        for i, data in enumerate(npy_seeds()):
            archive.writestr(f"a{i}.npy", data)
    return out.getvalue()


def table(separator=",", decimal="."):
    lines = [separator.join(["time", "a", "b"])]
    for i, v in enumerate(tone(800)):
        lines.append(separator.join(f"{x:.5f}".replace(".", decimal) for x in (i / 1000, v, 0.5 * v)))
    return "\n".join(lines).encode()


def edf(bdf=False):
    channels, records, samples = 2, 3, 256
    out = (b"\xffBIOSEMI" if bdf else b"0       ") + b"X X X X".ljust(80) + b"Startdate X X X X".ljust(80)
    out += b"01.01.2001.00.00" + str(256 * (channels + 1)).encode().ljust(8)
    out += (b"24BIT" if bdf else b"").ljust(44) + str(records).encode().ljust(8) + b"1".ljust(8)
    out += str(channels).encode().ljust(4)
    top = 8388607 if bdf else 32767
    fields = [(16, "EEG Fp{}"), (80, ""), (8, "uV"), (8, "-100"), (8, "100"), (8, str(-top - 1)), (8, str(top)),
              (80, ""), (8, str(samples)), (32, "")]
    for width, text in fields:
        for channel in range(channels):
            out += text.format(channel + 1).encode().ljust(width)
    values = tone(records * samples)
    for record in range(records):
        for _ in range(channels):
            for v in values[record * samples:(record + 1) * samples]:
                whole = int(v * top / 2)
                out += struct.pack("<i", whole)[:3] if bdf else struct.pack("<h", whole)
    return out


def sigmf_meta():
    return json.dumps({"global": {"core:datatype": "cf32_le", "core:sample_rate": 1000.0, "core:version": "1.0.0"},
                       "captures": [{"core:sample_start": 0, "core:frequency": 1e8}], "annotations": []}).encode()


def seeds():
    """Each format with its seeds, as (extension, flags that read it, [bytes])."""
    rate = ["--rate", "1000"]
    raw = b"".join(struct.pack("<f", v) for v in tone(1500))
    found = {
        "wav": ("wav", [], [wav(), wav(1, 24, 2), wav(3, 32), wav(3, 64), wav(1, 8), wav(7, 8)]),
        "aiff": ("aiff", [], [aiff()]),
        "npy": ("npy", rate, list(npy_seeds())),
        "npz": ("npz", rate, [npz(True), npz(False)]),
        "csv": ("csv", rate, [table(), table(";", ","), table("\t")]),
        "csv-time": ("csv", ["--time", "time"], [table(), table(";", ",")]),
        "raw-f32": ("raw", rate + ["--raw", "f32le"], [raw]),
        "raw-f64": ("raw", rate + ["--raw", "f64le"], [raw]),
        "raw-iq": ("raw", rate + ["--raw", "iq-s16le"], [raw]),
        "edf": ("edf", [], [edf()]),
        "bdf": ("bdf", [], [edf(True)]),
        "sigmf": ("sigmf-meta", [], [sigmf_meta()]),
    }
    for kind, flags in (("parquet", rate), ("arrow", rate)):
        originals = [path.read_bytes() for path in sorted((ROOT / "fuzz/corpus" / kind).iterdir())]
        found[kind] = (kind, flags, originals)
        found[f"{kind}-groups"] = (kind, flags + ["--by", "device"], originals)
    # Formats that only other programs write: the small files that are kept for the readers' tests.
    for path in sorted((ROOT / "crates/io/tests/data").rglob("*")):
        kind = path.suffix.lstrip(".").lower()
        if kind in ("flac", "mp3", "ogg", "vhdr", "hea", "w64", "au") and path.stat().st_size < 200_000:
            found.setdefault(kind, (kind, [], []))[2].append(path.read_bytes())
    return found


# Mutations ---------------------------------------------------------------------------------------------------

EXTREME = [b"\0", b"\xff", b"\x7f", b"\x80", b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff", b"\xff\xff\xff\x7f", b"\0\0\0\x80",
           b"\0" * 8, b"\xff" * 8, struct.pack("<f", 1e38), struct.pack("<f", math.inf), struct.pack("<f", math.nan),
           struct.pack("<d", 1e308), struct.pack("<d", 1e-308), struct.pack("<f", 1e-40), b"\x1b[2J", b"\n", b",", b'"',
           b"-1", b"1e999", b"nan", b"99999999999999999999", b"=1+1", "\u202e".encode(), b"\xc2\x9b31m"]


def mutate(rng, data):
    data = bytearray(data)
    for _ in range(rng.choice([1, 1, 1, 2, 3, 8, 40])):
        if not data:
            break
        # The first bytes are headers, where damage does most.
        at = rng.randrange(min(len(data), rng.choice([64, 512, len(data)])))
        kind = rng.randrange(8)
        if kind == 0:
            data[at] ^= 1 << rng.randrange(8)
        elif kind == 1:
            data[at] = rng.randrange(256)
        elif kind in (2, 3):
            extreme = rng.choice(EXTREME)
            data[at:at + len(extreme)] = extreme
        elif kind == 4:
            data[at:at] = rng.choice(EXTREME) * rng.choice([1, 1, 50])
        elif kind == 5:
            del data[at:at + rng.choice([1, 2, 4, 100])]
        elif kind == 6:
            length = rng.choice([1, 4, 64, 1024])
            data[at:at] = data[at:at + length]
        else:
            del data[rng.randrange(len(data)):]
    return bytes(data)


HUGE = ["0", "1", "2", "3", "7", "-1", "65536", "1048576", "67108864", "2147483648", "18446744073709551615", "1e400", "nan",
        "inf", "99999999999999999999999", "", "x"]


def arguments(rng):
    """A command with options that make sense, and now and then one that does not."""
    command = rng.choice(["info", "peaks", "peaks", "psd", "psd", "spectrogram", "mel", "coherence"])
    args = [command] if command != "coherence" else [command, "1:2"]
    sane = {
        "info": [[]],
        "peaks": [[], ["--every", "0.5s"], ["--every", "100ms", "--n-fft", "64"], ["--mode", "bins", "-k", "3"],
                  ["--detrend", "none"], ["--sides", "two"], ["--nan", "interpolate"], ["--start", "0.5s"]],
        "psd": [[], ["--n-fft", "128"], ["--average", "median"], ["--average", "max"], ["--confidence", "95"],
                ["--cross", "1:2"], ["--sides", "two"], ["--scaling", "spectrum"], ["--duration", "1s"]],
        "spectrogram": [[], ["--n-fft", "64"], ["--n-fft", "64", "--hop", "100"], ["--n-fft", "100", "--segment", "50"]],
        "mel": [["--preset", "librosa"], ["--preset", "torchaudio", "--n-mels", "20"], ["--preset", "kaldi"],
                ["--preset", "librosa", "--n-fft", "64", "--hop", "16", "--n-mels", "8"], []],
        "coherence": [[], ["--n-fft", "64"]],
    }[command]
    args += rng.choice(sane)
    if command != "info" and rng.random() < 0.15:
        flags = ["--n-fft", "--hop", "--threads", "--start", "--duration", "--max-gap", "--channels", "--axis"]
        flags += {"mel": ["--n-mels", "--f-min", "--f-max"], "peaks": ["-k", "--distance", "--height", "--every"]}.get(
            command, ["--segment", "--band"])
        flag = rng.choice(flags)
        args.append(f"{flag}={rng.choice(HUGE)}" if flag.startswith("--") else f"-k{rng.choice(HUGE)}")
    return args


# One run -----------------------------------------------------------------------------------------------------


def finite_json(text):
    """The first field that should be a finite number and is not."""
    must = {"psd", "power", "freq", "re", "im", "magnitude", "mel", "t_s", "t_start_s", "t_end_s", "sample_rate"}

    def look(value, name):
        if isinstance(value, dict):
            return next((bad for key, v in value.items() if (bad := look(v, key))), None)
        if isinstance(value, list):
            return next((bad for v in value if (bad := look(v, name))), None)
        if name in must and not (isinstance(value, (int, float)) and math.isfinite(value)):
            return f"{name} is {value}"
        return None

    documents = [json.loads(text)] if text.lstrip().startswith(("{\n", "[")) else \
        [json.loads(line) for line in text.splitlines() if line]
    # `info` may not know a rate.
    return next((bad for d in documents if (bad := look(d, ""))), None)


def finite_csv(text):
    must = {"psd", "power", "freq", "re", "im", "magnitude", "mel", "t_s"}
    for row in csv.DictReader(io.StringIO(text)):
        for name in must & row.keys():
            try:
                value = float(row[name])
            except (TypeError, ValueError):
                return f"{name} is '{row[name]}'"
            if not math.isfinite(value):
                return f"{name} is {value}"
    return None


def limits():
    resource.setrlimit(resource.RLIMIT_AS, (ADDRESS_SPACE, ADDRESS_SPACE))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def acts(text):
    return next((c for c in text if (ord(c) < 32 and c not in "\n") or 0x7F <= ord(c) < 0xA0
                 or 0x202A <= ord(c) <= 0x202E or 0x2066 <= ord(c) <= 0x2069), None)


def attack(program, folder, rng, kinds):
    """One command on up to four mutants: (format, faults, exit code, answers, command)."""
    name = rng.choice(sorted(kinds))
    extension, flags, originals = kinds[name]
    batch = folder / "in"
    shutil.rmtree(folder, ignore_errors=True)
    batch.mkdir(parents=True)
    files = []
    for i in range(rng.choice([1, 1, 2, 4])):
        path = batch / f"m{i}.{extension}"
        path.write_bytes(mutate(rng, rng.choice(originals)))
        if extension == "sigmf-meta":
            path.with_suffix(".sigmf-data").write_bytes(bytes(rng.randrange(256) for _ in range(4000)))
        files.append(path)
    before = sorted(os.listdir(batch))
    args = arguments(rng) + (flags if "--time" not in flags else flags)
    fmt = rng.choice(["json", "jsonl", "csv", "table", "npy", "npz", "svg"])
    if args[0] == "info" and fmt in ("npy", "npz", "svg"):
        fmt = "table"
    if fmt == "svg" and "--every" in " ".join(args):
        fmt = "csv"
    piped = extension != "sigmf-meta" and len(files) == 1 and rng.random() < 0.25
    inputs = ["-"] if piped else [str(path) for path in files]
    out = None
    if fmt == "svg":
        args += ["--plot", str(folder / "p.svg"), "-f", "csv"]
    elif fmt in ("npy", "npz") or rng.random() < 0.3:
        out = folder / f"out.{fmt}"
        args += ["-f", fmt, "-o", str(out)]
    else:
        args += ["-f", fmt]
    command = [str(program), *args, *inputs]
    try:
        with open(files[0], "rb") as stdin:
            run = subprocess.run(command, stdin=stdin if piped else subprocess.DEVNULL, capture_output=True,
                                 timeout=TIMEOUT, preexec_fn=limits)
    except subprocess.TimeoutExpired:
        return name, ["no end within 60 s"], None, len(files), command
    faults = []
    stderr = run.stderr.decode("utf-8", "replace")
    if run.returncode not in (0, 1, 2):
        faults.append(f"exit code {run.returncode}")
    if "panicked" in stderr or "overflow" in stderr and "stack" in stderr:
        faults.append("panic")
    stdout = run.stdout.decode("utf-8", "replace")
    for text, where in [(stderr, "standard error"), (stdout if fmt == "table" else "", "the table")]:
        if (odd := acts(text)) is not None:
            faults.append(f"U+{ord(odd):04X} in {where}")
    if "memory allocation" in stderr:
        faults.append("allocation failed")
    left = sorted(os.listdir(folder))
    whole = {"in"} | ({out.name} if out else set()) | {p for p in left if p.startswith("p") and p.endswith(".svg")}
    if extra := set(left) - whole:
        faults.append(f"left {sorted(extra)}")
    if sorted(os.listdir(batch)) != before:
        faults.append("the inputs' folder changed")
    text = stdout
    if out is not None:
        text = out.read_text("utf-8", "replace") if out.exists() and fmt not in ("npy", "npz") else ""
        if run.returncode == 0 and not out.exists():
            faults.append("exit code 0 and no file")
    elif run.returncode == 0 and not stdout:
        faults.append("exit code 0 and no result")
    if text and run.returncode in (0, 1) and args[0] != "info":
        try:
            bad = finite_json(text) if fmt in ("json", "jsonl") else finite_csv(text) if fmt in ("csv", "svg") else None
            if bad and run.returncode == 0:
                faults.append(f"exit code 0 and {bad}")
        except (json.JSONDecodeError, csv.Error) as error:
            faults.append(f"output is no {fmt}: {error}")
    return name, faults, run.returncode, len(files), command


# The campaign ------------------------------------------------------------------------------------------------


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", type=Path, default=ROOT / "target/release/rlx-fft")
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--runs", type=int, default=None, help="stop after so many runs")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 2)
    parser.add_argument("--keep", type=Path, default=ROOT / "target/attack")
    parser.add_argument("--json", type=Path, help="write the counts here")
    args = parser.parse_args()
    program = args.program.resolve()
    if not program.is_file():
        sys.exit(f"{program} is not there: cargo build --release -p rlx-fft")
    kinds = seeds()
    runs, files, codes, failed = Counter(), Counter(), {name: Counter() for name in kinds}, []
    end, lock, number = time.monotonic() + args.seconds, threading.Lock(), iter(range(args.runs or 1 << 62))

    def worker(index):
        with tempfile.TemporaryDirectory(prefix="attack-") as temporary:
            folder = Path(temporary) / "w"
            while time.monotonic() < end:
                with lock:
                    case = next(number, None)
                if case is None:
                    return
                rng = random.Random(f"{args.seed}/{case}")
                name, faults, code, count, command = attack(program, folder, rng, kinds)
                with lock:
                    runs[name] += 1
                    files[name] += count
                    codes[name][code] += 1
                    if faults:
                        kept = args.keep / f"seed{args.seed}-{case}"
                        shutil.rmtree(kept, ignore_errors=True)
                        shutil.copytree(folder, kept, dirs_exist_ok=True)
                        line = " ".join(command).replace(str(folder), str(kept))
                        (kept / "command.txt").write_text(line + "\n" + "\n".join(faults) + "\n")
                        failed.append((case, name, faults))
                        print(f"case {case} ({name}): {'; '.join(faults)}\n    {line}", flush=True)

    with ThreadPoolExecutor(args.workers) as pool:
        for future in [pool.submit(worker, i) for i in range(args.workers)]:
            future.result()
    print(f"{'format':<10} {'runs':>7} {'files':>7} {'0':>7} {'1':>7} {'2':>7}  other")
    for name in sorted(kinds):
        other = {code: n for code, n in codes[name].items() if code not in (0, 1, 2)}
        print(f"{name:<10} {runs[name]:>7} {files[name]:>7} {codes[name][0]:>7} {codes[name][1]:>7} {codes[name][2]:>7}"
              f"  {other or '-'}")
    print(f"{sum(runs.values())} runs on {sum(files.values())} damaged files, seed {args.seed}: {len(failed)} with a fault")
    if args.json:
        args.json.write_text(json.dumps({"seed": args.seed, "runs": dict(runs), "files": dict(files),
                                         "codes": {n: {str(k): v for k, v in c.items()} for n, c in codes.items()},
                                         "faults": [[c, n, f] for c, n, f in failed]}, indent=1))
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""Faults of the system around the program: full disks, signals at any moment, containers, closed streams, pipes.

    scripts/faults.py [--program target/release/rlx-fft] [--seed 1] [--kills 40] [--all]

After every fault an output file is the old one or the whole new one, and no temporary file is left (SIGKILL leaves one,
which is harmless). --all tries every combination of moment, format and signal instead of --kills of them.
Needs root for the full disk and the container; without it these two are skipped and said. Standard library only.
"""
import argparse
import itertools
import math
import os
import random
import resource
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FORMATS = ["table", "json", "jsonl", "csv", "npy", "npz"]
SIGNALS = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGKILL]
# When it is hit: as soon as it runs, as soon as its file exists, with the first bytes, and some time into the work.
MOMENTS = ["start", "created", "first bytes", "later"]
OLD = b"old content\n"


class Fault(AssertionError):
    pass


def check(condition, text):
    if not condition:
        raise Fault(text)


def recording(path, seconds=20, rate=8000):
    tone = [struct.pack("<h", int(12000 * math.sin(2 * math.pi * 440 * i / rate))) for i in range(rate)]
    path.write_bytes(b"".join(tone) * seconds)
    return [str(path), "--raw", "s16le", "--rate", str(rate), "--n-fft", "256"]


def temporaries(folder):
    return [p for p in folder.iterdir() if p.name.startswith(".rlx-fft-")]


def as_usual():
    """Before a child starts: no signal is ignored because the caller of this script ignores it."""
    for sig in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT):
        signal.signal(sig, signal.SIG_DFL)


def kill_once(program, folder, source, fmt, sig, moment, rng, whole):
    out = folder / f"out.{fmt}"
    out.write_bytes(OLD)
    child = subprocess.Popen([program, "spectrogram", *source, "-f", fmt, "-o", str(out), "-q"], preexec_fn=as_usual,
                             stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    if moment in ("created", "first bytes"):
        while child.poll() is None and not (left := temporaries(folder)):
            time.sleep(0.0005)
        while moment == "first bytes" and child.poll() is None and left and left[0].exists():
            try:
                if left[0].stat().st_size:
                    break
            except FileNotFoundError:
                break
            time.sleep(0.0005)
    elif moment == "later":
        time.sleep(rng.uniform(0.01, 0.4))
    child.send_signal(sig)
    code = child.wait(60)
    name = f"{fmt}, {signal.Signals(sig).name}, {moment}"
    content = out.read_bytes()
    check(content == OLD or content == whole[fmt], f"{name}: half a file of {len(content)} bytes (exit code {code})")
    expected = {0, -sig} if sig == signal.SIGKILL else {0, 128 + sig, -sig}
    check(code in expected, f"{name}: exit code {code}")
    if sig == signal.SIGKILL:
        for left in temporaries(folder):
            left.unlink()
    elif code != -sig:
        # A signal before the handler is there ends the program before its file is.
        check(not temporaries(folder), f"{name}: left {temporaries(folder)}")
    check(not temporaries(folder), f"{name}: left {temporaries(folder)}")
    return code


def kills(program, folder, args):
    """Signals at four moments while each format is written."""
    source = recording(folder / "x.raw")
    whole = {}
    for fmt in FORMATS:
        out = folder / f"whole.{fmt}"
        subprocess.run([program, "spectrogram", *source, "-f", fmt, "-o", str(out), "-q"], check=True)
        whole[fmt] = out.read_bytes()
        out.unlink()
    cases = list(itertools.product(FORMATS, SIGNALS, MOMENTS))
    rng = random.Random(args.seed)
    if not args.all:
        rng.shuffle(cases)
        cases = cases[:args.kills]
    codes = [kill_once(program, folder, source, *case, rng, whole) for case in cases]
    return f"{len(cases)} of {len(FORMATS) * len(SIGNALS) * len(MOMENTS)} combinations, {codes.count(0)} came too late"


def full_disk(program, folder, args):
    """A disk that is full in the middle of a result."""
    if os.geteuid() != 0:
        return "skipped: needs root to mount a small disk"
    disk = folder / "disk"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=128k", "tmpfs", str(disk)], capture_output=True)
    if mounted.returncode:
        return f"skipped: no mount: {mounted.stderr.decode().strip()}"
    try:
        source = recording(folder / "x.raw")
        for fmt in FORMATS + ["png", "svg"]:
            out = disk / f"out.{fmt}"
            out.write_bytes(OLD)
            where = ["--plot", str(out), "--plot-size", "3000x3000", "-f", "csv"] if fmt in ("png", "svg") else \
                ["-f", fmt, "-o", str(out)]
            run = subprocess.run([program, "spectrogram", *source, *where, "-q"], capture_output=True)
            text = run.stderr.decode()
            check(out.read_bytes() == OLD or run.returncode == 0, f"{fmt}: the old file is gone")
            check(run.returncode == (1 if run.returncode else 0), f"{fmt}: exit code {run.returncode}")
            check(run.returncode == 0 or "disk is full" in text and str(disk) in text, f"{fmt}: {text}")
            check(fmt in ("png", "svg") or run.returncode == 1, f"{fmt}: more than the disk holds, and exit code 0")
            check(os.listdir(disk) == [out.name], f"{fmt}: left {os.listdir(disk)}")
            out.unlink()
    finally:
        subprocess.run(["umount", str(disk)], check=True)
    with open("/dev/full", "wb") as full:
        run = subprocess.run([program, "psd", *recording(folder / "y.raw")], stdout=full, stderr=subprocess.PIPE)
    text = run.stderr.decode()
    check(run.returncode == 1 and "standard output" in text and "partial" not in text, f"/dev/full: {text}")
    return f"{len(FORMATS) + 2} outputs, the old file each time"


def container(program, folder, args):
    """Process 1 of a container: ended by signals, and its leftovers are harmless after a sudden death."""
    if os.geteuid() != 0 or shutil.which("unshare") is None:
        return "skipped: needs root and unshare"
    source = recording(folder / "x.raw")
    inside = ["unshare", "-p", "-f", "--kill-child"]
    if subprocess.run([*inside, "true"], capture_output=True).returncode:
        return "skipped: no namespaces here"
    place = folder / "k"
    place.mkdir()
    out = place / "out.npy"

    def begin():
        child = subprocess.Popen([*inside, program, "peaks", "-", "--raw", "s16le", "--rate", "8000", "--every", "1s", "-o",
                                  str(place / "live.csv"), "-q"], stdin=subprocess.PIPE, stderr=subprocess.DEVNULL, preexec_fn=as_usual)
        child.stdin.write(b"\1\2" * 20_000)
        child.stdin.flush()
        limit = time.monotonic() + 60
        while not temporaries(place):
            check(time.monotonic() < limit and child.poll() is None, "no temporary file")
            time.sleep(0.002)
        return child

    # Killed: the file stays, and every later run works, also as process 1.
    for _ in range(3):
        child = begin()
        child.kill()
        child.wait()
        child.stdin.close()
        for left in temporaries(place):
            time.sleep(0.05)
        for command in ([], inside):
            run = subprocess.run([*command, program, "psd", *source, "-o", str(out), "-q"], capture_output=True)
            check(run.returncode == 0, f"after a kill: {run.stderr.decode()}")
    for left in temporaries(place):
        left.unlink()
    # Ended as containers are stopped: nothing stays.
    for sig in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT):
        child = begin()
        inner = Path(f"/proc/{child.pid}/task/{child.pid}/children").read_text().split()
        os.kill(int(inner[0]), sig)
        child.wait(60)
        child.stdin.close()
        check(child.returncode == 128 + sig, f"process 1 and {sig.name}: exit code {child.returncode}")
        check(not temporaries(place), f"process 1 and {sig.name}: left {temporaries(place)}")
    return "3 kills, 4 signals"


def permissions(program, folder, args):
    """Files that may be written to in directories that may not, and the other way round, by a user who is not root."""
    if os.geteuid() != 0:
        return "skipped: needs root to become somebody else"
    somebody, place = 65534, folder / "p"
    source = recording(folder / "x.raw", seconds=2)
    copied = folder / "program"
    shutil.copy(program, copied)
    for path in (folder, copied):
        path.chmod(0o755)
    place.mkdir()

    def run(out):
        def become():
            os.setgroups([])
            os.setgid(somebody)
            os.setuid(somebody)
        return subprocess.run([str(copied), "psd", *source, "-f", "csv", "-q", "-o", str(out)], capture_output=True,
                              preexec_fn=become)

    cases = [  # directory's mode, file's owner and mode, whether it is written
        (0o755, somebody, 0o644, True), (0o755, 0, 0o666, True), (0o755, 0, 0o644, False), (0o755, somebody, 0o444, False),
        (0o777, 0, 0o666, True), (0o777, 0, 0o644, False), (0o777, somebody, 0o600, True), (0o777, somebody, 0o444, False)]
    for directory, owner, mode, written in cases:
        place.chmod(directory)
        out = place / "out.csv"
        out.write_bytes(OLD)
        os.chown(out, owner, owner)
        out.chmod(mode)
        name = f"directory {directory:o}, file {mode:o} of {owner}"
        result = run(out)
        after = out.stat()
        check(result.returncode == (0 if written else 1), f"{name}: exit code {result.returncode} {result.stderr.decode()}")
        check((out.read_bytes() != OLD) == written, f"{name}: {'not ' if written else ''}written")
        check((after.st_uid, after.st_mode & 0o7777) == (owner, mode), f"{name}: owner or mode changed")
        check(os.listdir(place) == [out.name], f"{name}: left {os.listdir(place)}")
        out.unlink()
    place.chmod(0o755)
    check(run(place / "new.csv").returncode == 1 and not os.listdir(place), "a new file in a directory that is not writable")
    return f"{len(cases) + 1} combinations"


def closed(program, folder, args):
    """Every combination of closed standard streams."""
    source = recording(folder / "x.raw", seconds=2)
    out = folder / "closed.csv"
    count = 0
    for fds in itertools.chain.from_iterable(itertools.combinations((0, 1, 2), n) for n in range(4)):
        for to_file in (False, True):
            where = ["-o", str(out)] if to_file else []
            line = " ".join(f"{fd}>&-" if fd else "<&-" for fd in fds)
            run = subprocess.run(["sh", "-c", f'exec "$@" {line}', "sh", program, "psd", *source, "-f", "csv", "-q", *where],
                                 capture_output=True)
            wanted = 1 if 1 in fds and not to_file else 0
            check(run.returncode == wanted, f"closed {fds}, to a file {to_file}: exit code {run.returncode}")
            result = out.read_bytes() if to_file else run.stdout
            check(wanted or result.startswith(b"source,"), f"closed {fds}: no result")
            out.unlink(missing_ok=True)
            count += 1
    return f"{count} combinations"


def pipes(program, folder, args):
    """A pipe in a directory that is searched, and a loop of links under `**`."""
    place = folder / "d"
    (place / "sub").mkdir(parents=True)
    source = recording(place / "a.raw", seconds=2)
    shutil.copy(ROOT / "examples/data/ppg_100hz.csv", place / "sub/b.csv")
    os.mkfifo(place / "x.wav")
    os.symlink(place, place / "self")
    os.symlink(place, place / "sub/up")
    for name in (str(place), f"{place}/**/*.csv"):
        run = subprocess.run([program, "info", name, "-f", "csv"], capture_output=True, timeout=60)
        lines = run.stdout.decode().splitlines()
        check(len(lines) == 2 and run.returncode == 0, f"{name}: {lines} {run.stderr.decode()}")
    return "searched in time"


def many_channels(program, folder, args):
    """Headers that claim 65,535 channels, in 256 MiB."""
    head = struct.pack("<HHIIHH", 1, 65535, 8000, 8000 * 65535 * 2 & 0xFFFFFFFF, 65535 * 2 & 0xFFFF, 16)
    body = b"WAVEfmt " + struct.pack("<I", 16) + head + b"data" + struct.pack("<I", 0)
    wav = b"RIFF" + struct.pack("<I", len(body)) + body
    comm = struct.pack(">hIh", -1, 0, 16) + struct.pack(">HQ", 16383 + 12, 8000 << 51)
    body = b"AIFFCOMM" + struct.pack(">I", 18) + comm + b"SSND" + struct.pack(">III", 8, 0, 0)
    aiff = b"FORM" + struct.pack(">I", len(body)) + body
    text = "{'descr': '<i2', 'fortran_order': False, 'shape': (1, 65535), }"
    text += " " * (-(10 + len(text) + 1) % 64) + "\n"
    npy = b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text.encode() + b"\0" * (2 * 65535)
    most = 0
    for name, data in [("c.wav", wav), ("c.aiff", aiff), ("c.npy", npy)]:
        path = folder / name
        path.write_bytes(data)
        for command in ("info", "psd", "peaks", "spectrogram"):
            for piped in (False, True):
                more = ["--rate", "8000"] if name.endswith("npy") else []
                with open(path, "rb") as stdin:
                    child = subprocess.Popen([program, command, "-" if piped else str(path), *more, "-f", "csv"],
                                             stdin=stdin if piped else subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                             stderr=subprocess.DEVNULL)
                    _, status, usage = os.wait4(child.pid, 0)
                code = os.waitstatus_to_exitcode(status)
                child.returncode = code
                check(code in (0, 1), f"{command} {name}: exit code {code}")
                check(usage.ru_maxrss < 256 << 10, f"{command} {name}: {usage.ru_maxrss >> 10} MiB")
                most = max(most, usage.ru_maxrss)
    return f"at most {most >> 10} MiB"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", type=Path, default=ROOT / "target/release/rlx-fft")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--kills", type=int, default=40)
    parser.add_argument("--all", action="store_true")
    parser.add_argument("--only", help="the name of one of them")
    args = parser.parse_args()
    program = str(args.program.resolve())
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    failed = False
    for test in (kills, full_disk, container, permissions, closed, pipes, many_channels):
        if args.only and test.__name__ != args.only:
            continue
        with tempfile.TemporaryDirectory(prefix="faults-") as folder:
            start = time.monotonic()
            try:
                said = test(program, Path(folder), args)
            except (Fault, subprocess.SubprocessError, OSError) as error:
                said, failed = f"FAILED: {error}", True
        print(f"{test.__name__:<14} {time.monotonic() - start:6.1f} s  {said}", flush=True)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()

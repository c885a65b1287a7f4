#!/usr/bin/env python3
"""Batched real transforms of MKL and FFTW beside this package's whole Welch estimate, one thread each.

    pip install numpy mkl && apt-get install libfftw3-single3 libfftw3-double3
    python scripts/peers_fft_cpu.py PROGRAM [FILTER …]

PROGRAM is the bench `sizes`, as `cargo bench -p rlx-fft-dsp --bench sizes --no-run` names it. Printed per size and shape: ns per
sample of MKL's and FFTW's transforms alone (many rows per call, out of place, FFTW_PATIENT), checked against NumPy, and ns per
segment-sample of window, mean removal, transform, power and average here. Minima of interleaved turns. A peer whose library is
absent is left out.
"""

import ctypes
import ctypes.util
import glob
import os
import re
import subprocess
import sys
import time

import numpy as np

LINE = re.compile(r"^(f32|f64) (\d+)(?:, (\d+) segments per row)? +([\d.]+) ns", re.M)
SAMPLES = 1 << 21
TURNS = 5

# Of mkl_dfti.h.
REAL, NUMBER_OF_TRANSFORMS, CONJUGATE_EVEN_STORAGE, PLACEMENT, INPUT_DISTANCE, OUTPUT_DISTANCE, THREAD_LIMIT = 33, 7, 10, 11, 14, 15, 27
COMPLEX_COMPLEX, NOT_INPLACE = 39, 44
# Of fftw3.h.
FFTW_PATIENT = 1 << 5


def load(*names):
    folders = ["", os.path.join(sys.prefix, "lib")]
    folders += os.environ.get("PEERS_LIB", "").split(":")
    for name in names:
        for folder in folders:
            for path in [name] if not folder else glob.glob(os.path.join(folder, name)):
                try:
                    return ctypes.CDLL(path)
                except OSError:
                    continue
    return None


def pointer(array):
    return array.ctypes.data_as(ctypes.c_void_p)


def mkl(library, x, out):
    rows, n = x.shape
    handle = ctypes.c_void_p()
    create = library.DftiCreateDescriptor_s_1d if x.dtype == np.float32 else library.DftiCreateDescriptor_d_1d
    long = ctypes.c_long

    def done(status):
        if status != 0:
            raise RuntimeError(f"DFTI status {status}")

    done(create(ctypes.byref(handle), ctypes.c_int(REAL), long(n)))
    for name, value in [
        (NUMBER_OF_TRANSFORMS, rows), (CONJUGATE_EVEN_STORAGE, COMPLEX_COMPLEX), (PLACEMENT, NOT_INPLACE),
        (INPUT_DISTANCE, n), (OUTPUT_DISTANCE, out.shape[1]), (THREAD_LIMIT, 1),
    ]:  # fmt: skip
        done(library.DftiSetValue(handle, ctypes.c_int(name), long(value)))
    done(library.DftiCommitDescriptor(handle))
    return lambda: done(library.DftiComputeForward(handle, pointer(x), pointer(out)))


def fftw(library, x, out):
    rows, n = x.shape
    prefix = "fftwf" if x.dtype == np.float32 else "fftw"
    make, execute = getattr(library, f"{prefix}_plan_many_dft_r2c"), getattr(library, f"{prefix}_execute")
    make.restype = ctypes.c_void_p
    samples = x.copy()
    plan = make(
        1, (ctypes.c_int * 1)(n), rows, pointer(x), None, 1, n, pointer(out), None, 1, out.shape[1],
        ctypes.c_uint(FFTW_PATIENT),
    )  # fmt: skip
    if not plan:
        raise RuntimeError("FFTW made no plan")
    # Planning overwrites the samples.
    x[:] = samples
    return lambda: execute(ctypes.c_void_p(plan))


def main():
    program, filters = sys.argv[1], sys.argv[2:]
    peers = {
        ("MKL", "f32"): (mkl, load("libmkl_rt.so*")), ("MKL", "f64"): (mkl, load("libmkl_rt.so*")),
        ("FFTW", "f32"): (fftw, load("libfftw3f.so.3")), ("FFTW", "f64"): (fftw, load("libfftw3.so.3")),
    }  # fmt: skip
    runs, ours, best = {}, {}, {}
    rng = np.random.default_rng(1)
    for _ in range(TURNS):
        output = subprocess.run([program, *filters], check=True, capture_output=True, text=True).stdout
        for kind, n, segments, ns in LINE.findall(output):
            n, shape = int(n), (kind, int(n), segments)
            ours[shape] = min(ours.get(shape, np.inf), float(ns))
            if (kind, n) not in runs:
                dtype = {"f32": np.float32, "f64": np.float64}[kind]
                x = rng.normal(size=(SAMPLES // n, n)).astype(dtype)
                out = np.zeros((SAMPLES // n, n // 2 + 1), np.result_type(dtype, np.complex64))
                runs[kind, n] = {}
                for (name, of), (make, library) in peers.items():
                    if of == kind and library is not None:
                        run = make(library, x, out)
                        run()
                        error = np.abs(out - np.fft.rfft(x)).max() / np.abs(out).max()
                        if error > 16 * np.finfo(dtype).eps:
                            raise RuntimeError(f"{name} {kind} {n}: error {error}")
                        runs[kind, n][name] = (run, x.size)
            for name, (run, size) in runs[kind, n].items():
                start = time.perf_counter()
                run()
                key = (kind, n, name)
                best[key] = min(best.get(key, np.inf), (time.perf_counter() - start) * 1e9 / size)
    cpu = next((line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), "?")
    print(f"{cpu}, {time.strftime('%Y-%m-%d')}")
    for (kind, n, segments), ns in ours.items():
        line = f"{kind} {n}, {segments or 'many'} segments per row: Welch {ns:7.3f} ns"
        for name in ("MKL", "FFTW"):
            if (kind, n, name) in best:
                other = best[kind, n, name]
                line += f"   {name} transforms {other:7.3f} ns ({ns / other:4.2f})"
        print(line)


if __name__ == "__main__":
    main()

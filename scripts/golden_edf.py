"""Small EDF, EDF+ and BDF files and what pyedflib and edfio read from them, for crates/io/tests/read_edf.rs.

    pip install pyedflib edfio numpy
    python scripts/golden_edf.py

The EDF+D file is the EDF+C one with its reserved field and the start times of two records changed: neither
library writes discontinuous files.
"""

import json
from importlib.metadata import version
from pathlib import Path

import edfio
import numpy as np
import pyedflib

OUT = Path(__file__).resolve().parent.parent / "crates/io/tests/data"
SECONDS = 6


def signals():
    rng = np.random.default_rng(7)
    for label, unit, rate, low, high in [
        ("EEG Fpz-Cz", "uV", 100, -250.5, 249.75),
        ("EEG Pz-Oz", "uV", 100, -192.0, 192.0),
        ("Resp", "mV", 20, -3.0, 3.0),
        ("Temp", "degC", 1, 34.0, 40.0),
    ]:
        t = np.arange(SECONDS * rate) / rate
        middle, half = (low + high) / 2, (high - low) / 2
        wave = middle + half * (0.6 * np.sin(2 * np.pi * 0.2 * rate * t + 1) + 0.3 * rng.uniform(-1, 1, t.size))
        yield label, unit, rate, low, high, wave


def write_pyedflib(path: Path, kind: int) -> None:
    rows = list(signals())
    bits = 23 if kind in (pyedflib.FILETYPE_BDF, pyedflib.FILETYPE_BDFPLUS) else 15
    writer = pyedflib.EdfWriter(str(path), len(rows), file_type=kind)
    writer.setSignalHeaders(
        [
            {
                "label": label,
                "dimension": unit,
                "sample_frequency": rate,
                "physical_min": low,
                "physical_max": high,
                "digital_min": -(2**bits),
                "digital_max": 2**bits - 1,
                "transducer": "",
                "prefilter": "",
            }
            for label, unit, rate, low, high, _ in rows
        ]
    )
    writer.writeSamples([row[-1] for row in rows])
    if kind in (pyedflib.FILETYPE_EDFPLUS, pyedflib.FILETYPE_BDFPLUS):
        writer.writeAnnotation(2.5, 1.0, "Sleep stage 1")
    writer.close()


def write_edfio(path: Path) -> None:
    rows = [
        edfio.EdfSignal(wave, rate, label=label, physical_dimension=unit, physical_range=(low, high))
        for label, unit, rate, low, high, wave in signals()
        if rate == 100
    ]
    annotations = [edfio.EdfAnnotation(1.25, None, "start")]
    edfio.Edf(rows, annotations=annotations, data_record_duration=1).write(path)


def make_discontinuous(source: Path, target: Path) -> None:
    """Moves records 3 and 5 (from 0) and all after them 10 s on."""
    data = bytearray(source.read_bytes())
    data[192:197] = b"EDF+D"
    header = int(data[184:192])
    record = (len(data) - header) // SECONDS
    for onset in range(3, SECONDS):
        late = onset + (10 if onset < 5 else 20)
        old, new = f"+{onset}\x14\x14\0".encode(), f"+{late}\x14\x14".encode()
        at = data.index(old, header + onset * record)
        data[at : at + len(new)] = new
    target.write_bytes(data)


def golden(path: Path) -> dict:
    with pyedflib.EdfReader(str(path)) as reader:
        return {
            "file": path.name,
            "signals": [
                {
                    "label": reader.getLabel(i),
                    "unit": reader.getPhysicalDimension(i),
                    "rate": reader.getSampleFrequency(i),
                    "values": reader.readSignal(i).tolist()[:: 7 if reader.getSampleFrequency(i) > 1 else 1],
                    "step": 7 if reader.getSampleFrequency(i) > 1 else 1,
                    "count": int(reader.getNSamples()[i]),
                }
                for i in range(reader.signals_in_file)
            ],
        }


def main() -> None:
    OUT.mkdir(parents=True, exist_ok=True)
    files = [
        ("plain.edf", pyedflib.FILETYPE_EDF),
        ("plus.edf", pyedflib.FILETYPE_EDFPLUS),
        ("plain.bdf", pyedflib.FILETYPE_BDF),
        ("plus.bdf", pyedflib.FILETYPE_BDFPLUS),
    ]
    for name, kind in files:
        write_pyedflib(OUT / name, kind)
    write_edfio(OUT / "edfio.edf")
    make_discontinuous(OUT / "edfio.edf", OUT / "gaps.edf")
    names = [name for name, _ in files] + ["edfio.edf"]
    # edfio, written independently, must agree.
    for name in ("plain.edf", "plus.edf", "edfio.edf"):
        for ours, signal in zip(golden(OUT / name)["signals"], edfio.read_edf(OUT / name).signals, strict=True):
            assert np.allclose(ours["values"], signal.data[:: ours["step"]], rtol=0, atol=1e-9)
    made = {"pyedflib": version("pyedflib"), "edfio": version("edfio"), "files": [golden(OUT / n) for n in names]}
    (OUT / "edf_golden.json").write_text(json.dumps(made) + "\n")


if __name__ == "__main__":
    main()

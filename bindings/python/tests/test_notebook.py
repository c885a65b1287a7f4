"""The notebook's cells, one after the other."""

import json
from pathlib import Path

import pytest


def test_the_tour_runs():
    pyplot = pytest.importorskip("matplotlib.pyplot")
    pyplot.switch_backend("agg")
    notebook = json.loads((Path(__file__).parents[1] / "docs" / "tour.ipynb").read_text())
    names: dict = {}
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            exec(compile("".join(cell["source"]), "tour.ipynb", "exec"), names)
            pyplot.close("all")

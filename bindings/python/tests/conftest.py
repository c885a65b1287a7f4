"""Profiles of Hypothesis, and which other systems must be there."""

import os

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile(
    "ci",
    max_examples=int(os.environ.get("RLX_TEST_EXAMPLES", "150")),
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
settings.register_profile("full", parent=settings.get_profile("ci"), max_examples=5000, derandomize=False)
settings.load_profile(os.environ.get("RLX_TEST_PROFILE", "ci"))


@pytest.fixture
def peer():
    """Imports another system; where RLX_TEST_PEERS is set (as in CI) its absence is a failure, else a skip."""

    def load(name: str):
        if os.environ.get("RLX_TEST_PEERS"):
            return __import__(name, fromlist=["_"])
        return pytest.importorskip(name)

    return load

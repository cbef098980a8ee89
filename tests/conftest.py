"""What several folders of tests need."""

import gc
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

os.environ["OMP_NUM_THREADS"] = "1"
"""Of the tests and of all processes that they start: each core has a worker of its own, and threads of tiny products
would wait for each other most of the time."""


def pytest_collection_finish() -> None:
    """Leave what is there for good, a million objects of libraries, out of each collection of garbage."""
    gc.freeze()


@pytest.fixture(scope="session", autouse=True)
def _own_configuration(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep what tests agree to run out of the user's configuration."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CONFIG_HOME", str(tmp_path_factory.mktemp("configuration")))
        yield


@pytest.fixture(scope="session")
def digits_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A study of 1,797 digits with two layers; shared, so only derived files may be added to it."""
    from topoact.testing.studies import write_digits_study

    return write_digits_study(tmp_path_factory.mktemp("studies") / "digits")


@pytest.fixture(scope="session")
def network_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A study of 240 pictures and a network that can be loaded again; copy it to add more than derived files."""
    from topoact.testing.networks import write_network_study

    return write_network_study(tmp_path_factory.mktemp("networks") / "pictures").path

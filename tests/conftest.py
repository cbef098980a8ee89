"""What several folders of tests need."""

from pathlib import Path

import pytest

from topoact.testing.networks import write_network_study
from topoact.testing.studies import write_digits_study


@pytest.fixture(scope="session")
def digits_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A study of 1,797 digits with two layers; shared, so only derived files may be added to it."""
    return write_digits_study(tmp_path_factory.mktemp("studies") / "digits")


@pytest.fixture(scope="session")
def network_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A study of 240 pictures and a network that can be loaded again; copy it to add more than derived files."""
    return write_network_study(tmp_path_factory.mktemp("networks") / "pictures").path

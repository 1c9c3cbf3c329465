"""A real Rasa server with the real model, once for a whole test run, for whoever imports it:

    from tests.rasa_fixture import rasa, rasa_model  # noqa: F401

``rasa`` is the running server (``rasa.url``, ``RASA_TOKEN``). The model is kept in the project's own state folder,
as `make run` keeps it, so that it is trained once for each state of the data and not once for each test run.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.settings import ROOT
from nlu.server import RasaServer
from nlu.training import TrainingPaths, train

RASA_TOKEN = "token of the tests"
TRAINING_SECONDS = 900  # limit for a test that may have to train first
_RUNNING = pytest.StashKey[RasaServer]()


@pytest.fixture(scope="session")
def rasa_model() -> Path:
    """The trained model of the present data."""
    return train(TrainingPaths(ROOT / "var"), print)


@pytest.fixture(scope="session")
def rasa(
    rasa_model: Path, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> RasaServer:
    """The running server; nobody stops it before the test run ends."""
    stash = request.config.stash
    if _RUNNING not in stash:
        server = RasaServer(rasa_model, RASA_TOKEN, tmp_path_factory.mktemp("rasa"))
        server.start()
        request.config.add_cleanup(server.stop)
        stash[_RUNNING] = server
    return stash[_RUNNING]

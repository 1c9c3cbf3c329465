"""What the hotline's tests share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest

from bot.privacy import Vault
from bot.store.database import Database
from tests.voice.stage import Script, Stage, stage
from voice.asr import SpeechModel
from voice.models import TRIAL_MODEL


@pytest.fixture(scope="session")
def trial_model() -> SpeechModel:
    """The trial model, loaded once: real Vosk, synthetic speech."""
    return SpeechModel.load(TRIAL_MODEL)


@pytest.fixture(scope="session")
def speech_state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A state folder whose made sounds are shared by the tests of a run."""
    return tmp_path_factory.mktemp("speech")


@pytest.fixture
def call_database(vault: Vault, tmp_path: Path) -> Iterator[Database]:
    """An empty SQLite database: what is tried is the call; the database's own tests run on both kinds."""
    made = Database(f"sqlite:///{tmp_path / 'calls.db'}", vault)
    made.upgrade()
    yield made
    made.close()


@pytest.fixture
def calling(
    call_database: Database, vault: Vault, trial_model: SpeechModel, speech_state: Path
) -> Callable[..., AbstractAsyncContextManager[Stage]]:
    """``async with calling(script, …) as act``: a call under way; what may follow are changes as for ``stage``."""

    def begin(script: Script, **changes: object) -> AbstractAsyncContextManager[Stage]:
        model = changes.pop("model", trial_model)
        return stage(script, call_database, vault, model, speech_state, **changes)  # type: ignore[arg-type]

    return begin

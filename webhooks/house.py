"""What the webhooks need of the house; bot.bootstrap.House has it all."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Protocol

from bot.ephemeral.events import RedisEvents
from bot.ephemeral.tokens import Tokens
from bot.messages import Reply, Utterance
from bot.privacy import Vault
from bot.settings import Settings
from bot.store.database import Database

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """The present moment, aware."""
    return datetime.now(UTC)


class Answers(Protocol):
    """The conversation's one verb."""

    def handle(self, utterance: Utterance) -> Reply:
        """Answer one utterance; the same ``external_id`` again gets the stored reply."""
        ...


class WebHouse(Protocol):
    """The parts that the web process and the worker use."""

    @property
    def settings(self) -> Settings: ...
    @property
    def database(self) -> Database: ...
    @property
    def vault(self) -> Vault: ...
    @property
    def assistant(self) -> Answers: ...
    @property
    def events(self) -> RedisEvents: ...
    @property
    def tokens(self) -> Tokens: ...

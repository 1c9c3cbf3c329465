"""A small house for tests of the edge: everything is real but the conversation, which says back what it hears."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from datetime import timedelta

from bot.ephemeral.connection import RedisConnection
from bot.ephemeral.events import RedisEvents
from bot.ephemeral.locks import RedisLocks
from bot.ephemeral.tokens import Tokens
from bot.messages import Act, Reply, Utterance, UtteranceKind
from bot.privacy import Vault
from bot.settings import Settings, load_settings
from bot.store.conversations import Conversations, stored_reply
from bot.store.database import Database

IDLE = timedelta(hours=1)
WELCOME = "您好,我能问政策、预约、转人工。"


class Trouble(Exception):
    """What the conversation raises when it is told to."""


@dataclass
class EchoAssistant:
    """Idempotent per external id like the real one. ``gate`` closed: every answer waits for it."""

    database: Database
    vault: Vault
    gate: threading.Event = field(default_factory=threading.Event)
    heard: list[Utterance] = field(default_factory=list)
    broken: bool = False
    entered: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self.gate.set()

    def handle(self, utterance: Utterance) -> Reply:
        """Say the text back; 长 gives a long text, 转人工 a hand-off."""
        self.entered.set()
        with self.database.begin() as session:
            _, turn, _ = Conversations(session, self.vault).receive(utterance, IDLE)
            if turn.reply is not None:
                return stored_reply(turn)
        self.gate.wait(30)
        if self.broken:
            raise Trouble("the words of a citizen may stand here: 王天龙")
        self.heard.append(utterance)
        with self.database.begin() as session:
            conversations = Conversations(session, self.vault)
            conversation, turn, _ = conversations.receive(utterance, IDLE)
            if turn.reply is None:
                silent = conversation.held_by == "agent" or utterance.kind is UtteranceKind.UNFOLLOW
                reply = Reply(turn_id=turn.id, silent=silent, speech="", **_said(utterance))
                conversations.answer(turn, None, reply, {}, utterance.at)
            return stored_reply(turn)


def _said(utterance: Utterance) -> dict[str, object]:
    if utterance.kind is UtteranceKind.FOLLOW:
        return {"text": WELCOME, "act": Act.GREET}
    if utterance.kind in (UtteranceKind.IMAGE, UtteranceKind.OTHER):
        return {"text": "我还看不了这个。", "act": Act.FALLBACK}
    if utterance.text == "转人工":
        return {"text": "正在为您转人工。", "act": Act.HANDOFF}
    if utterance.text.startswith("长"):
        sentences = [f"第{number}句说的是医疗保障的办理。" for number in range(1, 200)]
        return {"text": "".join(sentences), "act": Act.ANSWER}
    return {"text": f"您说:{utterance.text}", "act": Act.ANSWER, "intent": "ask_manual_reimbursement"}


class EchoHouse:
    """The parts of bot.bootstrap.House that the webhooks use."""

    def __init__(self, settings: Settings, database: Database | None = None) -> None:
        self.settings = settings
        self.vault = Vault(settings.data_key, settings.index_key)
        self.database = database or Database(settings.database_url, self.vault)
        self._connection = RedisConnection(settings.redis_url)
        self.events = RedisEvents(self._connection)
        self.tokens = Tokens(self._connection, RedisLocks(self._connection))
        self.assistant = EchoAssistant(self.database, self.vault)

    def close(self) -> None:
        """Let go of the connections."""
        self._connection.close()
        self.database.close()


def house_from_environment() -> EchoHouse:
    """For processes that a test starts."""
    return EchoHouse(load_settings())

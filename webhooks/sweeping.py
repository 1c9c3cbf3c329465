"""Finishes what a crash or too much work left behind: every message gets its answer, an honest apology at worst."""

from __future__ import annotations

import logging
from datetime import timedelta

from bot.messages import Channel, Reply, Utterance, UtteranceKind
from bot.ports import TranscriptionUnavailable, YinlingError
from bot.store.conversations import Conversations, stored_reply, stored_utterance
from bot.store.models import Turn
from webhooks.deliveries import Deliveries
from webhooks.house import Clock, WebHouse, utc_now
from webhooks.trouble import report

log = logging.getLogger(__name__)

UNTOUCHED = timedelta(seconds=20)  # a turn not finished after so long has nobody who works on it
GIVE_UP = timedelta(
    minutes=3
)  # after so long without an answer the citizen is told that something went wrong


class Sweeper:
    """One look over the unfinished turns of WeChat."""

    def __init__(self, house: WebHouse, clock: Clock = utc_now) -> None:
        self._house, self._clock = house, clock
        self._deliveries = Deliveries(house, clock)

    def sweep(self) -> int:
        """Finish what lies there; how many turns were finished."""
        before = self._clock() - UNTOUCHED
        with self._house.database.read() as session:
            turns = Conversations(session, self._house.vault).unfinished(before, before)
        return sum(self._finish(turn_id) for turn_id in turns)

    def _finish(self, turn_id: int) -> bool:
        with self._house.database.read() as session:
            turn = session.get(Turn, turn_id)
            if (
                turn is None
                or turn.channel != Channel.WECHAT.value
                or turn.status not in ("received", "answered")
            ):
                return False
            reply = stored_reply(turn) if turn.reply is not None else None
            utterance = stored_utterance(turn)
        try:
            if reply is None:
                reply = self._answer(utterance)
            self._deliveries.send_later(reply)
        except Exception as error:
            report(log, f"sweep.failed turn={turn_id}", error)
            return False
        log.info("sweep.finished turn=%d", turn_id)
        return True

    def _answer(self, utterance: Utterance) -> Reply:
        if utterance.kind is UtteranceKind.VOICE and not utterance.text:
            return self._deliveries.answer_plainly(utterance, TranscriptionUnavailable.spoken)
        try:
            return self._house.assistant.handle(utterance)
        except Exception as error:
            if self._clock() - utterance.at < GIVE_UP:
                raise
            report(log, "sweep.given_up", error)
            return self._deliveries.answer_plainly(utterance, YinlingError.spoken)

"""What becomes of a turn at WeChat's edge: kept, passively delivered, or put into the outbox."""

from __future__ import annotations

from datetime import timedelta

from bot.messages import Act, Reply, Utterance
from bot.outbox import Outbox
from bot.store.conversations import Conversations, stored_reply
from bot.store.models import Turn
from webhooks.house import Clock, WebHouse, utc_now
from webhooks.sending import WAITING
from webhooks.split import split

OUTBOX = "outbox"  # the events channel on which the worker hears that something is to be sent
_REST_AFTER = timedelta(seconds=1.5)  # the first piece travels as passive reply and should be there before


def poke(house: WebHouse) -> None:
    """Tell the worker that the outbox holds something; where that gets lost it looks by itself soon after."""
    house.events.publish(OUTBOX, "poke", {})


class Deliveries:
    """The verbs of one process."""

    def __init__(self, house: WebHouse, clock: Clock = utc_now) -> None:
        self._house, self._clock = house, clock
        self._idle = timedelta(minutes=house.settings.conversation_idle_minutes)

    def keep(self, utterance: Utterance) -> None:
        """Store a message that is still to be answered."""
        with self._house.database.begin() as session:
            Conversations(session, self._house.vault).receive(utterance, self._idle)

    def claim(self, reply: Reply, *, whole: bool = True) -> bool:
        """Whether this reply goes out passively now (or went out so before, and WeChat asks again).

        Only the first piece of a long text fits into a passive reply (``whole``); the rest goes into the outbox
        here, as does what the citizen could not be sent earlier.
        """
        turn_id, now = _turn_id(reply), self._clock()
        with self._house.database.begin() as session:
            first = Conversations(session, self._house.vault).mark_delivered(turn_id, now)
            turn = session.get_one(Turn, turn_id)
            if not first:
                return turn.status == "delivered"
            outbox = Outbox(session, self._house.vault)
            citizen_id = turn.conversation.citizen_id
            waiting = outbox.revive(citizen_id, WAITING, now)
            for number, piece in enumerate(split(reply.text)[1:] if whole else [], start=2):
                key = f"turn:{turn_id}:piece:{number}"
                outbox.put("wechat_text", citizen_id, {"text": piece}, key, now, due_at=now + _REST_AFTER)
                waiting += 1
        if waiting:
            poke(self._house)
        return True

    def send_later(self, reply: Reply) -> None:
        """The reply becomes a customer-service message, unless it went out passively."""
        turn_id, now = _turn_id(reply), self._clock()
        with self._house.database.begin() as session:
            outbox = Outbox(session, self._house.vault)
            outbox.revive(session.get_one(Turn, turn_id).conversation.citizen_id, WAITING, now)
            outbox.put_late_reply(turn_id, now)
        poke(self._house)

    def answer_plainly(self, utterance: Utterance, text: str) -> Reply:
        """One fixed sentence, recorded as the turn's reply; silent while a person holds the conversation."""
        now = self._clock()
        with self._house.database.begin() as session:
            conversations = Conversations(session, self._house.vault)
            conversation, turn, _ = conversations.receive(utterance, self._idle)
            if turn.reply is None:
                held = conversation.held_by == "agent"
                reply = Reply(
                    "" if held else text, "" if held else text, Act.FALLBACK, silent=held, turn_id=turn.id
                )
                conversations.answer(turn, None, reply, conversation.state or {}, now)
            return stored_reply(turn)


def _turn_id(reply: Reply) -> int:
    if reply.turn_id is None:
        raise ValueError("a reply to WeChat belongs to a stored turn")
    return reply.turn_id

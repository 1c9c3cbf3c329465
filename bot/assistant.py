"""One turn of a conversation: received, understood, decided, done, recorded."""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass, replace
from datetime import timedelta

from sqlalchemy.orm import Session

from bot.actions import Actions
from bot.appointments import AppointmentBook
from bot.area_codes import region_of_number
from bot.availability import snapshot
from bot.calendar import ChineseCalendar, OfficeHours
from bot.decision import AppointmentView, Availability, Context, Decision, Escalate
from bot.dialogue import decide, follow_up
from bot.escalation import EscalationQueue
from bot.flows import booking, changes, hours
from bot.flows.questions import Thresholds
from bot.messages import Act, Channel, Intent, Parse, Reply, Utterance, UtteranceKind
from bot.ports import Events, KnowledgeBase, Locks, Understanding, YinlingError
from bot.privacy import Vault
from bot.settings import TIME_ZONE
from bot.state import DialogueState
from bot.store.conversations import Conversations, stored_reply
from bot.store.database import Database
from bot.store.models import Appointment, Citizen, Conversation

log = logging.getLogger(__name__)

_LOCK_SECONDS = 30.0
_PHONE = re.compile(r"1[3-9]\d{9}|0\d{2,3}\d{7,8}")
_NOTHING = Parse(text="", intent=Intent("nlu_fallback", 0.0), source="rules")
_NEEDS_TIMES = ("book_appointment", "reschedule_appointment", "ask_opening_hours", "affirm", "correct")


class TurnBusy(YinlingError):
    """The same citizen's earlier message is still being answered."""

    code = "turn.busy"


@dataclass(frozen=True, slots=True)
class Parts:
    """What the assistant is made of; wired once in bot.bootstrap."""

    database: Database
    vault: Vault
    understanding: Understanding
    knowledge: KnowledgeBase
    calendar: ChineseCalendar
    office_hours: OfficeHours
    locks: Locks
    events: Events
    thresholds: Thresholds
    idle: timedelta


class Assistant:
    """The conversation's one verb."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def handle(self, utterance: Utterance) -> Reply:
        """Answer one utterance; the same ``external_id`` again gets the stored reply and has no second effect.

        Raises TurnBusy when the citizen's conversation stays locked, and whatever the database raises: the
        utterance is stored by then and can be handled again.
        """
        parts = self._parts
        with parts.database.begin() as session:
            conversations = Conversations(session, parts.vault)
            _, turn, new = conversations.receive(utterance, parts.idle)
            if not new and turn.reply is not None:
                return stored_reply(turn)
        key = f"{utterance.channel.value}:{parts.vault.index(utterance.user_id)}"
        with parts.locks.hold(key, _LOCK_SECONDS) as held:
            if not held:
                raise TurnBusy
            parse = self._understand(utterance)
            reply, news = self._turn(utterance, parse)
        for event, data in news:
            parts.events.publish("desk", event, data)
        return reply

    def _understand(self, utterance: Utterance) -> Parse:
        if utterance.kind in (UtteranceKind.KEY, UtteranceKind.SILENCE):
            return replace(_NOTHING, text=utterance.text)
        return self._parts.understanding.parse(utterance.text, utterance.at.astimezone(TIME_ZONE))

    def _turn(self, utterance: Utterance, parse: Parse) -> tuple[Reply, list[tuple[str, dict[str, object]]]]:
        parts = self._parts
        now = utterance.at.astimezone(TIME_ZONE)
        with parts.database.begin() as session:
            conversations = Conversations(session, parts.vault)
            conversation, turn, _ = conversations.receive(utterance, parts.idle)
            if turn.reply is not None:
                return stored_reply(turn), []
            state = DialogueState.from_json(conversation.state)
            news: list[tuple[str, dict[str, object]]] = []
            if conversation.held_by == "agent":
                reply = Reply(text="", speech="", act=Act.HANDOFF, silent=True)
            else:
                context = self._load(session, utterance, parse, state, conversation)
                decision = self._act(session, context, conversation)
                reply, state = decision.reply, decision.state
                if any(isinstance(action, Escalate) for action in decision.actions):
                    news.append(("queue", {"conversation_id": conversation.id}))
            reply = replace(
                reply,
                intent=parse.intent.name,
                confidence=parse.intent.confidence,
                turn_id=turn.id,
                speech_rate=conversation.citizen.speech_rate,
                speech_volume=conversation.citizen.speech_volume,
            )
            conversations.answer(turn, parse, reply, state.as_json(), now)
            news.append(("turn", {"conversation_id": conversation.id, "turn_id": turn.id}))
            log.info(
                "turn answered", extra={"turn_id": turn.id, "act": reply.act.value, "source": parse.source}
            )
        return reply, news

    def _act(self, session: Session, context: Context, conversation: Conversation) -> Decision:
        decision = decide(context, self._parts.thresholds)
        citizen = conversation.citizen
        actions = Actions(
            session, self._parts.vault, self._parts.calendar, citizen, conversation, context.now
        )
        for action in decision.actions:
            result = actions.perform(action)
            if action is decision.deciding:
                told = follow_up(context, decision, result)
                decision = replace(told, actions=decision.actions)
        return decision

    def _load(
        self,
        session: Session,
        utterance: Utterance,
        parse: Parse,
        state: DialogueState,
        conversation: Conversation,
    ) -> Context:
        parts = self._parts
        now = utterance.at.astimezone(TIME_ZONE)
        citizen = conversation.citizen
        book = AppointmentBook(session, parts.vault, parts.calendar)
        upcoming = tuple(_view(appointment) for appointment in book.upcoming(citizen.id, now))
        known = utterance.region_hint or conversation.region or citizen.region or _region_of_line(utterance)
        context = Context(
            now=now,
            utterance=utterance,
            parse=parse,
            state=state,
            knowledge=parts.knowledge,
            known_region=known,
            caller_phone=_caller_phone(utterance, citizen),
            office_open=parts.office_hours.is_open(now),
            next_opening=parts.office_hours.next_opening(now),
            office_hours=parts.office_hours.in_words(),
            upcoming=upcoming,
            waiting_position=_position(session, parts.vault, conversation),
            speech_rate=citizen.speech_rate,
            speech_volume=citizen.speech_volume,
        )
        return replace(context, availability=self._availability(book, context))

    def _availability(self, book: AppointmentBook, ctx: Context) -> Availability | None:
        """The free times of the hall that this turn can be about; None where none is."""
        flows = (booking.NAME, changes.RESCHEDULE, changes.CANCEL, hours.NAME)
        key = ctx.utterance.kind is UtteranceKind.KEY
        if not (ctx.state.flow in flows or ctx.intent in _NEEDS_TIMES or key or booking.takes_a_visit(ctx)):
            return None
        moving = ctx.state.flow == changes.RESCHEDULE or (
            ctx.state.flow is None and ctx.intent in ("reschedule_appointment", "correct")
        )
        if moving and ctx.upcoming:
            wanted = ctx.state.slots.get("appointment", str(ctx.upcoming[0].id))
            view = next((v for v in ctx.upcoming if str(v.id) == wanted), ctx.upcoming[0])
            points = [p for p in book.service_points(None) if p.id == view.service_point_id]
        else:
            region = booking.wanted_region(ctx)
            points = book.service_points(region) if region else []
        return snapshot(book, points[0], self._parts.calendar, ctx.now) if points else None


def _position(session: Session, vault: Vault, conversation: Conversation) -> int | None:
    queue = EscalationQueue(session, vault)
    waiting = next((e for e in queue.waiting() if e.conversation_id == conversation.id), None)
    return queue.position(waiting.id) if waiting else None


def _region_of_line(utterance: Utterance) -> str | None:
    """Where a caller's landline stands; a guess that whatever the caller says goes before."""
    return region_of_number(utterance.user_id) if utterance.channel is Channel.PHONE else None


def _caller_phone(utterance: Utterance, citizen: Citizen) -> str | None:
    if utterance.channel is Channel.PHONE and _PHONE.fullmatch(utterance.user_id):
        return utterance.user_id
    return citizen.phone


def _view(appointment: Appointment) -> AppointmentView:
    point = appointment.slot.service_point
    return AppointmentView(
        id=appointment.id,
        reference=appointment.reference,
        starts_at=appointment.slot.starts_at.astimezone(TIME_ZONE),
        place=point.name,
        address=point.address,
        kind=appointment.kind,
        matter=appointment.matter,
        name=appointment.name,
        service_point_id=point.id,
    )

"""A caller who wants a person: the queue, the truth about it, a call-back instead, an agent's telephone, closing time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from datetime import timedelta

import pytest
from sqlalchemy import select

from bot.escalation import EscalationQueue
from bot.privacy import Vault
from bot.store.database import Database
from bot.store.models import Agent, Callback, Escalation
from bot.store.models import Call as CallRow
from bot.store.staff import Staff
from tests.conftest import NOW
from tests.voice.mind import assistant
from tests.voice.stage import MemoryLeg, Script, Stage, away
from voice import call_words
from voice.arrivals import NextStep
from voice.call_words import queue_sentence
from voice.conversation import Manner
from voice.leg import LegKind

Queueing = Callable[..., AbstractAsyncContextManager[Stage]]


class Mind(Script):
    """The real assistant, watched as a script is."""

    def __init__(self, database: Database, vault: Vault) -> None:
        super().__init__([])
        self._handle = assistant(database, vault).handle

    def answer(self, utterance):  # type: ignore[no-untyped-def]
        """Assistant.handle."""
        self.working += 1
        try:
            self.asked.append(utterance)
            return self._handle(utterance)
        finally:
            self.working -= 1


@pytest.fixture
def queueing(calling: Queueing, call_database: Database, vault: Vault) -> Queueing:
    """``async with queueing() as act``: a call with the real assistant."""

    def begin(**changes: object) -> AbstractAsyncContextManager[Stage]:
        return calling(Mind(call_database, vault), **changes)

    return begin


@pytest.fixture
def accept(call_database: Database, vault: Vault) -> Callable[[str | None], None]:
    """``accept(phone)``: an agent takes the one who waits, on a telephone or (None) at the desk."""

    def take(phone: str | None) -> None:
        with call_database.begin() as session:
            agent = Staff(session).add("wang", "王老师", "agent", "-", must_change=False)
            agent.phone, agent.state, agent.last_seen_at = phone, "ready", NOW
            session.flush()
            waiting = session.scalars(select(Escalation).where(Escalation.status == "waiting")).one()
            queue = EscalationQueue(session, vault)
            queue.accept(waiting.id, agent.id, NOW, "phone" if phone else "browser")

    return take


async def into_the_queue(act: Stage) -> None:
    """The caller presses 0 and hears that a person is being found."""
    await act.heard_out()
    act.press("0")
    await act.heard_out()
    assert act.call._talk.queued


def test_who_waits_hears_the_truth_now_and_then(queueing: Queueing, call_database: Database) -> None:
    async def story() -> None:
        async with queueing() as act:
            await into_the_queue(act)
            before = act.parts.ticker.now
            await act.until(lambda: call_words.NOBODY_THERE in act.spoken())
            first = act.parts.ticker.now - before
            assert first < 15
            await act.until(lambda: act.spoken().count(call_words.NOBODY_THERE) == 2)
            again = act.parts.ticker.now - before - first
            assert again == pytest.approx(Manner().announce, abs=15)
            act.hang_up()
            await act.until(lambda: act.over)

    asyncio.run(story())
    with call_database.read() as session:
        assert session.scalars(select(Escalation)).one().status == "missed"


def test_an_agent_who_is_ready_is_no_long_wait(queueing: Queueing, call_database: Database) -> None:
    with call_database.begin() as session:
        agent = Staff(session).add("li", "李老师", "agent", "-", must_change=False)
        agent.state, agent.last_seen_at = "ready", NOW + timedelta(seconds=60)

    async def story() -> None:
        async with queueing() as act:
            await into_the_queue(act)
            await act.until(lambda: call_words.NEXT in act.spoken())

    asyncio.run(story())


def test_key_1_is_a_call_back_instead_of_waiting(queueing: Queueing, call_database: Database) -> None:
    async def story() -> None:
        async with queueing() as act:
            await into_the_queue(act)
            act.press("1")
            await act.until(lambda: "回电话" in act.leg.captions[-1][1] and not act.player.speaking)
            act.press("1")  # yes
            await act.until(lambda: not act.call._talk.queued)
            await act.until(lambda: not act.player.speaking)
            with call_database.read() as session:
                assert session.scalars(select(Callback)).one().status == "pending"
                assert session.scalars(select(Escalation)).one().status == "closed"
            await act.seconds(3)
            assert not act.over

    asyncio.run(story())


def test_an_agent_s_telephone_gets_the_call(
    queueing: Queueing, accept: Callable[[str | None], None], call_database: Database
) -> None:
    async def story() -> None:
        async with queueing() as act:
            await into_the_queue(act)
            accept("8001")
            await act.until(lambda: act.over)
            assert act.leg.transferred == ["8001"]
            assert act.reason.result() == "transferred"
            assert call_words.CONNECTING in act.spoken()

    asyncio.run(story())
    with call_database.read() as session:
        assert session.scalars(select(CallRow)).one().transferred_to == "8001"


def test_a_telephone_that_cannot_be_reached_costs_nobody_the_place(
    queueing: Queueing, accept: Callable[[str | None], None], call_database: Database
) -> None:
    leg = MemoryLeg()
    leg.refuses_transfers = True

    async def story() -> None:
        async with queueing(leg=leg) as act:
            await into_the_queue(act)
            accept("8001")
            await act.until(lambda: call_words.NOT_CONNECTED in act.spoken())
            assert act.call._talk.queued
            assert not act.over

    asyncio.run(story())
    with call_database.read() as session:
        assert session.scalars(select(Escalation)).one().status in ("waiting", "missed")


def test_a_pbx_that_cannot_be_told_at_once_is_told_at_the_end(
    queueing: Queueing, accept: Callable[[str | None], None]
) -> None:
    leg = MemoryLeg()
    leg.kind, leg.refuses_transfers = LegKind.AUDIOSOCKET, True

    async def story() -> None:
        async with queueing(leg=leg) as act:
            await into_the_queue(act)
            accept("8001")
            await act.until(lambda: act.over)
            assert act.parts.arrivals.take_next(leg.call_id) == (NextStep.AGENT, "8001")

    asyncio.run(story())


def test_an_agent_at_the_desk_speaks_and_hands_back(
    queueing: Queueing, accept: Callable[[str | None], None], call_database: Database, vault: Vault
) -> None:
    async def story() -> None:
        async with queueing() as act:
            await into_the_queue(act)
            accept(None)
            await act.until(lambda: act.call._line.lent)
            with call_database.begin() as session:
                held = session.scalars(select(Escalation)).one()
                agent = session.scalars(select(Agent)).one()
                EscalationQueue(session, vault).hand_back(held.id, agent.id, NOW)
            for _ in range(500):
                if not act.call._line.lent:
                    break
                act.parts.ticker.tick()
                await asyncio.sleep(0.002)
            await act.heard_out()
            assert "我是机器人助手" in act.leg.captions[-1][1]
            assert not act.call._talk.queued

    asyncio.run(story())


def test_a_caller_who_hangs_up_on_an_agent_is_gone(
    queueing: Queueing, accept: Callable[[str | None], None]
) -> None:
    async def story() -> None:
        async with queueing() as act:
            await into_the_queue(act)
            accept(None)
            await act.until(lambda: act.call._line.lent)
            act.hang_up()
            await act.until(lambda: act.over)
            assert act.reason.result() == "caller"

    asyncio.run(story())


def test_when_the_agents_go_home_a_call_back_is_offered(queueing: Queueing) -> None:
    there = [True]

    async def story() -> None:
        async with queueing(people_there=lambda _: there[0]) as act:
            await into_the_queue(act)
            there[0] = False
            await act.until(lambda: act.script.asked[-1].text == call_words.CALL_ME_BACK)
            assert not act.call._talk.queued

    asyncio.run(story())


def test_a_question_while_waiting_is_answered(queueing: Queueing) -> None:
    async def story() -> None:
        async with queueing() as act:
            await into_the_queue(act)
            asked = len(act.script.asked)
            act.press("9")
            await act.heard_out()
            assert len(act.script.asked) == asked + 1
            assert act.call._talk.queued

    asyncio.run(story())


def test_a_queue_that_cannot_be_seen_sends_the_caller_to_the_people(
    queueing: Queueing, call_database: Database
) -> None:
    leg = MemoryLeg()
    leg.kind = LegKind.AUDIOSOCKET

    async def story() -> None:
        async with queueing(leg=leg) as act:
            await into_the_queue(act)
            with away(call_database):
                await act.until(lambda: act.over, 120)
            assert act.reason.result() == "fault"
            assert call_words.DOWN in act.spoken()
            assert act.parts.arrivals.take_next(leg.call_id) == (NextStep.AGENT, "")

    asyncio.run(story())


@pytest.mark.parametrize(
    ("position", "wait", "words"),
    [
        (1, None, "没有工作人员在岗"),
        (1, 0, "下一位就是您"),
        (3, None, "前面还有两位"),
        (3, 200, "大约要等五分钟"),
        (2, 7200, "半个小时以上"),
        (30, 60, "前面还有十多位"),
    ],
)
def test_only_the_truth_is_told(position: int, wait: int | None, words: str) -> None:
    sentence = queue_sentence(position, wait)
    assert words in sentence
    assert "按一" in sentence
    assert len(sentence) <= 80
    if wait is None:
        assert "分钟" not in sentence

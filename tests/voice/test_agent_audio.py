"""An agent's part in a call: two real WebSockets, the real recogniser, the real database between them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta

import numpy as np
import pytest
from sqlalchemy.exc import OperationalError
from websockets.asyncio.client import ClientConnection

from bot.calls import Calls, QueueState
from bot.ephemeral.connection import RedisConnection
from bot.ephemeral.events import RedisEvents
from bot.escalation import EscalationQueue
from bot.messages import Channel, Utterance
from bot.passes import Passes
from bot.store.call_reads import CallReads
from bot.store.conversations import Conversations
from bot.store.database import Database
from bot.store.models import Agent, Escalation
from bot.store.staff import Staff
from tests.conftest import NOW
from tests.voice.browsers import SECRET, door, happens, heard, knock, say, told
from tests.voice.recordings import recordings
from voice import agent_words
from voice.agent_audio import AgentAudio, Attended, Outcome, Patience
from voice.agent_line import AgentLines
from voice.browser_leg import BrowserLeg
from voice.resample import Resampler
from voice.ticker import Ticker
from voice.tts import SpeakingUnavailable

PASSES = Passes(SECRET)
QUICK = Patience(coming=20.0, returning=0.3, look=0.05, hold=0.4)
FRAME = 640


@dataclass(frozen=True, slots=True)
class Beep:
    """A sentence as a caller of these tests hears it: 40 ms of a level of its own."""

    text: str

    @property
    def pcm(self) -> bytes:
        return np.full(640, level_of(self.text), "<i2").tobytes()


def level_of(text: str) -> int:
    """The level at which a sentence sounds: told apart from others and from silence."""
    return 1000 + sum(text.encode()) % 20_000


async def beep(text: str) -> AsyncIterator[Beep]:
    yield Beep(text)


async def dumb(text: str) -> AsyncIterator[Beep]:
    raise SpeakingUnavailable
    yield Beep(text)


class World:
    """A caller in a browser whom an agent has accepted."""

    def __init__(self, database: Database, vault, model, patience: Patience, speak) -> None:
        self.database, self.vault = database, vault
        events = RedisEvents(RedisConnection(""))
        self.calls = Calls(database, vault, events)
        self.lines, self.ticker = AgentLines(), Ticker()
        self.audio = AgentAudio(self.calls, self.lines, model, self.ticker, lambda: NOW, patience)
        self.speak = speak
        self.attended: asyncio.Future[Attended] = asyncio.get_running_loop().create_future()
        self._accepted()

    def _accepted(self) -> None:
        with self.database.begin() as session:
            conversations = Conversations(session, self.vault)
            utterance = Utterance(Channel.PHONE, "13812345678", "转人工", "c:1", NOW)
            conversation, turn, _ = conversations.receive(utterance, timedelta(hours=1))
            self.agent_id = Staff(session).add("wang", "王老师", "agent", "-", must_change=False).id
            queue = EscalationQueue(session, self.vault)
            self.escalation_id = queue.open(conversation.id, "request", 0, "想找人工", NOW).id
            queue.accept(self.escalation_id, self.agent_id, NOW, "browser")
            self.conversation_id, self._turn_id = conversation.id, turn.id

    async def take(self, leg: BrowserLeg) -> None:
        """What a call does once an agent has accepted."""
        self.row = self.calls.begin(leg.call_id, "browser", leg.caller, leg.called, NOW)
        self.calls.attach(self.row, self._turn_id)
        state = self.calls.queue_state(self.conversation_id, NOW)
        result = await self.audio.attend(leg, self.row, self.conversation_id, state, self.speak)
        self.attended.set_result(result)

    def agent_pass(self, agent_id: int | None = None) -> str:
        return PASSES.for_agent(self.row, agent_id or self.agent_id, self.escalation_id)

    def state(self) -> QueueState:
        return self.calls.queue_state(self.conversation_id, NOW)

    def lines_said(self) -> list[tuple[str, str]]:
        with self.database.begin() as session:
            told = Conversations(session, self.vault).transcript(self.conversation_id)
            return [(line.speaker, line.text) for line in told]

    def timeline(self) -> list[str]:
        with self.database.begin() as session:
            return [event.kind for event in CallReads(session).timeline(self.row)]

    def type_(self, words: str) -> int:
        with self.database.begin() as session:
            queue = EscalationQueue(session, self.vault)
            return queue.reply(self.escalation_id, self.agent_id, words, NOW).id


@dataclass
class Scene:
    """The world, its door, and the caller's page."""

    world: World
    sockets: object
    caller: ClientConnection

    async def agent(self, agent_id: int | None = None) -> ClientConnection:
        """The agent's page, let in."""
        page = await knock(self.sockets, "agent")
        await say(page, type="join", **{"pass": self.world.agent_pass(agent_id)})
        return page

    async def hears(self, text: str) -> None:
        """The caller hears a sentence."""
        level = level_of(text)
        async with asyncio.timeout(10):
            while True:
                message = await self.caller.recv()
                if isinstance(message, bytes) and level in np.frombuffer(message, "<i2"):
                    return

    async def outcome(self) -> Attended:
        return await asyncio.wait_for(asyncio.shield(self.world.attended), 10)


@pytest.fixture
def play(vault, tmp_path, trial_model):
    """Run a story: ``play(story, patience, speak, model)``."""
    made = Database(f"sqlite:///{tmp_path / 'yinling.db'}", vault)
    made.upgrade()

    def run(
        story: Callable[[Scene], Coroutine[object, object, None]],
        patience: Patience = QUICK,
        speak=beep,
        hears: bool = True,
    ) -> None:
        @asynccontextmanager
        async def scene() -> AsyncIterator[Scene]:
            world = World(made, vault, trial_model if hears else None, patience, speak)
            clock = asyncio.create_task(world.ticker.run())
            async with door(world.take, world.lines) as sockets, knock(sockets) as caller:
                await say(caller, type="ring", **{"pass": PASSES.for_phone("13812345678")})
                await told(caller, "welcome")
                await happens(lambda: hasattr(world, "row"))
                yield Scene(world, sockets, caller)
            clock.cancel()

        async def whole() -> None:
            async with scene() as made_scene:
                await story(made_scene)

        asyncio.run(whole())

    yield run
    made.close()


def speech() -> tuple[bytes, str]:
    """A recording at 16 kHz with quiet after it, in frames, and what is said."""
    recording = next(r for r in recordings() if r.text == "不是我说错了")
    up = Resampler(recording.sample_rate, 16_000)
    return up.feed(recording.pcm) + up.finish() + bytes(16_000), recording.text


async def speak_into(page: ClientConnection, pcm: bytes) -> None:
    """Talk as fast as the door allows."""
    for start in range(0, len(pcm), 3200):
        await page.send(pcm[start : start + 3200])
        await asyncio.sleep(0.02)


def test_caller_and_agent_speak_and_both_are_written_along(play) -> None:
    async def story(scene: Scene) -> None:
        await scene.hears(agent_words.COMING)
        agent = await scene.agent()
        await told(agent, "state", connected=True)
        pcm, text = speech()
        talking = asyncio.create_task(speak_into(scene.caller, pcm))
        await heard(agent, FRAME)
        line = await told(agent, "caption", who="caller", final=True)
        await talking
        assert line["text"] == text
        talking = asyncio.create_task(speak_into(agent, pcm))
        loud = 0
        async with asyncio.timeout(10):
            while loud < 5:
                message = await scene.caller.recv()
                loud += isinstance(message, bytes) and np.abs(np.frombuffer(message, "<i2")).max() > 2000
        await talking
        assert (await told(scene.caller, "caption", who="agent", final=True))["text"] == text
        world = scene.world
        await happens(lambda: ("agent", text) in world.lines_said())
        assert ("citizen", text) in world.lines_said()
        await say(scene.caller, type="key", key="5")
        assert (await told(agent, "key"))["key"] == "5"
        await say(agent, type="hang_up")
        assert await scene.outcome() == Attended(Outcome.FINISHED)
        await told(agent, "ended")
        await happens(lambda: "connected" in world.timeline())
        assert world.state().held_by == "agent"  # until the agent has written down what came of it

    play(story)


def test_on_hold_nobody_hears_anybody_and_the_caller_is_kept_company(play) -> None:
    async def story(scene: Scene) -> None:
        agent = await scene.agent()
        await told(agent, "state", connected=True)
        await scene.hears(agent_words.COMING)
        await say(agent, type="hold")
        await told(agent, "state", held=True)
        await scene.hears(agent_words.ON_HOLD)
        await agent.send(b"\x40\x1f" * 3200)
        await scene.caller.send(b"\x40\x1f" * 3200)
        await scene.hears(agent_words.STILL_ON_HOLD)
        await say(agent, type="unhold")
        await told(agent, "state", held=False)
        await scene.caller.send(b"\x50\x1f" * 3200)
        first = np.frombuffer(await heard(agent, FRAME), "<i2")
        assert first[0] == 0x1F50
        await happens(lambda: {"held", "resumed"} <= set(scene.world.timeline()))
        await say(scene.caller, type="hang_up")
        assert await scene.outcome() == Attended(Outcome.HUNG_UP, by="caller")
        await told(agent, "ended")

    play(story)


def test_a_vanished_agent_gives_the_caller_back_to_the_queue(play) -> None:
    async def story(scene: Scene) -> None:
        agent = await scene.agent()
        await told(agent, "state", connected=True)
        agent.transport.abort()
        await scene.hears(agent_words.LINE_LOST)
        assert await scene.outcome() == Attended(Outcome.TO_QUEUE)
        assert scene.world.state().position == 1
        await happens(lambda: "agent_gone" in scene.world.timeline())

    play(story)


def test_an_agent_who_is_back_in_time_goes_on(play) -> None:
    async def story(scene: Scene) -> None:
        agent = await scene.agent()
        await told(agent, "state", connected=True)
        agent.transport.abort()
        await scene.hears(agent_words.LINE_LOST)
        again = await scene.agent()
        await told(again, "state", connected=True)
        await say(again, type="hang_up")
        assert await scene.outcome() == Attended(Outcome.FINISHED)

    play(story, Patience(coming=20, returning=20, look=0.05))


def test_an_agent_who_never_comes_gives_the_caller_back(play) -> None:
    async def story(scene: Scene) -> None:
        assert await scene.outcome() == Attended(Outcome.TO_QUEUE)
        assert scene.world.state().position == 1

    play(story, Patience(coming=0.2, look=0.05))


def test_an_agent_who_only_types_is_there_and_is_spoken_for(play) -> None:
    async def story(scene: Scene) -> None:
        world = scene.world
        world.type_("请您带上身份证。")
        await scene.hears("请您带上身份证。")
        await happens(lambda: world.calls.unspoken_replies(world.conversation_id) == [])
        pcm, text = speech()
        await speak_into(scene.caller, pcm)
        await happens(lambda: ("citizen", text) in world.lines_said())
        assert not world.attended.done()
        with world.database.begin() as session:
            EscalationQueue(session, world.vault).hand_back(world.escalation_id, world.agent_id, NOW)
        assert await scene.outcome() == Attended(Outcome.TO_ASSISTANT)

    play(story, Patience(coming=0.4, look=0.05))


def test_when_nothing_can_be_spoken_typed_words_stay_unspoken_and_the_agent_is_told(play) -> None:
    async def story(scene: Scene) -> None:
        agent = await scene.agent()
        await told(agent, "state", connected=True)
        scene.world.type_("请您带上身份证。")
        assert "念不出来" in str((await told(agent, "notice"))["text"])
        assert len(scene.world.calls.unspoken_replies(scene.world.conversation_id)) == 1
        await scene.caller.send(b"\x50\x1f" * 3200)
        await heard(agent, FRAME)  # people speak all the same

    play(story, speak=dumb)


def test_without_a_recogniser_people_speak_all_the_same(play) -> None:
    async def story(scene: Scene) -> None:
        agent = await scene.agent()
        await told(agent, "state", connected=True)
        await scene.caller.send(b"\x50\x1f" * 3200)
        await heard(agent, FRAME)
        await say(agent, type="transfer", target="053112345678")
        await scene.hears(agent_words.PUTTING_THROUGH)
        assert "没有转过去" in str((await told(agent, "notice"))["text"])  # a browser cannot be put through
        await scene.hears(agent_words.NOT_PUT_THROUGH)
        await say(agent, type="transfer", target="053112345678;evil")
        await say(agent, type="hang_up")
        assert await scene.outcome() == Attended(Outcome.FINISHED)

    play(story, hears=False)


def test_another_agents_browser_stays_outside(play) -> None:
    async def story(scene: Scene) -> None:
        world = scene.world
        with world.database.begin() as session:
            other = Staff(session).add("li", "李老师", "agent", "-", must_change=False).id
        stranger = await scene.agent(other)
        agent = await scene.agent()
        await told(agent, "state", connected=True)
        await scene.caller.send(b"\x50\x1f" * 3200)
        await heard(agent, FRAME)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.2):
                await stranger.recv()

    play(story)


def test_when_the_desk_gives_the_call_to_somebody_else_the_part_ends(play) -> None:
    async def story(scene: Scene) -> None:
        world = scene.world
        agent = await scene.agent()
        await told(agent, "state", connected=True)
        with world.database.begin() as session:
            long_ago = NOW - timedelta(hours=1)
            session.get_one(Agent, world.agent_id).last_seen_at = long_ago
            assert EscalationQueue(session, world.vault).release_vanished(NOW - timedelta(minutes=1), NOW)
            assert session.get_one(Escalation, world.escalation_id).status == "waiting"
        assert await scene.outcome() == Attended(Outcome.TO_QUEUE)

    play(story)


def test_a_database_that_goes_away_does_not_part_two_people(play, tmp_path) -> None:
    async def story(scene: Scene) -> None:
        agent = await scene.agent()
        await told(agent, "state", connected=True)
        database, file = scene.world.database, tmp_path / "yinling.db"
        database.close()
        file.rename(tmp_path / "away.db")
        file.mkdir()
        with pytest.raises(OperationalError):
            database.ping()
        await say(scene.caller, type="key", key="5")
        assert (await told(agent, "key"))["key"] == "5"
        await scene.caller.send(b"\x50\x1f" * 3200)
        await heard(agent, FRAME)
        await asyncio.sleep(0.2)  # several looks at a desk that cannot be seen
        assert not scene.world.attended.done()
        file.rmdir()
        (tmp_path / "away.db").rename(file)
        scene.world.type_("请您带上身份证。")
        await scene.hears("请您带上身份证。")
        await happens(lambda: scene.world.calls.unspoken_replies(scene.world.conversation_id) == [])
        await say(agent, type="hang_up")
        assert await scene.outcome() == Attended(Outcome.FINISHED)

    play(story)

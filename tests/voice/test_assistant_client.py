"""The assistant in a process of its own: real process, real database; killed, hung, not starting."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable, Coroutine
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import func, select

from bot.appointments import seed_service_points
from bot.calls import Calls, NoSuchCall
from bot.messages import Act, Channel, Utterance, UtteranceKind
from bot.privacy import Vault
from bot.settings import load_settings
from bot.store.database import Database
from bot.store.models import CallEvent, Turn
from tests.conftest import NOW
from tests.voice.orphans import is_over, orphan
from voice.assistant_client import AssistantClient, Deadlines
from voice.assistant_server import verbs_of
from voice.assistant_wire import AssistantFault, AssistantLost

QUESTION = Utterance(
    channel=Channel.PHONE,
    user_id="053188001234",
    text="济南异地就医备案怎么办",
    external_id="call-1:1",
    at=NOW,
    kind=UtteranceKind.VOICE,
)


class Room:
    """An installation without an NLU server and Redis, and its database as a test looks at it."""

    def __init__(self, folder: Path) -> None:
        self.environment = {
            **os.environ,
            "YINLING_STATE": str(folder),
            "NLU_URL": "http://127.0.0.1:1",
            "NLU_TIMEOUT": "0.2",
            "REDIS_URL": "redis://127.0.0.1:1/0",
        }
        settings = load_settings(self.environment)
        self.database = Database(settings.database_url, Vault(settings.data_key, settings.index_key))
        self.database.upgrade()
        with self.database.begin() as session:
            seed_service_points(session)

    def count(self, model: type) -> int:
        """Rows of a table."""
        with self.database.read() as session:
            return session.scalar(select(func.count()).select_from(model)) or 0


@pytest.fixture
def room(tmp_path: Path):
    """A room of the test's own."""
    made = Room(tmp_path)
    yield made
    made.database.close()


def played(
    room: Room, scene: Callable[[AssistantClient], Coroutine[object, object, None]], **deadlines: float
) -> None:
    """Play a scene with an assistant's process."""

    async def play() -> None:
        client = AssistantClient(room.environment, replace(Deadlines(), **deadlines))
        await client.start()
        try:
            await scene(client)
        finally:
            await client.close()

    asyncio.run(play())


def test_it_answers_and_keeps_the_record_of_calls(room: Room) -> None:
    async def scene(client: AssistantClient) -> None:
        reply = await asyncio.to_thread(client.answer, QUESTION)
        assert reply.act is Act.ANSWER
        assert "按山东省的规定" in reply.speech or "按济南市的规定" in reply.speech
        again = await asyncio.to_thread(client.answer, QUESTION)
        assert again.turn_id == reply.turn_id
        row = await asyncio.to_thread(client.calls.begin, "call-1", "sip", QUESTION.user_id, "12393", NOW)
        await asyncio.to_thread(client.calls.note, row, "said", NOW, 1500, reply.speech)
        assert reply.turn_id is not None
        conversation = await asyncio.to_thread(client.calls.attach, row, reply.turn_id)
        state = await asyncio.to_thread(client.calls.queue_state, conversation, NOW)
        assert not state.waiting

    played(room, scene)
    assert (room.count(CallEvent), room.count(Turn)) == (1, 1)


def test_errors_with_a_designed_behaviour_come_through_and_others_tell_nothing(room: Room) -> None:
    async def scene(client: AssistantClient) -> None:
        with pytest.raises(NoSuchCall):
            await asyncio.to_thread(client.calls.answered, 12345, NOW)
        with pytest.raises(AssistantFault) as fault:
            await asyncio.to_thread(client.calls.note, 1, "no such kind", NOW, None, "张秀英")
        assert "张秀英" not in repr(fault.value)

    played(room, scene)


def test_a_process_that_dies_is_replaced_and_who_asks_meanwhile_is_answered(room: Room) -> None:
    async def scene(client: AssistantClient) -> None:
        first = client.pid
        assert first is not None
        os.kill(first, signal.SIGKILL)
        replies = await asyncio.gather(
            *(
                asyncio.to_thread(
                    client.answer, replace(QUESTION, external_id=f"call-{n}:1", user_id=f"053188{n:06}")
                )
                for n in range(8)
            )
        )
        assert {reply.act for reply in replies} == {Act.ANSWER}
        assert client.started == 2
        assert client.pid != first

    played(room, scene, awaited=60.0)


def test_a_process_that_hangs_is_killed_and_replaced(room: Room) -> None:
    async def scene(client: AssistantClient) -> None:
        assert client.pid is not None
        os.kill(client.pid, signal.SIGSTOP)
        reply = await asyncio.to_thread(client.answer, QUESTION)
        assert reply.act is Act.ANSWER
        assert client.started == 2

    played(room, scene, beat=0.1, alive=1.0, awaited=60.0)


def test_a_process_that_does_not_start_is_an_outage_told_in_time(room: Room) -> None:
    room.environment["DATABASE_URL"] = "no database at all"

    async def scene(client: AssistantClient) -> None:
        with pytest.raises(AssistantLost):
            await asyncio.to_thread(client.answer, QUESTION)
        assert not client.there

    played(room, scene, awaited=0.1)


def test_every_verb_of_the_record_is_offered(room: Room, vault: Vault) -> None:
    offered = verbs_of(Calls(room.database, vault, None))  # type: ignore[arg-type]
    assert set(offered) == {name for name in vars(Calls) if not name.startswith("_")}


def test_a_parent_that_is_killed_leaves_no_process_behind(
    room: Room, eventually: Callable[..., None]
) -> None:
    code = (
        "import asyncio\nfrom voice.assistant_client import AssistantClient\n"
        "async def main():\n    client = AssistantClient()\n    await client.start()\n"
        "    print('ready', flush=True)\n    await asyncio.Event().wait()\n"
        "asyncio.run(main())\n"
    )
    child = orphan(code, room.environment)
    eventually(lambda: is_over(child))

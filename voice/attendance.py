"""One agent's part in one call, from being accepted to its outcome."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from contextlib import suppress

from bot.calls import QueueState
from bot.messages import Transcript
from bot.ports import YinlingError
from bot.trouble import report
from voice import agent_words
from voice.agent_line import AgentLine, Command, Sound
from voice.attended import Attended, CallerLine, Outcome, Room, Speak
from voice.browser_line import SAMPLE_RATE
from voice.captions import Captioned
from voice.jitter import JitterBuffer
from voice.leg import Frame, HungUp, Key, TransferRefused
from voice.player import Player
from voice.resample import Resampler
from voice.scribe import Scribe

log = logging.getLogger(__name__)

_SEEN_SECONDS = 10.0  # between two signs that an agent who speaks is there
_WAITING = 200  # things to write down while the database is away; what comes on top is not written
_LAST_SECONDS = 5.0  # in which the last of them must be written


class Attendance:
    """Carries it; see voice.agent_audio."""

    def __init__(
        self,
        room: Room,
        line: CallerLine,
        row: int,
        conversation_id: int,
        agent_id: int,
        speak: Speak,
    ) -> None:
        self._room, self._line, self._row, self._conversation_id = room, line, row, conversation_id
        self._agent_id, self._speak, self._calls = agent_id, speak, room.calls
        self._player = Player(line.sample_rate, line.write)
        self._jitter = JitterBuffer(line.sample_rate)
        self._to_agent = Resampler(line.sample_rate, SAMPLE_RATE)
        self._to_caller = Resampler(SAMPLE_RATE, line.sample_rate)
        self._silence = b"\0" * (line.sample_rate // 50 * 2)
        self._agent: AgentLine | None = None
        self._held = False
        self._was_there = self._typed = False
        self._saying = asyncio.Lock()
        self._tasks: set[asyncio.Task[None]] = set()
        self._writing: asyncio.Queue[tuple[Callable[..., object], tuple[object, ...]] | None] = (
            asyncio.Queue()
        )
        self._typed_said: dict[int, bool] = {}  # typed replies: whether they could be said
        self._outcome: asyncio.Future[Attended] = asyncio.get_running_loop().create_future()
        self._caller_scribe = self._scribe(line.sample_rate, None)
        self._agent_scribe = self._scribe(SAMPLE_RATE, agent_id)

    async def run(self) -> Attended:
        """Until there is an outcome."""
        stop_ticking = self._room.ticker.every_tick(self._tick)
        writer = asyncio.create_task(self._write_down())
        work: list[Coroutine[object, object, None]] = [
            self._hear_caller(),
            self._serve_agent(),
            self._watch_desk(),
            self._greet(),
        ]
        work += [scribe.run() for scribe in (self._caller_scribe, self._agent_scribe) if scribe]
        self._tasks = {asyncio.create_task(part) for part in work}
        for task in self._tasks:
            task.add_done_callback(self._look_after)
        try:
            return await self._outcome
        finally:
            stop_ticking()
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)
            await self._finish_lines()
            for scribe in (self._caller_scribe, self._agent_scribe):
                if scribe is not None:
                    await scribe.close()
            if self._agent is not None:
                self._agent.close()
            self._writing.put_nowait(None)
            await asyncio.wait({writer}, timeout=_LAST_SECONDS)
            writer.cancel()

    def _look_after(self, task: asyncio.Task[None]) -> None:
        """A part that failed ends the whole, loudly."""
        if not task.cancelled() and task.exception() is not None and not self._outcome.done():
            self._outcome.set_exception(task.exception() or RuntimeError())

    def _tick(self) -> None:
        """One frame to the caller: our own sentences first, then the agent's voice."""
        if self._player.speaking or self._held:
            self._jitter.clear()
            self._player.tick()
            return
        self._line.write(self._jitter.take() or self._silence)

    async def _greet(self) -> None:
        await self._say(agent_words.COMING)

    async def _hear_caller(self) -> None:
        while True:
            event = await self._line.read()
            if isinstance(event, HungUp):
                self._end(Attended(Outcome.HUNG_UP, by=event.by))
                return
            if isinstance(event, Key):
                self._note("key", text=event.key)
                self._show("key", key=event.key)
            elif isinstance(event, Frame) and not self._held:
                if self._agent is not None:
                    self._agent.write(self._to_agent.feed(event.pcm))
                if self._caller_scribe is not None:
                    self._caller_scribe.feed(event.pcm)

    async def _serve_agent(self) -> None:
        """One browser of the agent after the other, until none comes in time."""
        while True:
            patience = self._room.patience
            limit = patience.returning if self._was_there else patience.coming
            try:
                coming = self._room.lines.wait_for(self._row, self._agent_id)
                agent = await asyncio.wait_for(coming, limit)
            except TimeoutError:
                if self._was_there or not self._typed:
                    await self._give_up()
                    return
                continue  # an agent who only types is there too
            self._agent, self._was_there = agent, True
            self._later(self._calls.connected, self._row, self._agent_id, self._room.clock())
            async with self._saying:
                pass  # an agent who speaks under our own sentence would not be heard
            agent.show("state", held=False, connected=True)
            await self._listen_to(agent)
            if self._outcome.done():
                return
            self._agent, self._held = None, False
            self._note("agent_gone")
            await self._finish_lines()
            await self._say(agent_words.LINE_LOST)

    async def _listen_to(self, agent: AgentLine) -> None:
        """Until this browser is away."""
        while (event := await agent.read()) is not None:
            if isinstance(event, Command):
                await self._obey(event, agent)
            elif isinstance(event, Sound) and not self._held:
                self._jitter.put(self._to_caller.feed(event.pcm))
                if self._agent_scribe is not None:
                    self._agent_scribe.feed(event.pcm)

    async def _obey(self, command: Command, agent: AgentLine) -> None:
        match command.verb:
            case "hold" if not self._held:
                self._held = True
                self._note("held")
                await self._finish_lines()
                agent.show("state", held=True, connected=True)
                company = asyncio.create_task(self._keep_company())
                company.add_done_callback(self._look_after)
                self._tasks.add(company)
            case "unhold" if self._held:
                self._held = False
                self._player.stop()
                self._note("resumed")
                agent.show("state", held=False, connected=True)
            case "hang_up":
                self._end(Attended(Outcome.FINISHED))
            case "transfer":
                await self._put_through(command.target, agent)

    async def _keep_company(self) -> None:
        """Now and then a sentence for who is on hold."""
        words = agent_words.ON_HOLD
        while self._held and not self._outcome.done():
            await self._say(words)
            words = agent_words.STILL_ON_HOLD
            await self._room.ticker.sleep(self._room.patience.hold)

    async def _put_through(self, target: str, agent: AgentLine) -> None:
        await self._say(agent_words.PUTTING_THROUGH)
        try:
            await self._line.transfer(target)
        except TransferRefused as error:
            self._note("error", data={"code": error.code})
            agent.show("notice", text="电话没有转过去，市民还在线上。请再试一次，或者换个号码。")
            await self._say(agent_words.NOT_PUT_THROUGH)
            return
        self._later(self._calls.transferred, self._row, target, self._room.clock())
        self._end(Attended(Outcome.TRANSFERRED, target=target))

    async def _watch_desk(self) -> None:
        """What the agent does at the desk: typed words, handing back, closing; and that an agent who speaks is there."""
        seen_at = float("-inf")
        while True:
            if self._agent is not None and self._room.ticker.now - seen_at > _SEEN_SECONDS:
                seen_at = self._room.ticker.now
                self._later(self._calls.agent_seen, self._agent_id, self._room.clock())
            try:
                state, replies = await asyncio.to_thread(self._look)
            except Exception as error:  # a database that is away must not part two people who speak
                report(log, "attendance.desk_unknown", error)
            else:
                if state.held_by != "agent" or state.agent_id != self._agent_id:
                    waits = state.waiting or state.held_by == "agent"
                    self._end(Attended(Outcome.TO_QUEUE if waits else Outcome.TO_ASSISTANT))
                    return
                for turn_id, text in replies:
                    await self._speak_for_agent(turn_id, text)
            await self._room.ticker.sleep(self._room.patience.look)

    def _look(self) -> tuple[QueueState, list[tuple[int, str]]]:
        """How the conversation stands, and what the agent typed; in a thread."""
        state = self._calls.queue_state(self._conversation_id, self._room.clock())
        return state, self._calls.unspoken_replies(self._conversation_id)

    async def _speak_for_agent(self, turn_id: int, text: str) -> None:
        """Say typed words once, and note that they were heard; words that cannot be said stay unsaid."""
        self._typed = True
        if turn_id not in self._typed_said:
            said = self._typed_said[turn_id] = await self._say(text)
            if not said:
                self._show("notice", text="这句话现在念不出来，请直接跟市民说。")
        if self._typed_said[turn_id]:
            self._later(self._calls.spoken, turn_id, self._room.clock())

    async def _give_up(self) -> None:
        """The agent did not come (back): the conversation waits again, unless somebody settled it meanwhile."""
        while not self._outcome.done():
            try:
                await asyncio.to_thread(self._calls.take_back, self._conversation_id, self._room.clock())
            except Exception as error:
                report(log, "attendance.not_given_back", error)
                await self._room.ticker.sleep(self._room.patience.look)
            else:
                return  # _watch_desk sees how it stands now

    async def _say(self, text: str) -> bool:
        """Say a sentence to the caller to its end; False where nothing could be said."""
        async with self._saying:
            self._player.begin()
            try:
                async for piece in self._speak(text):
                    self._player.put(piece.text, piece.pcm)
            except YinlingError as error:
                self._player.stop()
                self._note("error", data={"code": error.code})
                return False
            self._player.end()
            self._caption("machine", text, final=True)
            await self._player.finished()
            self._note("said", text=text)
            return True

    def _scribe(self, sample_rate: int, agent_id: int | None) -> Scribe | None:
        """Writes along the caller (``agent_id`` None) or the agent."""
        if self._room.model is None:
            return None
        who = "caller" if agent_id is None else "agent"

        async def line(heard: Transcript) -> None:
            self._caption(who, heard.text, final=True)
            self._show("caption", who=who, text=heard.text, final=True)
            confidence = heard.confidence if agent_id is None else None
            at = self._room.clock()
            self._later(self._calls.add_line, self._conversation_id, heard.text, at, agent_id, confidence)

        def partial(words: str) -> None:
            self._caption(who, words, final=False)
            self._show("caption", who=who, text=words, final=False)

        def deaf() -> None:
            self._show("notice", text="现在写不出文字记录，通话不受影响。")

        return Scribe(self._room.model, sample_rate, self._room.ticker, partial, line, deaf)

    async def _finish_lines(self) -> None:
        """What either side was saying ends here."""
        for scribe in (self._caller_scribe, self._agent_scribe):
            if scribe is not None:
                await scribe.finish()

    def _show(self, type_: str, **fields: object) -> None:
        if self._agent is not None:
            self._agent.show(type_, **fields)

    def _caption(self, who: str, text: str, *, final: bool) -> None:
        if isinstance(self._line, Captioned):
            self._line.caption(who, text, final=final)

    def _note(self, kind: str, text: str | None = None, data: dict[str, object] | None = None) -> None:
        self._later(self._calls.note, self._row, kind, self._room.clock(), None, text, data)

    def _later(self, verb: Callable[..., object], *arguments: object) -> None:
        """Write something down, in order, without anybody waiting for it."""
        if self._writing.qsize() < _WAITING:
            self._writing.put_nowait((verb, arguments))

    async def _write_down(self) -> None:
        while (work := await self._writing.get()) is not None:
            verb, arguments = work
            try:
                await asyncio.to_thread(verb, *arguments)
            except Exception as error:
                report(log, "attendance.not_written", error)

    def _end(self, attended: Attended) -> None:
        with suppress(asyncio.InvalidStateError):
            self._outcome.set_result(attended)

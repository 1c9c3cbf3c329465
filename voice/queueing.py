"""A caller in the agents' queue: told the truth about it until somebody takes the call or the caller does not wait."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from datetime import datetime

from bot.calls import Calls, QueueState
from bot.messages import UtteranceKind
from bot.trouble import report
from voice import agent_words, call_words
from voice.agent_audio import AgentAudio, Attended, Outcome
from voice.arrivals import NextStep
from voice.conversation import Conversation, End, Manner
from voice.leg import CallLeg, LegKind, TransferRefused
from voice.line import Line
from voice.metrics import Measures
from voice.mouth import Mouth
from voice.ticker import Ticker
from voice.timeline import Timeline
from voice.tts import Spoken

log = logging.getLogger(__name__)

_LOOKS_FAILED = 30  # in a row after which the queue counts as gone


class Queueing:
    """One call's time in the queue; ``look`` is called about once a second while it lasts."""

    def __init__(
        self,
        leg: CallLeg,
        line: Line,
        talk: Conversation,
        mouth: Mouth,
        calls: Calls,
        agents: AgentAudio,
        timeline: Timeline,
        ticker: Ticker,
        measures: Measures,
        clock: Callable[[], datetime],
        people_there: Callable[[datetime], bool],
        manner: Manner,
    ) -> None:
        self._leg, self._line, self._talk, self._mouth = leg, line, talk, mouth
        self._calls, self._agents, self._timeline = calls, agents, timeline
        self._ticker, self._measures, self._clock = ticker, measures, clock
        self._people_there, self._manner = people_there, manner
        self._next_word = 0.0  # time of the next word on the place in the queue
        self._waits = False
        self._failed_looks = 0

    async def look(self) -> End | None:
        """See how the conversation stands with the agents, and act on it."""
        conversation_id = self._timeline.conversation_id
        if conversation_id is None:
            return await self._cannot_wait()
        try:
            state = await asyncio.to_thread(self._calls.queue_state, conversation_id, self._clock())
        except Exception as error:
            report(log, "call.queue_unknown", error)
            self._failed_looks += 1
            return await self._cannot_wait() if self._failed_looks >= _LOOKS_FAILED else None
        self._failed_looks = 0
        if state.held_by == "agent":
            return await self._taken(state, conversation_id)
        if state.position is None:
            self._leave("withdrawn")
            return None
        if not self._waits:
            self._waits, self._next_word = True, self._ticker.now + self._manner.announce / 3
            self._timeline.note("queued", data={"position": state.position})
        if not self._people_there(self._clock()):
            return await self._closing()
        if self._ticker.now >= self._next_word and not self._talk.asking:
            await self._talk.say(call_words.queue_sentence(state.position, state.expected_wait_seconds))
            self._next_word = self._ticker.now + self._manner.announce
        return None

    async def _closing(self) -> End | None:
        """The agents go home: ask the assistant for a person again, which now offers to ring back."""
        self._leave("closed")
        return await self._talk.ask(UtteranceKind.TEXT, call_words.CALL_ME_BACK)

    async def _taken(self, state: QueueState, conversation_id: int) -> End | None:
        row = self._timeline.row
        if row is None:
            return await self._cannot_wait()
        if state.agent_phone:
            return await self._put_through(state.agent_phone, conversation_id)
        with self._line.lend() as lent:
            attended = await self._agents.attend(lent, row, conversation_id, state, self._voice)
        return await self._after(attended)

    async def _after(self, attended: Attended) -> End | None:
        match attended.outcome:
            case Outcome.HUNG_UP:
                return self._end("connected", End(attended.by))
            case Outcome.TRANSFERRED:
                return self._end("transferred", End("transferred"))
            case Outcome.FINISHED:
                await self._talk.say(agent_words.AGENT_DONE)
                return self._end("connected", End("us"))
            case Outcome.TO_ASSISTANT:
                self._leave("connected")
                await self._talk.say(agent_words.BACK_TO_ASSISTANT)
            case Outcome.TO_QUEUE:
                self._measures.handoffs.labels("agent_gone").inc()
                await self._talk.say(agent_words.BACK_TO_QUEUE)
                self._next_word = self._ticker.now + self._manner.announce
        return None

    async def _put_through(self, number: str, conversation_id: int) -> End | None:
        """To the agent's telephone. A PBX that cannot be told over its manager is told when our sound ends."""
        await self._talk.say(call_words.CONNECTING, interruptible=False)
        try:
            await self._leg.transfer(number)
        except TransferRefused as error:
            self._timeline.note("error", data={"code": error.code})
            if self._leg.kind is LegKind.AUDIOSOCKET:
                self._note_transfer(number)
                return self._end("transferred", End("transferred", NextStep.AGENT, number))
            await asyncio.to_thread(self._calls.take_back, conversation_id, self._clock())
            self._measures.handoffs.labels("not_connected").inc()
            await self._talk.say(call_words.NOT_CONNECTED)
            self._next_word = self._ticker.now + self._manner.announce
            return None
        self._note_transfer(number)
        return self._end("transferred", End("transferred"))

    def _note_transfer(self, number: str) -> None:
        at = self._clock()
        self._timeline.do(lambda row: self._calls.transferred(row, number, at))

    async def _cannot_wait(self) -> End:
        """The queue cannot be seen: nobody would ever come."""
        await self._talk.say(call_words.DOWN, interruptible=False)
        return self._end("fault", End("fault", NextStep.AGENT))

    def _leave(self, outcome: str) -> None:
        self._talk.queued = self._waits = False
        self._measures.handoffs.labels(outcome).inc()

    def _end(self, outcome: str, end: End) -> End:
        self._leave(outcome)
        return end

    def _voice(self, text: str) -> AsyncIterator[Spoken]:
        return self._mouth.pieces(text)

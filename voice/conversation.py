"""One caller's talk with the assistant: hear, ask, say, wait for a person; until the line ends."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from bot.messages import Act, Channel, Reply, Utterance, UtteranceKind
from bot.ports import YinlingError
from bot.trouble import report
from voice import call_words
from voice.arrivals import NextStep
from voice.ears import Ears
from voice.events import Deaf, Event, Gone, Heard, Pressed, Quiet
from voice.leg import CallLeg
from voice.line import caption
from voice.metrics import Measures
from voice.mouth import Mouth
from voice.ticker import Ticker
from voice.timeline import Timeline
from voice.tts import SpeechStyle
from voice.tts_pool import SpeakingUnavailable
from voice.turn_taking import adds_nothing

log = logging.getLogger(__name__)

_REMEMBER_SECONDS = 0.5
_NOT_UNDERSTOOD = (Act.FALLBACK, Act.OUT_OF_SCOPE)


@dataclass(frozen=True, slots=True)
class Manner:
    """How a call goes. Seconds, each, but for ``office``, the name the greeting says, and ``recorded``."""

    office: str = "医保服务热线"
    recorded: bool = False
    no_input: float = 7.0  # of quiet after which the caller is asked again
    hold: float = 1.5  # of thinking after which 请稍等 is said
    hold_again: float = 8.0
    give_up: float = 25.0  # of thinking after which the assistant counts as gone
    look: float = 1.0  # between two looks at the queue
    announce: float = 30.0  # between two words on the place in the queue


@dataclass(frozen=True, slots=True)
class End:
    """Why a call ends (as bot.calls.Calls.end) and what a PBX does with the line then."""

    reason: str
    next: NextStep = NextStep.HANGUP
    target: str = ""


class Conversation:
    """Turn after turn. ``waiting`` is what happens while the caller is in the agents' queue."""

    def __init__(
        self,
        leg: CallLeg,
        answer: Callable[[Utterance], Reply],
        spoken_to: Callable[[str], tuple[float, float]],
        ears: Ears,
        mouth: Mouth,
        timeline: Timeline,
        ticker: Ticker,
        measures: Measures,
        clock: Callable[[], datetime],
        manner: Manner,
    ) -> None:
        self._leg, self._answer, self._ears, self._mouth = leg, answer, ears, mouth
        self._timeline, self._ticker, self._measures = timeline, ticker, measures
        self._clock, self._manner, self._spoken_to = clock, manner, spoken_to
        self._user = leg.caller or f"anonymous:{leg.call_id}"
        self._turns = 0
        self._failures = 0  # of the assistant, in a row
        self._unsaid = False  # the reply to the last utterance was not spoken at all
        self.queued = False  # the caller waits for an agent, as far as this call knows
        self.asking = False  # the last reply wants an answer, also from who waits

    async def greet(self) -> None:
        """Which office, that it is a machine, whether it is recorded, and 0; as this caller wanted it last time."""
        manner = self._manner
        await self._remember()
        if (
            self._ears.key_waits()
        ):  # who knows the way is not kept waiting; that the call is recorded must be told
            if manner.recorded:
                await self.say(call_words.RECORDED, interruptible=False)
            return
        words = call_words.GREETING.format(office=manner.office)
        await self.say(f"{call_words.RECORDED}{words}" if manner.recorded else words)

    async def _remember(self) -> None:
        """How this number was spoken to before; a database that is slow or away does not keep the caller waiting."""
        if not self._leg.caller:
            return
        try:
            async with asyncio.timeout(_REMEMBER_SECONDS):
                self._mouth.style = SpeechStyle(*await asyncio.to_thread(self._spoken_to, self._user))
        except Exception as error:
            report(log, "call.not_remembered", error, logging.WARNING)

    async def turn(self, event: Event) -> End | None:
        """Everything that follows from one thing that happened; End where the call is over."""
        match event:
            case Gone(by):
                return End(by)
            case Deaf():
                self._measures.errors.labels("asr.unavailable").inc()
                self._timeline.note("error", data={"code": "asr.unavailable"})
                await self.say(call_words.DEAF)
                return None
            case Quiet():
                self._measures.silence.inc()
                self._timeline.note("silence")
                return await self.ask(UtteranceKind.SILENCE, "")
            case Pressed(key, heard):
                self._timeline.note("key", text=key)
                waiting = self.queued and key == "1" and not self.asking
                if waiting:
                    return await self.ask(UtteranceKind.TEXT, call_words.CALL_ME_BACK)
                return await self.ask(UtteranceKind.KEY, key, heard)
            case Heard():
                return await self._heard(event)

    async def _heard(self, event: Heard) -> End | None:
        words = event.transcript.text
        data = {"confidence": event.transcript.confidence}
        self._timeline.note("heard", text=words, duration=event.seconds, data=data)
        self._measures.stage.labels("asr").observe(event.took)
        if event.heard is not None:
            self._measures.interruptions.labels("taken").inc()
            self._timeline.note("barge_in", text=event.heard)
        caption(self._leg, "caller", words)
        lead = call_words.CUT if event.cut else ""
        return await self.ask(UtteranceKind.VOICE, words, event.heard, lead=lead, since=event.ended_at)

    async def ask(
        self,
        kind: UtteranceKind,
        text: str,
        heard: str | None = None,
        lead: str = "",
        since: float | None = None,
    ) -> End | None:
        """One turn with the assistant: its reply is spoken and followed.

        ``lead`` is said to one who speaks on. ``since``: when the caller had finished, on the event loop's clock.
        """
        started = asyncio.get_running_loop().time()
        self._turns += 1
        utterance = Utterance(
            channel=Channel.PHONE,
            user_id=self._user,
            text=text,
            external_id=f"{self._leg.call_id}:{self._turns}",
            at=self._clock(),
            kind=kind,
            heard="" if self._unsaid else heard,
        )
        if lead:
            await self.say(lead, over=True)
        try:
            reply = await self._think(utterance)
        except Exception as error:
            return await self._failed(error, wants_person=kind is UtteranceKind.KEY and text == "0")
        self._failures = 0
        took = asyncio.get_running_loop().time() - started
        self._measures.stage.labels("answer").observe(took)
        self._measures.turns.labels(reply.act.value).inc()
        if reply.act in _NOT_UNDERSTOOD:
            self._measures.no_match.inc()
        self._timeline.note("understood", duration=took, data=_understood(reply))
        return await self._follow(reply, bool(lead), started if since is None else since)

    async def _think(self, utterance: Utterance) -> Reply:
        """The assistant's reply; who waits for it hears so. Raises what the assistant raises, or TimeoutError."""
        work = asyncio.create_task(asyncio.to_thread(self._answer, utterance))
        manner, words, waited = self._manner, call_words.HOLD, 0.0
        patience = manner.hold
        while waited < manner.give_up:
            pause = asyncio.create_task(self._ticker.sleep(patience))
            await asyncio.wait({work, pause}, return_when=asyncio.FIRST_COMPLETED)
            pause.cancel()
            if work.done():
                return work.result()
            await self.say(words, interruptible=False)
            words, waited, patience = call_words.STILL_HOLD, waited + patience, manner.hold_again
        work.add_done_callback(_forget)
        raise TimeoutError

    async def _follow(self, reply: Reply, over: bool, since: float) -> End | None:
        """Speak a reply and do what its act means for the line."""
        decided = asyncio.get_running_loop().time()
        self._mouth.style = SpeechStyle(reply.speech_rate, reply.speech_volume)
        conversation_known = self._timeline.conversation_id is not None
        if reply.turn_id is not None and not conversation_known:
            await self._timeline.attach(reply.turn_id)
        handed_over = reply.silent or reply.act is Act.HANDOFF
        self.queued = self.queued or handed_over
        self.asking = not handed_over
        if not over:
            await self._ears.calm()
        self._ears.drop(adds_nothing)
        self._unsaid = self._ears.pending() and not reply.silent
        if self._unsaid or reply.silent:
            return None
        whole = await self.say(
            reply.speech,
            interruptible=not reply.uninterruptible,
            over=over,
            on_sound=lambda: self._sounding(since, decided),
        )
        if reply.act is Act.GOODBYE and whole:
            return End("goodbye")
        return None

    def _sounding(self, since: float, decided: float) -> None:
        now = asyncio.get_running_loop().time()
        self._measures.stage.labels("voice").observe(now - decided)
        self._measures.stage.labels("reaction").observe(now - since)

    async def say(
        self,
        text: str,
        *,
        interruptible: bool = True,
        over: bool = False,
        on_sound: Callable[[], None] | None = None,
    ) -> bool:
        """Speak; True where it was said to its end. Where nothing can be synthesised, what is kept says so."""
        caption(self._leg, "machine", text)
        begun = self._ticker.now
        try:
            whole = await self._mouth.say(text, interruptible=interruptible, over=over, on_sound=on_sound)
        except SpeakingUnavailable as error:
            self._measures.errors.labels(error.code).inc()
            self._timeline.note("error", data={"code": error.code})
            whole = False
            if text != call_words.MUTE:
                await self.say(call_words.MUTE)
        said = text if whole else self._mouth.heard
        self._timeline.note("said", text=said, duration=self._ticker.now - begun)
        return whole

    async def _failed(self, error: Exception, wants_person: bool) -> End | None:
        """The assistant cannot answer: once an apology, the second time, or for who wants a person, people."""
        code = error.code if isinstance(error, YinlingError) else "internal.error"
        report(log, "call.turn_failed", error)
        self._measures.errors.labels(code).inc()
        self._timeline.note("error", data={"code": code})
        self._failures += 1
        if self._failures == 1 and not wants_person:
            await self.say(error.spoken if isinstance(error, YinlingError) else YinlingError.spoken)
            return None
        await self.say(call_words.DOWN, interruptible=False)
        return End("fault", NextStep.AGENT)


def _understood(reply: Reply) -> dict[str, object]:
    return {
        "intent": reply.intent,
        "confidence": reply.confidence,
        "act": reply.act.value,
        "turn_id": reply.turn_id,
    }


def _forget(work: asyncio.Task[Reply]) -> None:
    """An answer that came too late; its failure is known already."""
    if not work.cancelled():
        work.exception()

"""A call's hearing: sound goes in without waiting, text comes out in the event loop.

The recogniser works in a thread of the call's own (Vosk lets go of Python's lock while it computes). Sound waits for it
in a queue that is bounded in seconds: a recogniser that cannot keep up is an outage, not a growing delay.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Any

from bot.messages import Transcript
from voice.priority import let_sound_go_first
from voice.recogniser import BadSpeechModel, Recogniser, RecognitionUnavailable, SpeechModel

__all__ = ["BadSpeechModel", "Listener", "Recogniser", "RecognitionUnavailable", "SpeechModel"]

LAG_SECONDS = 8.0  # of sound waiting to be heard; more means that the recogniser cannot keep up
FINISH_SECONDS = 5.0  # until the text of a finished utterance must be there
_GATHER_SECONDS = 0.06  # of sound gathered before the thread is woken
_CLOSE_SECONDS = 2.0

log = logging.getLogger(__name__)


class _Verb(Enum):
    FINISH = "finish"
    RESET = "reset"
    CLOSE = "close"


@dataclass(frozen=True, slots=True)
class _Order:
    verb: _Verb
    answer: asyncio.Future[Transcript] | None = None


class Listener:
    """Hears one call. Every verb is called from the event loop's thread.

    ``on_partial`` gets the text of the utterance so far whenever it changes; it runs in the event loop and never gets
    text of an utterance that was finished or reset.
    """

    def __init__(self, model: SpeechModel, sample_rate: int, on_partial: Callable[[str], None]) -> None:
        self._on_partial = on_partial
        self._loop = asyncio.get_running_loop()
        self._bytes_per_second = sample_rate * 2
        self._waiting: deque[bytes | _Order] = deque()
        self._waiting_bytes = 0
        self._wake = threading.Condition()
        self._utterance = 0  # counts finishes and resets; partial text of an earlier one is stale
        self._failure: RecognitionUnavailable | None = None
        self._ended: asyncio.Future[None] = self._loop.create_future()
        self._closed = False
        self._thread = threading.Thread(
            target=self._work, args=(model, sample_rate), name="recogniser", daemon=True
        )
        self._thread.start()

    @property
    def failed(self) -> bool:
        """Whether nobody listens any more (the thread died or fell behind)."""
        return self._failure is not None

    def feed(self, pcm: bytes) -> None:
        """Hand over some sound; never waits. Sound for a failed or closed listener is dropped."""
        if self._failure is not None or self._closed:
            return
        with self._wake:
            self._waiting.append(pcm)
            self._waiting_bytes += len(pcm)
            waiting = self._waiting_bytes
            if waiting >= _GATHER_SECONDS * self._bytes_per_second:
                self._wake.notify()
        if waiting > LAG_SECONDS * self._bytes_per_second:
            self._fail("the recogniser fell behind")

    async def finish(self) -> Transcript:
        """The utterance is over: its text, once everything fed so far is heard. Raises RecognitionUnavailable."""
        if self._failure is not None:
            raise self._failure
        if self._closed:
            raise RecognitionUnavailable("The listener is closed.")
        answer: asyncio.Future[Transcript] = self._loop.create_future()
        self._utterance += 1
        self._order(_Order(_Verb.FINISH, answer))
        both: set[asyncio.Future[Any]] = {answer, self._ended}
        await asyncio.wait(both, timeout=FINISH_SECONDS, return_when=asyncio.FIRST_COMPLETED)
        if answer.done():
            return answer.result()
        answer.cancel()
        if self._failure is None:
            self._fail("the recogniser did not answer in time")
        raise self._failure or RecognitionUnavailable("The listener is closed.")

    def reset(self) -> None:
        """Forget the utterance so far, sound that is not heard yet included."""
        self._utterance += 1
        with self._wake:
            while self._waiting and not isinstance(newest := self._waiting[-1], _Order):
                self._waiting_bytes -= len(newest)
                self._waiting.pop()
        self._order(_Order(_Verb.RESET))

    async def close(self) -> None:
        """End the thread; safe to repeat. A thread that is stuck is left behind, and said so in the log."""
        if not self._closed:
            self._closed = True
            with self._wake:
                self._drop_sound()
            self._order(_Order(_Verb.CLOSE))
        done, _ = await asyncio.wait({self._ended}, timeout=_CLOSE_SECONDS)
        if not done:
            log.error("A recogniser's thread does not end; it is left behind.")
        else:
            self._thread.join()  # telling so was the last thing it did

    def _order(self, order: _Order) -> None:
        with self._wake:
            self._waiting.append(order)
            self._wake.notify()

    def _drop_sound(self) -> None:
        self._waiting = deque(item for item in self._waiting if isinstance(item, _Order))
        self._waiting_bytes = 0

    def _fail(self, why: str) -> None:
        if self._failure is None:
            log.error("Recognition failed on a call: %s.", why)
            self._failure = RecognitionUnavailable(f"Recognition failed: {why}.")
        with self._wake:
            self._drop_sound()

    # From here on: the thread.

    def _work(self, model: SpeechModel, sample_rate: int) -> None:
        let_sound_go_first()
        try:
            recogniser = model.recogniser(sample_rate)
            self._listen(recogniser)
            recogniser.close()
        except Exception as error:
            self._tell(self._fail, f"its thread died of {type(error).__name__}")
        finally:
            self._tell(self._end)

    def _listen(self, recogniser: Recogniser) -> None:
        told, utterance = "", 0
        while True:
            item = self._next()
            if isinstance(item, bytes):
                partial = recogniser.feed(item)
                if partial != told:
                    told = partial
                    self._tell(self._deliver, partial, utterance)
                continue
            told, utterance = "", utterance + 1
            if item.verb is _Verb.CLOSE:
                return
            if item.verb is _Verb.RESET:
                recogniser.reset()
            elif item.answer is not None:
                self._tell(_settle, item.answer, recogniser.finish())

    def _next(self) -> bytes | _Order:
        """All sound up to the next order, or the order."""
        with self._wake:
            enough = _GATHER_SECONDS * self._bytes_per_second
            self._wake.wait_for(
                lambda: self._waiting_bytes >= enough or any(isinstance(i, _Order) for i in self._waiting)
            )
            sound = bytearray()
            while self._waiting:
                item = self._waiting[0]
                if isinstance(item, _Order):
                    if not sound:
                        self._waiting.popleft()
                        return item
                    break
                sound += item
                self._waiting.popleft()
            self._waiting_bytes -= len(sound)
            return bytes(sound)

    def _tell(self, what: Callable[..., None], *args: object) -> None:
        """Run something in the event loop; nothing where the loop is gone."""
        try:
            self._loop.call_soon_threadsafe(what, *args)
        except RuntimeError:
            log.debug("A recogniser outlived its event loop.")

    def _deliver(self, partial: str, utterance: int) -> None:
        if utterance == self._utterance and not self._closed:
            self._on_partial(partial)

    def _end(self) -> None:
        if not self._ended.done():
            self._ended.set_result(None)


def _settle(answer: asyncio.Future[Transcript], transcript: Transcript) -> None:
    if not answer.done():
        answer.set_result(transcript)

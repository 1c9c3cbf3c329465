"""What a call hears: the caller's sound comes in frame by frame, and goes out as things that happened.

Hearing never stops. While the assistant speaks it watches for an interruption; keys come before speech.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine

from voice.asr import Listener, RecognitionUnavailable, SpeechModel
from voice.endpointing import Endpoint, Endpointer
from voice.events import Deaf, Event, Gone, Heard, Pressed, Quiet
from voice.leg import FRAME_SECONDS
from voice.player import SILENT, Player, level
from voice.tones import ToneDetector
from voice.turn_taking import BargeIn, takes_the_word
from voice.vad import SpeechDetector

_PRE_ROLL = 15  # frames (0.3 s) before an utterance was noticed that belong to it
_MUTED = 10  # frames (0.2 s) after a key in which its tone may still ring
_MISSING = 10  # ticks without a frame after which the line counts as quiet
_KEY_WAITS = 15  # ticks (0.3 s) in which the same key may still come beside the sound
_CUT_IN = 2.5  # seconds after an utterance's last sound in which going on means that it had not ended
_NOISE_SECONDS = 0.6  # of speech without a word; less is a cough and no reason to ask back


class Ears:
    """One call's hearing. ``spawn`` starts a task of the call, ``note(kind, words)`` tells what only the ears
    know (false_alarm), ``count`` is told the seconds given to the recogniser."""

    def __init__(
        self,
        model: SpeechModel | None,
        detector: SpeechDetector,
        player: Player,
        spawn: Callable[[Coroutine[object, object, None]], object],
        note: Callable[[str, str], None],
        count: Callable[[float], None],
    ) -> None:
        self._detector, self._player = detector, player
        self._spawn, self._note, self._count = spawn, note, count
        self._listener = Listener(model, detector.sample_rate, self._on_partial) if model else None
        self._tones = ToneDetector(detector.sample_rate)
        self._endpointer, self._barge_in = Endpointer(), BargeIn()
        self._events: deque[Event] = deque()
        self._news, self._calm = asyncio.Event(), asyncio.Event()
        self._before: deque[bytes] = deque(maxlen=_PRE_ROLL)
        self._partial = ""
        self._dropped = False  # the utterance under way gave way to a key
        self._turn = 0  # counts keys: what was being recognised when one came is dropped
        self._finishing = 0
        self._missing = self._muted = 0
        self._waiting = 0.0  # seconds of quiet since an answer is waited for
        self._patience: float | None = None
        self._keys_beside = False  # this line sends its keys beside the sound
        self._toned: tuple[str, int] | None = None
        self._said_deaf = model is None
        self._since_end: float | None = None  # seconds since an utterance ended that nothing was said to yet
        self.interruptible = True
        self.on_words: Callable[[str], None] = _nobody_reads  # the words so far, empty: they were nothing
        if model is None:
            self._tell(Deaf())

    @property
    def busy(self) -> bool:
        """Whether the caller speaks, or what was said is still being recognised."""
        return self._endpointer.speaking or self._finishing > 0

    @property
    def deaf(self) -> bool:
        """Whether nothing that is said can be recognised."""
        return self._listener is None or self._listener.failed

    async def event(self, patience: float | None = None) -> Event:
        """The next thing that happened; Quiet after ``patience`` seconds in which nobody spoke, neither side."""
        self._patience, self._waiting = patience, 0.0
        try:
            while not self._events:
                self._news.clear()
                await self._news.wait()
            return self._events.popleft()
        finally:
            self._patience = None

    async def calm(self) -> None:
        """Wait until the caller does not speak."""
        while self.busy:
            self._calm.clear()
            await self._calm.wait()

    def pending(self) -> bool:
        """Whether something has happened that nobody has taken yet."""
        return bool(self._events)

    def key_waits(self) -> bool:
        """Whether a key was pressed that nobody has taken yet."""
        return any(isinstance(event, Pressed) for event in self._events)

    def drop(self, needless: Callable[[str], bool]) -> None:
        """Forget utterances that nobody has taken yet and whose words are needless."""
        self._events = deque(
            e for e in self._events if not (isinstance(e, Heard) and needless(e.transcript.text))
        )

    def speech_begins(self, interruptible: bool = True, over: bool = False) -> None:
        """The assistant begins to speak; where the caller is speaking it waits until that proves to be nothing.

        ``over``: speak over a caller who does not stop.
        """
        self.interruptible = interruptible
        self._barge_in.begin(talking=self._endpointer.speaking)
        if self.busy and interruptible and not over:
            self._player.pause()

    def hear(self, pcm: bytes) -> None:
        """20 ms of the line."""
        self._missing = 0
        loudness = level(pcm)
        tone, key = self._tones.hear(pcm, loudness)
        if key is not None and not self._keys_beside:
            self._toned = (key, _KEY_WAITS)
        if tone or self._muted:
            self._muted = max(self._muted - 1, 3 if tone else 0)
            pcm, loudness = bytes(len(pcm)), SILENT
        speech = self._detector.hear(pcm, loudness)
        if self._player.sounding:
            own = self._player.level
            if self._barge_in.hear(speech, loudness, own, FRAME_SECONDS) and self.interruptible:
                self._player.pause()
            speech = self._barge_in.counts(speech, loudness, own)
            self._since_end = None
        self._follow(speech, pcm)

    def tick(self) -> None:
        """20 ms passed, whether or not the line brought anything."""
        self._missing += 1
        if not self.busy:
            self._calm.set()
        if self._missing > _MISSING and self._endpointer.speaking:
            self._follow(False, b"")
        if self._toned is not None:
            key, ticks = self._toned
            self._toned = (key, ticks - 1) if ticks > 1 else None
            if ticks == 1:
                self._press(key)
        if self._patience is None or self.busy or self._player.speaking:
            self._waiting = 0.0
        else:
            self._waiting += FRAME_SECONDS
            if self._waiting >= self._patience:
                self._waiting, self._patience = 0.0, None
                self._tell(Quiet())

    def key(self, key: str) -> None:
        """A key that came beside the sound."""
        self._keys_beside, self._toned = True, None
        self._press(key)

    def gone(self, by: str) -> None:
        """The line is gone; the assistant's voice stops."""
        self._player.stop()
        self._tell(Gone(by))

    async def close(self) -> None:
        """Let the recogniser go."""
        if self._listener is not None:
            await self._listener.close()

    def _press(self, key: str) -> None:
        """A key has the word: what was being said in this turn is dropped."""
        self._turn += 1
        self._muted = _MUTED
        self._dropped = self._endpointer.speaking
        if not self._dropped:
            self._forget_utterance()
        self._events = deque(event for event in self._events if not isinstance(event, Heard | Quiet))
        if self._player.speaking and (self.interruptible or key == "0"):
            self._player.stop()
        elif self._player.paused:
            self._player.resume()
        self._tell(Pressed(key, self._player.heard if self._player.interrupted else None))

    def _follow(self, speech: bool, pcm: bytes) -> None:
        """Feed the endpointer, and the recogniser with what belongs to an utterance."""
        was_speaking, seconds = self._endpointer.speaking, self._endpointer.speech_seconds
        quiet = self._endpointer.quiet_seconds
        came_to = self._endpointer.hear(speech, FRAME_SECONDS, self._partial)
        if self._since_end is not None:
            self._since_end += FRAME_SECONDS
        if self._dropped:
            if came_to is not None:
                self._dropped = False
                self._forget_utterance()
            return
        if came_to is Endpoint.STARTED:
            self._started()
            for frame in self._before:
                self._feed(frame)
            self._before.clear()
        if was_speaking or came_to is Endpoint.STARTED:
            self._feed(pcm)
        else:
            self._before.append(pcm)
        if came_to in (Endpoint.ENDED, Endpoint.TOO_LONG):
            self._finish(seconds, came_to is Endpoint.TOO_LONG, quiet)

    def _started(self) -> None:
        """An utterance begins; one that follows soon upon another tells that the other was taken for ended too early."""
        self._partial = ""
        if self._since_end is not None and self._since_end < _CUT_IN:
            self._endpointer.cut_in(self._since_end)
        if self._player.speaking and not self._player.sounding and self.interruptible:
            self._player.pause()  # it was about to speak

    def _feed(self, pcm: bytes) -> None:
        if self._listener is not None and pcm:
            self._listener.feed(pcm)
            self._count(FRAME_SECONDS)
            if self._listener.failed:
                self._tell_deaf()

    def _on_partial(self, partial: str) -> None:
        self._partial = partial
        self.on_words(partial)
        if self._player.paused and self.interruptible and takes_the_word(partial, final=False):
            self._player.stop()

    def _finish(self, seconds: float, cut: bool, quiet: float) -> None:
        """The utterance is over: recognise it, unless it was only a sound under the assistant's voice."""
        stopped = self._player.paused or not self._player.speaking
        self._since_end = quiet
        if self._listener is None or not stopped:
            self._forget_utterance()
            if self._player.paused:
                self._player.resume()
            return
        self._finishing += 1
        self._spawn(self._recognise(self._listener, seconds, cut, self._turn))

    async def _recognise(self, listener: Listener, seconds: float, cut: bool, turn: int) -> None:
        loop = asyncio.get_running_loop()
        started = loop.time()
        self._partial = ""
        try:
            transcript = await listener.finish()
        except RecognitionUnavailable:
            self._tell_deaf()
            transcript = None
        finally:
            self._finishing -= 1
        if turn != self._turn:
            return
        words = transcript.text if transcript else ""
        if self._player.speaking and self._player.paused and not (words and takes_the_word(words)):
            self._note("false_alarm", words)
            self._barge_in.false_alarm(words)
            self._player.resume()
            return
        if transcript is None or (not words and seconds < _NOISE_SECONDS):
            return
        self._player.stop()
        heard = self._player.heard if self._player.interrupted else None
        self._tell(Heard(transcript, seconds, cut, started, loop.time() - started, heard))

    def _forget_utterance(self) -> None:
        self.on_words("")
        self._endpointer.reset()
        self._before.clear()
        self._partial = ""
        if self._listener is not None:
            self._listener.reset()

    def _tell_deaf(self) -> None:
        if not self._said_deaf:
            self._said_deaf = True
            self._tell(Deaf())

    def _tell(self, event: Event) -> None:
        self._events.append(event)
        self._news.set()


def _nobody_reads(words: str) -> None:
    """For lines whose other end cannot read along."""

"""What a call says: text to the voice, the voice's sound to the player, piece by piece."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing

from voice.ears import Ears
from voice.player import Player
from voice.tts import SpeechStyle, Spoken, Voice


class Mouth:
    """One call's voice."""

    def __init__(self, voice: Voice, player: Player, ears: Ears, sample_rate: int) -> None:
        self._voice, self._player, self._ears, self._sample_rate = voice, player, ears, sample_rate
        self.style = SpeechStyle()

    async def say(
        self,
        text: str,
        *,
        interruptible: bool = True,
        over: bool = False,
        on_sound: Callable[[], None] | None = None,
    ) -> bool:
        """Speak, and wait until it is over; True where it was said to its end, False where it was interrupted.

        ``over``: do not wait for a caller who is speaking. ``on_sound``: called when the first sound goes out.
        Raises SpeakingUnavailable after whatever could be said.
        """
        player = self._player
        player.begin(on_sound)
        self._ears.speech_begins(interruptible, over)
        filling = asyncio.create_task(self._fill(text))
        try:
            await player.finished()
        finally:
            filling.cancel()
            await asyncio.wait({filling})
            self._ears.interruptible = True
        if not filling.cancelled() and (error := filling.exception()) is not None:
            raise error
        return not player.interrupted

    @property
    def heard(self) -> str:
        """What of the latest speech has reached the caller."""
        return self._player.heard

    def pieces(self, text: str) -> AsyncIterator[Spoken]:
        """A text as this caller wants to hear it, for somebody else to play."""
        return self._voice.say(text, self.style, self._sample_rate)

    async def _fill(self, text: str) -> None:
        try:
            async with aclosing(self._voice.say(text, self.style, self._sample_rate)) as speech:
                async for spoken in speech:
                    self._player.put(spoken.text, spoken.pcm)
        finally:
            self._player.end()

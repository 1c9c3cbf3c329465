"""Who has the word: when a caller's sound stops the assistant's voice, and when it only seemed to.

Two steps, since no one can tell 嗯 from 我想 within 200 ms: speech on the line makes the voice pause at once; the words
decide afterwards. With words of content the rest is dropped and the caller has the word. Without (a cough that passed
the detector, 嗯, our own echo) the voice goes on where it stopped. Pure: levels and time come as arguments.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

# Said to show that one listens, not to take the word.
_LISTENING_SIGNS = re.compile("[嗯恩哦噢喔啊呃额唉哎诶欸呵哈唔呀]|那个|就是")
_ANSWERS = frozenset("是对好行要有不没喂停")

_FORGETS = 0.25  # seconds of speech that count less for each second of quiet: words have gaps (不…是)
_HALF_A_FRAME = 0.01  # seconds; sums of 0.02 are not exact


@dataclass(frozen=True, slots=True)
class Manners:
    """``onset``: seconds of speech that pause the voice. ``settled``: seconds of quiet before, so that somebody who
    talks on does not interrupt anew. Decibels: how far below our own voice a sound still counts as the caller's;
    a false alarm raises it by ``step`` up to ``margin_most`` (a loudspeaker that echoes us)."""

    onset: float = 0.06
    settled: float = 0.2
    margin: float = -26.0
    margin_most: float = -8.0
    step: float = 4.0


class BargeIn:
    """Watches the line while the assistant speaks."""

    def __init__(self, manners: Manners | None = None) -> None:
        self._manners = manners or Manners()
        self._margin = self._manners.margin
        self.begin()

    def begin(self, talking: bool = False) -> None:
        """The assistant begins to speak. Who is ``talking`` on does not interrupt until there was a pause."""
        self._speech = 0.0
        self._quiet = 0.0
        self._fresh = not talking

    def counts(self, speech: bool, level: float, own_level: float) -> bool:
        """Whether a frame is the caller's speech, not an echo of ours; levels as for ``hear``."""
        return speech and level > own_level + self._margin

    def hear(self, speech: bool, level: float, own_level: float, seconds: float) -> bool:
        """The next frame while the voice plays; True: pause it now.

        ``level`` is the frame's, ``own_level`` the loudest of what we played lately, in dB of full scale.
        """
        if not self.counts(speech, level, own_level):
            self._quiet += seconds
            self._speech = max(0.0, self._speech - _FORGETS * seconds)
            self._fresh = self._fresh or self._quiet > self._manners.settled - _HALF_A_FRAME
            return False
        self._speech, self._quiet = self._speech + seconds, 0.0
        if not self._fresh or self._speech < self._manners.onset - _HALF_A_FRAME:
            return False
        self._speech, self._fresh = 0.0, False
        return True

    def false_alarm(self, words: str) -> None:
        """What paused the voice was nothing; where not even 嗯 was heard, be harder to interrupt from now on."""
        if not words:
            self._margin = min(self._manners.margin_most, self._margin + self._manners.step)
        self.begin()


_NEEDLESS = re.compile(
    r"(?:喂|你好|您好|在吗|在不在|听见了吗|听得见吗|怎么不说话|好|好的|行|好嘞|谢谢|快点)*"
)


def adds_nothing(words: str) -> bool:
    """Whether words said while an answer is awaited only fill the time."""
    return not takes_the_word(words) or _NEEDLESS.fullmatch(words) is not None


def takes_the_word(words: str, final: bool = True) -> bool:
    """Whether recognised words are more than a sign of listening.

    A single syllable is what 嗯 and a door are mistaken for: it counts when it is an answer, and never before the
    recogniser has made up its mind (not ``final``).
    """
    content = _LISTENING_SIGNS.sub("", words)
    return len(content) > 1 or (final and content in _ANSWERS)

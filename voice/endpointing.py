"""When a caller has finished: decided from speech and quiet, the words so far, and how this caller pauses.

Old people stop to think in the middle of a sentence. The quiet that ends an utterance is therefore longer after
那个…, after digits and after phrases that want to go on, grows with the pauses this caller makes, and is short after
an answer that is complete in one word. Pure: sound and time come as arguments.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

_DIGIT = "零〇一二三四五六七八九幺0-9"
_DIGITS_AT_END = re.compile(rf"[{_DIGIT}]{{2,}}$")
_COMPLETE_NUMBERS = (11, 18)  # digits of a mobile number, of an identity number
_ANSWER = re.compile(
    r"(?:嗯|哎|唉|啊)?(?:是|是的|是啊|对|对的|对啊|没错|好|好的|好啊|行|行啊|可以|要|要的|用|有|没有|不|不是|不对|不用"
    r"|不用了|不要|不行|不可以|不需要|算了|谢谢|再见|转人工|人工|再说一遍|慢一点|大声点|没听清){1,2}(?:吧|啊|呢|了|呀)?"
)
# What is said while looking for words, and what cannot be the end of a sentence.
_UNFINISHED = re.compile(
    r"(?:那个|这个|那|就是|就是说|然后|因为|所以|但是|还有|而且|如果|要是|比如|嗯|呃|额|哦|啊|我想|我要|我就|想问|想问一下"
    r"|问一下|请问|你好|您好|喂|和|跟|或者|或|把|给|在|到|从|叫|的话|我的|他的|她的|我妈|我爸|我妈的|我爸的|号码是|电话是|身份证是"
    r"|名字是|是不是|能不能|可不可以|怎么)$"
)


class Endpoint(StrEnum):
    """What an utterance has come to."""

    STARTED = "started"
    ENDED = "ended"
    TOO_LONG = "too_long"  # cut: the caller speaks on, but must get an answer some time


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds, each."""

    onset: float = 0.08  # of speech that begin an utterance; less is a click
    usual: float = 0.9  # of quiet that end one, for a caller of whom nothing is known
    short: float = 0.5  # after 是, 不是, 转人工
    unfinished: float = 2.2  # after 那个…, 我想…, 请问…
    digits: float = 2.0  # between the groups of a number
    unheard: float = 0.7  # where no word was recognised: a cough, a door
    most: float = 2.6  # whatever the caller's pauses are
    longest: float = 60.0  # of one utterance without an end
    senseless: float = 10.0  # of "speech" in which no word was recognised: music, a television


class Endpointer:
    """Follows one caller through a call; ``hear`` is fed every frame in order."""

    def __init__(self, patience: Patience | None = None) -> None:
        self._patience = patience or Patience()
        self._pause = 0.0  # seconds; the longest pauses inside this caller's utterances, slowly forgotten
        self.reset()

    def reset(self) -> None:
        """Forget the utterance; what was learned about the caller stays."""
        self._speech = 0.0  # of the onset, then of the utterance, pauses not counted
        self._quiet = 0.0  # at its end so far
        self._length = 0.0  # from its first sound, pauses counted
        self._started = False

    @property
    def speaking(self) -> bool:
        """Whether an utterance is under way."""
        return self._started

    @property
    def speech_seconds(self) -> float:
        """Seconds of speech in the utterance under way, pauses not counted."""
        return self._speech if self._started else 0.0

    @property
    def quiet_seconds(self) -> float:
        """Seconds of quiet since its last sound."""
        return self._quiet

    def hear(self, speech: bool, seconds: float, partial: str = "") -> Endpoint | None:
        """The next ``seconds`` of the line: was it speech, and the words recognised so far. Tells what changed."""
        if not self._started:
            return self._before(speech, seconds)
        self._length += seconds
        if speech:
            self._learn(self._quiet)
            self._speech, self._quiet = self._speech + seconds, 0.0
        else:
            self._quiet += seconds
        if self._quiet >= self.limit(partial):
            self.reset()
            return Endpoint.ENDED
        if self._length >= self._patience.longest or (
            not partial and self._length >= self._patience.senseless
        ):
            self.reset()
            return Endpoint.TOO_LONG
        return None

    def limit(self, partial: str) -> float:
        """Seconds of quiet that end an utterance with these words."""
        patience = self._patience
        if not partial:
            return patience.unheard
        if _ANSWER.fullmatch(partial):
            return patience.short
        number = _DIGITS_AT_END.search(partial)
        if number and len(number.group()) not in _COMPLETE_NUMBERS:
            return max(patience.digits, self._usual())
        if _UNFINISHED.search(partial):
            return max(patience.unfinished, self._usual())
        return self._usual()

    def cut_in(self, after: float) -> None:
        """The caller went on ``after`` seconds of quiet, when the utterance was already taken for ended."""
        self._learn(after)

    def _usual(self) -> float:
        return min(self._patience.most, max(self._patience.usual, 1.4 * self._pause))

    def _before(self, speech: bool, seconds: float) -> Endpoint | None:
        self._speech = self._speech + seconds if speech else 0.0
        if self._speech < self._patience.onset:
            return None
        self._started, self._length, self._quiet = True, self._speech, 0.0
        return Endpoint.STARTED

    def _learn(self, pause: float) -> None:
        """A pause that was not the end. Longer ones count at once, shorter ones let the estimate sink slowly."""
        if pause < 0.2:  # between words; says nothing about thinking
            return
        self._pause = max(pause, 0.85 * self._pause + 0.15 * pause)

"""How a caller wants to be spoken to: slower, faster, louder, softer, once more. At once, and kept for the number."""

from __future__ import annotations

import re

from bot.decision import Context, Decision, RememberSpeech
from bot.flows import talk
from bot.messages import Act
from bot.wording import repeated

SLOWEST, FASTEST = 0.55, 1.45  # speech rate as a share of the default
QUIETEST, LOUDEST = 0.5, 2.0  # amplitude as a share of the default: -6 dB, +6 dB
_RATE_STEP = 0.15
_VOLUME_STEP = 2**0.5  # 3 dB: the smallest change that is plainly heard
_SURE = 0.5  # confidence from which a model's slower or louder is followed inside a task

_LEAD = r"(?:你|您|请|麻烦|那|再|说话|说得|讲话|讲得|说|讲|声音|音量|可以|能不能|能){0,4}"
_TAIL = r"(?:说|讲|行吗|好吗|可以吗|吗|吧|啊|了)*[。，！？,!?.]*"
_A_BIT = r"(?:一点儿?|点儿?|一些|些)"
_FASTER = re.compile(
    rf"{_LEAD}(?:快{_A_BIT}|(?:太|有点)慢|加快(?:{_A_BIT}|速度|语速)?|不用(?:说)?(?:这么|那么)慢){_TAIL}"
)
_SOFTER = re.compile(
    rf"{_LEAD}(?:(?:小|轻|低)(?:声|{_A_BIT})(?:{_A_BIT}|声)?|(?:太|有点|好)(?:大声|大|响|吵|刺耳)|"
    rf"(?:放|调)(?:小|低)(?:{_A_BIT}|声)?|不用(?:这么|那么)大声){_TAIL}"
)
_DONE = {
    "slower": (Act.SLOWER, "好的，我说慢一点。", "这已经是最慢的了。"),
    "faster": (Act.REPEAT, "好的，我说快一点。", "这已经是最快的了。"),
    "louder": (Act.LOUDER, "好的，我大声一点。", "这已经是最大声了。"),
    "softer": (Act.REPEAT, "好的，我小声一点。", "这已经是最小声了。"),
}


def respond(ctx: Context) -> Decision | None:
    """The last reply once more, spoken as the caller asked; None where nothing of the kind was asked."""
    if ctx.on_phone and _wish(ctx.parse.text):
        return change(ctx, _wish(ctx.parse.text) or "")
    if ctx.parse.source != "rules" and ctx.parse.intent.confidence < _SURE:
        return None
    if ctx.intent in ("slower", "louder"):
        return change(ctx, ctx.intent)
    if ctx.intent == "repeat":
        return again(ctx)
    return None


def change(ctx: Context, wish: str) -> Decision:
    """Speak differently from now on: slower | faster | louder | softer; at the end of the scale say so."""
    act, done, at_the_end = _DONE[wish]
    rate, volume = rate_after(wish, ctx.speech_rate), volume_after(wish, ctx.speech_volume)
    same = (rate, volume) == (ctx.speech_rate, ctx.speech_volume)
    reply = repeated(ctx.state, act, at_the_end if same else done)
    return Decision(ctx.state, reply, () if same else (RememberSpeech(wish),))


def again(ctx: Context) -> Decision:
    """The last reply once more; the second time in a row slower, for it was not caught."""
    repeats = ctx.state.repeats + 1
    if ctx.on_phone and repeats == 2 and ctx.speech_rate > SLOWEST:
        slower = change(ctx, "slower")
        return Decision(slower.state.with_(repeats=repeats), slower.reply, slower.actions)
    told = talk.repeat(ctx)
    return Decision(told.state.with_(repeats=repeats), told.reply)


def rate_after(wish: str, rate: float) -> float:
    """The speech rate after a wish; others than slower and faster leave it."""
    step = {"slower": -_RATE_STEP, "faster": _RATE_STEP}.get(wish, 0.0)
    return round(min(FASTEST, max(SLOWEST, rate + step)), 3)


def volume_after(wish: str, volume: float) -> float:
    """The loudness after a wish; others than louder and softer leave it."""
    factor = {"louder": _VOLUME_STEP, "softer": 1 / _VOLUME_STEP}.get(wish, 1.0)
    return round(min(LOUDEST, max(QUIETEST, volume * factor)), 3)


def _wish(text: str) -> str | None:
    """faster or softer, which only a listener asks for; the rest of the wishes are understood elsewhere."""
    if _FASTER.fullmatch(text):
        return "faster"
    return "softer" if _SOFTER.fullmatch(text) else None

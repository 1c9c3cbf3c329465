"""What a caller has really heard: the rest of a reply that was interrupted counts as not said."""

from __future__ import annotations

import re

from bot.decision import Context, Decision
from bot.flows import talk
from bot.messages import Act, Reply, UtteranceKind
from bot.speech import GO_ON_QUESTION, spoken_turns
from bot.wording import offered_key

_ANSWERED_OVER = 2  # characters at a question's end over which people already answer


def interrupted(ctx: Context) -> Decision | None:
    """A yes, a key or 接着说 to a reply that was not heard to its question: the question again, or the rest."""
    rest = unheard(ctx.state.said, ctx.utterance.heard)
    if not rest:
        return None
    if ctx.utterance.kind is UtteranceKind.KEY:
        mark = offered_key(ctx.utterance.text.strip()) if ctx.state.choices else ""
        return ask_again(ctx) if mark and mark in rest[1:] else None
    if ctx.intent == "go_on":
        return go_on(ctx, rest)
    if ctx.intent != "affirm":
        return None
    question = rest.rfind("？")
    if question < _ANSWERED_OVER:
        return None
    if ctx.state.flow is None and ctx.state.offer in (None, "more"):
        return go_on(ctx, rest)
    return ask_again(ctx)


def unheard(said: str, heard: str | None) -> str:
    """What of a speech was not heard; signs that make no sound are not compared.

    Empty where something else was heard than this speech: a word of the call's own, as 请稍等.
    """
    if heard is None or not _sounds(said).startswith(_sounds(heard)):
        return ""
    sounds = len(_sounds(heard))
    for position, character in enumerate(said):
        if character.isalnum():
            if sounds == 0:
                return said[position:]
            sounds -= 1
    return ""


def _sounds(text: str) -> str:
    return "".join(filter(str.isalnum, text))


def go_on(ctx: Context, rest: str) -> Decision:
    """Say the rest of what was interrupted, from the clause in which it was, then whatever else was waiting."""
    heard = ctx.state.said[: len(ctx.state.said) - len(rest)]
    clause = re.split(r"[，、：；。！？]", heard)[-1]
    turns = spoken_turns([f"{clause}{rest}".removesuffix(GO_ON_QUESTION)])
    return talk.go_on(ctx, (*turns, *ctx.state.more))


def ask_again(ctx: Context) -> Decision:
    """The last reply as it was, for its question was not heard."""
    state = ctx.state
    act = Act(state.last_act) if state.last_act else Act.REPEAT
    reply = Reply(
        text=state.last_text,
        speech=state.last_speech,
        act=act,
        topic=state.topic,
        uninterruptible=act is Act.CONFIRM,
    )
    return Decision(state, reply)

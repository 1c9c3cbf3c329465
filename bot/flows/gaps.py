"""Questions answered badly are kept, to become an entry or a training example."""

from __future__ import annotations

from dataclasses import replace

from bot.decision import Context, Decision, NoteGap


def noted(
    ctx: Context,
    decision: Decision,
    reason: str,
    *,
    topic: str | None = None,
    region: str | None = None,
    text: str | None = None,
) -> Decision:
    """The decision, and the question kept as a knowledge gap.

    ``reason`` is one of bot.gaps.REASONS; ``text`` is the question where it is not what was said just now.
    """
    intent = ctx.parse.intent if text is None else None
    gap = NoteGap(
        text=ctx.parse.text if text is None else text,
        reason=reason,
        topic=topic,
        region=region or ctx.state.region or ctx.known_region,
        intent=intent.name if intent else None,
        confidence=intent.confidence if intent else None,
        names=ctx.parse.values("name"),
    )
    return replace(decision, actions=(*decision.actions, gap))

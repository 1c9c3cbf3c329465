"""What cannot wait: an emergency, despair, a swindler on the line."""

from __future__ import annotations

from dataclasses import replace

from bot.decision import Context, Decision, Escalate, OpenWorkOrder
from bot.flows import person
from bot.messages import Act
from bot.wording import say


def emergency(ctx: Context) -> Decision:
    """120 first; a person is alerted whatever the hour."""
    text = (
        "您这个情况很急，请马上打120!\n身边有人，就叫他帮忙打。说清楚您在哪里，不要挂电话。\n"
        "我已经通知工作人员了。"
    )
    speech = "很急的话，请马上挂断，打幺二零！身边有人就叫他帮忙。我已经通知工作人员了。"
    actions = (
        OpenWorkOrder("emergency", ctx.parse.text),
        Escalate("emergency", person.PRIORITY["emergency"], ctx.parse.text[:80]),
    )
    return Decision(ctx.state.idle(), say(Act.EMERGENCY, text, speech), actions)


def distress(ctx: Context) -> Decision:
    """Calm words and a person."""
    return person.bring(ctx, "distress", "您别着急，我在听，我们一起想办法。")


def scam(ctx: Context) -> Decision:
    """Warn at once: nothing is paid, no code is told."""
    text = (
        "这很像骗子！请您：\n1. 不要转账。\n2. 不要说验证码和密码。\n3. 挂掉电话，不点链接。\n"
        "已经转了钱，请马上打110，或者反诈热线96110。\n医保局不会打电话要您的密码和验证码。要我帮您转人工吗？"
    )
    speech = (
        "这很像骗子。不要转账，不要说验证码，先挂掉那个电话。已经转了钱，马上打幺幺零。要我帮您转人工吗？"
    )
    decision = Decision(
        ctx.state.idle().with_(offer="agent"),
        say(Act.FRAUD_WARNING, text, speech),
        (OpenWorkOrder("fraud_report", ctx.parse.text),),
    )
    return replace(decision, state=decision.state.with_(topic=ctx.state.topic))

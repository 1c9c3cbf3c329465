"""Complaints and ratings (好差评)."""

from __future__ import annotations

from bot.decision import Context, Decision, Done, OpenWorkOrder, Rate, Refused
from bot.messages import Act
from bot.wording import PERSON_OFFER, say

COMPLAINT = "complaint"
RATING = "rating"
_ENOUGH = 12  # characters of a complaint that already says what happened


def complain(ctx: Context) -> Decision:
    """Write the complaint down, or ask what happened."""
    if len(ctx.parse.text) >= _ENOUGH:
        return _file(ctx)
    reply = say(Act.COMPLAINT, "让您受委屈了。请您说说是什么事，在哪里，什么时候。我一字不差地记下来。")
    return Decision(ctx.state.idle().with_(flow=COMPLAINT, expecting="text"), reply)


def continue_complaint(ctx: Context) -> Decision | None:
    """The account of what happened; None where the citizen thought better of it."""
    if ctx.intent in ("deny", "goodbye"):
        return Decision(ctx.state.idle(), say(Act.AFFIRM, "好的，那就不投诉了。还有什么要问的吗？"))
    return _file(ctx)


def after_complaint(ctx: Context, result: Done | Refused) -> Decision:
    """Say the work order's number."""
    if isinstance(result, Refused):
        return Decision(ctx.state, say(Act.COMPLAINT, "系统忙，还没有记下来。请您再说一遍。"))
    text = f"您的投诉记下了，工单号{result.facts['number']}。工作人员会看，会跟您联系。{PERSON_OFFER}"
    reply = say(Act.COMPLAINT, text, slots={"number": result.facts["number"]})
    return Decision(ctx.state.idle().with_(offer="agent"), reply)


def rate(ctx: Context) -> Decision:
    """Take the stars, or ask for them."""
    stars = ctx.parse.first("rating")
    if (
        stars is None
        and ctx.state.flow == RATING
        and ctx.parse.text.strip() in "12345"
        and ctx.parse.text.strip()
    ):
        stars = ctx.parse.text.strip()
    if stars is None:
        reply = say(Act.RATE, "请给我们打个分：5分最满意，1分最不满意。您打几分？")
        return Decision(ctx.state.idle().with_(flow=RATING, expecting="rating"), reply)
    thanks = "谢谢您！" if int(stars) >= 4 else "谢谢您告诉我们，我们会改。"
    reply = say(Act.RATE, f"{thanks}您打的{stars}分记下了。", slots={"rating": stars})
    return Decision(ctx.state.idle(), reply, (Rate(int(stars)),))


def _file(ctx: Context) -> Decision:
    action = OpenWorkOrder("complaint", ctx.parse.text)
    pending = say(Act.COMPLAINT, "系统忙，还没有记下来。请您再说一遍。")
    return Decision(ctx.state.with_(flow=COMPLAINT), pending, (action,), deciding=action)

"""The small words of a conversation: greeting, thanks, once more, slower, go on."""

from __future__ import annotations

from bot.decision import Context, Decision
from bot.messages import Act, Reply
from bot.speech import GO_ON_QUESTION
from bot.wording import PERSON_OFFER, repeated, say

WELCOME = (
    "您好，我是银龄医保通。\n"
    "1. 医保的事，您用自己的话问我。\n"
    "2. 要去大厅办事，我帮您预约。\n"
    "3. 想找人，说“转人工”。"
)
WELCOME_SPEECH = "您好，这里是银龄医保通。您要问什么，慢慢说。想找人，随时按零。"


def greet(ctx: Context) -> Decision:
    """Say hello and the three things it can do."""
    return Decision(ctx.state.with_(failures=0), say(Act.GREET, WELCOME, WELCOME_SPEECH))


def thank(ctx: Context) -> Decision:
    """Answer thanks."""
    return Decision(ctx.state.idle(), say(Act.CHITCHAT, "不客气。还有什么要问的吗？"))


def goodbye(ctx: Context) -> Decision:
    """Say goodbye."""
    return Decision(ctx.state.idle(), say(Act.GOODBYE, "再见，祝您身体健康！有事随时找我。"))


def chitchat(ctx: Context) -> Decision:
    """Stay friendly and come back to the matter."""
    text = "谢谢您跟我聊天。我是专门帮您办医保的事的。医保上有什么要问的，您尽管说。"
    return Decision(ctx.state.with_(failures=0), say(Act.CHITCHAT, text))


def bot_challenge(ctx: Context) -> Decision:
    """Admit to being a machine."""
    text = "我是机器人助手，不是真人。医保的事我照着文件回答。您想找真人，说“转人工”就行。"
    return Decision(ctx.state.with_(failures=0), say(Act.CHITCHAT, text))


def abuse(ctx: Context) -> Decision:
    """Stay calm, offer a person."""
    text = f"对不起，让您生气了。{PERSON_OFFER}"
    return Decision(ctx.state.with_(offer="agent"), say(Act.CHITCHAT, text))


def out_of_scope(ctx: Context) -> Decision:
    """Say honestly that this is not known here."""
    text = f"这个我不知道，不能乱说。我只懂医保办事。{PERSON_OFFER}"
    return Decision(ctx.state.with_(offer="agent", failures=0), say(Act.OUT_OF_SCOPE, text))


def repeat(ctx: Context) -> Decision:
    """The last reply once more."""
    return Decision(ctx.state, repeated(ctx.state, Act.REPEAT))


def go_on(ctx: Context, waiting: tuple[str, ...] | None = None) -> Decision:
    """The next spoken turn of those waiting (by default ``state.more``), or word that there is no more."""
    turns = ctx.state.more if waiting is None else waiting
    if not turns:
        reply = say(Act.CONTINUE, "说完了。还有什么要问的吗？")
        return Decision(ctx.state.with_(offer=None), reply)
    first, *rest = turns
    speech = f"{first}{GO_ON_QUESTION}" if rest else first
    reply = Reply(
        text=first, speech=speech, act=Act.CONTINUE, topic=ctx.state.topic, entry_id=ctx.state.entry_id
    )
    return Decision(ctx.state.with_(more=tuple(rest), offer="more" if rest else None), reply)


def unreadable(ctx: Context, what: str) -> Decision:
    """A picture, a file: say what helps."""
    return Decision(
        ctx.state, say(Act.FALLBACK, f"我还看不了{what}。请您把问题打成字发给我，或者说“转人工”。")
    )

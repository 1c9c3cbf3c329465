"""What the call itself says, apart from the assistant's replies. Fixed sentences: see voice.prompts."""

from __future__ import annotations

GREETING = "您好，这里是{office}，我是机器人助手。您要问什么，慢慢说。想找人，随时按零。"
RECORDED = "这个电话会录音，只用来改进服务。"
HOLD = "请稍等。"
STILL_HOLD = "我还在查，请再等一下。"
DEAF = "对不起，我现在听不清您说话，您可以按键。找工作人员，按零。"
MUTE = "对不起，我现在说不了完整的话。找工作人员，请按零。"
CUT = "您先歇一下，我先回答前面的。"
DOWN = "对不起，系统现在用不了。"
TO_PEOPLE = "我帮您转给工作人员，请别挂。"
NOBODY_NOW = "现在没办法给您转过去。请您过一会儿再打，或者拨打幺二三四五。再见。"
STOPPING = "对不起，我们马上要停机维护，电话要断了。请您过几分钟再打来。再见。"
BUSY = "对不起，现在打电话的人多，机器人助手忙不过来。"
CALL_AGAIN = "请您过几分钟再打，或者拨打幺二三四五。再见。"
CONNECTING = "工作人员接电话了，正在给您接通，请别挂。"
NOT_CONNECTED = "对不起，没有接通工作人员。您还排在原来的位置，请再等一下。不想等，按一，我们给您回电话。"
NEXT = "下一位就是您，请别挂。不想等，按一，我们给您回电话。"
AHEAD = "您前面还有{ahead}位，{wait}请别挂。不想等，按一，我们给您回电话。"
WAIT_MINUTES = "大约要等{minutes}分钟。"
WAIT_LONG = "可能要等半个小时以上。"
NOBODY_THERE = "您还在排队，可是现在没有工作人员在岗，说不准要等多久。不想等，按一，我们给您回电话。"
CALL_ME_BACK = "给我回电话"  # what key 1 means while waiting, as the caller would say it

_NUMBERS = "零一两三四五六七八九"
_AHEAD_SPOKEN = 9
_MINUTES_SPOKEN = (1, 2, 3, 5, 10, 15, 20, 30)


def queue_sentence(position: int, wait_seconds: int | None) -> str:
    """Where a caller stands; only what is known: no time where none can be foretold. Few different sentences, so
    that all of them are made once and kept."""
    if wait_seconds is None and position == 1:
        return NOBODY_THERE
    if position == 1:
        return NEXT
    ahead = _NUMBERS[position - 1] if position - 1 <= _AHEAD_SPOKEN else "十多"
    return AHEAD.format(ahead=ahead, wait=_wait(wait_seconds))


def _wait(seconds: int | None) -> str:
    if seconds is None:
        return ""
    minutes = next((m for m in _MINUTES_SPOKEN if seconds <= m * 60), None)
    if minutes is None:
        return WAIT_LONG
    words = {10: "十", 15: "十五", 20: "二十", 30: "三十"}.get(minutes) or _NUMBERS[minutes]
    return WAIT_MINUTES.format(minutes=words)

"""How the codes of telephone calls are said to agents."""

from __future__ import annotations

from bot.ports import KnowledgeBase
from bot.store.call_reads import EventView
from desk.words import intent_name

PHASES = {
    "ringing": "正在接通",
    "bot": "机器人在接",
    "waiting": "在排队",
    "agent": "人工在接",
    "ended": "已挂断",
}
END_REASONS = {
    "caller": "来电人挂断",
    "us": "我们挂断",
    "goodbye": "说完再见挂断",
    "transferred": "转出去了",
    "refused": "线路忙，没接",
    "fault": "线路故障",
    "lost": "语音服务中断",
    "busy": "线路忙，没接",
}
LEGS = {"audiosocket": "电话", "sip": "网络电话", "browser": "网页电话"}
EVENTS = {
    "heard": "听到",
    "understood": "听懂",
    "said": "说",
    "key": "按键",
    "silence": "没出声",
    "barge_in": "来电人插话",
    "false_alarm": "以为是插话，接着说",
    "queued": "开始排队",
    "connected": "人工接通",
    "held": "请来电人稍等",
    "resumed": "接着谈",
    "agent_gone": "坐席的线断了",
    "transferred": "转出去了",
    "recording": "录音",
    "state": "状态",
    "error": "出错",
    "ended": "通话结束",
}
SPOKEN = {
    "waiting": ("queued", "正在念给市民听"),
    "spoken": ("sent", "已念给市民听"),
    "late": ("failed", "电话已经挂断，没来得及念"),
}


def event_text(event: EventView, knowledge: KnowledgeBase) -> str:
    """What an event says beside its name: the words, the key, the reason."""
    if event.kind == "understood":
        if not event.data.get("confidence"):
            return "按键"  # a key is taken as it is
        return intent_name(str(event.data.get("intent") or ""), knowledge) or event.text or ""
    if event.kind == "ended":
        reason = str(event.data.get("reason", ""))
        return END_REASONS.get(reason, reason)
    if event.kind == "error":
        return str(event.data.get("code", event.text or ""))
    if event.kind == "queued" and event.data.get("position"):
        return f"排在第{event.data['position']}位"
    return event.text or ""


def event_note(event: EventView) -> str:
    """What is known of an event on top: how sure, how much was heard, what was taken for it."""
    notes = []
    confidence = event.data.get("confidence")
    if isinstance(confidence, int | float) and confidence:
        notes.append(f"把握 {round(confidence * 100)}%")
    if event.data.get("heard"):
        notes.append(f"来电人只听到：{event.data['heard']}")
    return "，".join(notes)

"""What the templates know: the words, the menu and the filters."""

from __future__ import annotations

import re
from datetime import date, datetime

from flask import Flask, g, request

from bot.messages import PolicyAnswer
from desk import knowledge_words, words
from desk.house import now

_MENU = (
    ("queue.index", "排队"),
    ("appointment.index", "预约"),
    ("call.index", "来电"),
    ("callback.index", "回电"),
    ("callback.work_orders", "工单"),
    ("canned.index", "常用语"),
    ("knowledge.index", "知识库"),
    ("gap.index", "没答上的"),
)
_SUPERVISOR_MENU = (("report.index", "今日情况"), ("agent.index", "坐席"), ("agent.audit", "审计"))
_ROOMS = {
    "conversation": "queue.index",
    "knowledge": "knowledge.index",
    "package": "knowledge.index",
    "call": "call.index",
}

_SUBJECTS = {
    "escalation": "人工接待",
    "conversation": "对话",
    "appointment": "预约",
    "call": "来电",
    "callback": "回电",
    "work_order": "工单",
    "agent": "坐席",
    "canned": "常用语",
    "address": "地址",
    "entry": "知识",
    "gap": "没答上的问题",
    "package": "知识包",
    "trusted_key": "信任的公钥",
    "api_key": "接口密钥",
}


def as_reply(answer: PolicyAnswer) -> str:
    """A policy answer as an agent sends it: the words, what must be said with them, and the source."""
    parts = [answer.written.strip(), *answer.caveats]
    sources = "；".join(f"{c.document} {c.clause}" for c in answer.citations)
    if sources:
        parts.append(f"（{answer.authority}的规定，依据：{sources}）")
    return "\n".join(parts)


def subject(code: str) -> str:
    """What an audit entry is about: escalation:12 → 人工接待 12."""
    kind, _, rest = code.partition(":")
    return f"{_SUBJECTS[kind]} {rest}" if kind in _SUBJECTS and re.fullmatch(r"[\w.-]+", rest) else code


def add_looks(app: Flask) -> None:
    """Teach an app's templates the desk's words and filters."""
    filters = app.jinja_env.filters
    filters["lasting"] = words.duration
    filters["clock"] = lambda at: words.clock_time(at, now())
    filters["hour"] = lambda at: f"{words.local(at):%H:%M}"
    filters["moment"] = lambda at: f"{words.local(at):%Y-%m-%d %H:%M:%S}"
    filters["day_name"] = words.day_name
    filters["local_day"] = _local_day
    filters["as_reply"] = as_reply
    filters["subject"] = subject

    @app.context_processor
    def known() -> dict[str, object]:
        agent = g.get("agent")
        supervisor = agent is not None and agent.supervisor
        return {
            "agent": agent,
            "supervisor": supervisor,
            "now": now(),
            "here": _ROOMS.get(request.blueprint or "", request.endpoint),
            "menu": _MENU + (_SUPERVISOR_MENU if supervisor else ()),
            "reasons": words.REASONS,
            "agent_states": words.AGENT_STATES,
            "roles": words.ROLES,
            "channels": words.CHANNELS,
            "escalation_states": words.ESCALATION_STATES,
            "dispositions": words.DISPOSITIONS,
            "appointment_states": words.APPOINTMENT_STATES,
            "visit_kinds": words.VISIT_KINDS,
            "callback_states": words.CALLBACK_STATES,
            "callback_outcomes": words.CALLBACK_OUTCOMES,
            "work_order_kinds": words.WORK_ORDER_KINDS,
            "work_order_states": words.WORK_ORDER_STATES,
            "actions": words.ACTIONS | knowledge_words.ACTIONS,
            "knowledge_words": knowledge_words,
        }


def _local_day(at: datetime) -> date:
    return words.local(at).date()

"""The desk's Chinese: how codes of the database are said to agents."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from bot.ports import KnowledgeBase
from bot.settings import TIME_ZONE

REASONS = {
    "emergency": "紧急求助",
    "distress": "情绪着急",
    "complaint": "要投诉",
    "request": "要找人工",
    "no_match": "机器人没听懂",
    "policy": "政策要人工解释",
}
URGENT_REASONS = ("emergency", "distress")

AGENT_STATES = {"ready": "准备好", "on_contact": "接待中", "wrap_up": "整理中", "offline": "离开"}
CHOOSABLE_STATES = ("ready", "wrap_up", "offline")

ROLES = {"agent": "坐席", "supervisor": "主管"}

CHANNELS = {"wechat": "微信", "phone": "电话"}

ESCALATION_STATES = {
    "waiting": "排队中",
    "accepted": "接待中",
    "handed_back": "已交回机器人",
    "closed": "已结束",
    "missed": "没等到就挂断了",
}

DISPOSITIONS = {
    "answered": "已经答复清楚",
    "booked": "已经约好办理",
    "callback": "约好回电",
    "transferred": "请市民找别的部门",
    "emergency_handled": "紧急情况已处理",
    "no_response": "市民没有再回话",
    "other": "其他",
}

APPOINTMENT_STATES = {"booked": "已预约", "fulfilled": "已办理", "noshow": "没有来", "cancelled": "已取消"}
VISIT_KINDS = {"hall": "大厅办理", "home": "上门服务", "video": "视频办理"}

CALLBACK_STATES = {"pending": "待回电", "done": "已回电", "cancelled": "已取消"}
CALLBACK_OUTCOMES = {
    "reached": "打通了，已解决",
    "follow_up": "打通了，还要再跟进",
    "no_answer": "没人接",
    "wrong_number": "号码不对",
}

WORK_ORDER_KINDS = {"complaint": "投诉", "fraud_report": "骗保举报", "emergency": "紧急情况"}
WORK_ORDER_STATES = {"open": "待处理", "done": "已办结"}

TASK_INTENTS = {
    "book_appointment": "要预约",
    "reschedule_appointment": "要改预约时间",
    "cancel_appointment": "要取消预约",
    "appointment_status": "查预约",
    "ask_opening_hours": "问上班时间",
    "request_agent": "要找人工",
    "request_callback": "要回电",
    "emergency": "紧急求助",
    "distress": "着急、难过",
    "report_scam": "碰到可疑骗子",
    "complain": "要投诉",
    "rate_service": "给服务打分",
    "bind_relative": "绑定亲属",
    "inform": "在回答机器人的问题",
    "ask_aspect": "接着问细节",
    "correct": "在更正",
    "affirm": "说“是”",
    "deny": "说“不是”",
    "repeat": "请再说一遍",
    "slower": "请说慢点",
    "louder": "请大声点",
    "go_on": "请接着说",
    "greet": "打招呼",
    "thank": "道谢",
    "goodbye": "道别",
    "chitchat": "闲聊",
    "abuse": "说了难听的话",
    "bot_challenge": "问是不是机器人",
    "out_of_scope": "问的不是医保",
    "nlu_fallback": "没听懂",
}

ACTIONS = {
    "login": "登录",
    "login_failed": "登录失败",
    "logout": "退出登录",
    "password_changed": "改了密码",
    "reveal": "查看完整个人信息",
    "reveal_appointment": "查看预约人完整信息",
    "reveal_callback": "查看回电号码",
    "view_conversation": "主管查看对话",
    "agent_added": "新增坐席",
    "agent_disabled": "停用坐席",
    "agent_enabled": "恢复坐席",
    "password_reset": "重设坐席密码",
    "canned_saved": "修改常用语",
    "canned_removed": "删除常用语",
    "appointment_fulfilled": "预约记为已办理",
    "appointment_noshow": "预约记为没有来",
    "appointment_cancelled": "取消预约",
    "accept": "接待",
    "hand_back": "交回机器人",
    "close": "结束接待",
    "callback_done": "完成回电",
    "work_order_done": "工单办结",
    "view_call": "查看通话经过",
    "reveal_call": "查看来电完整号码",
    "play_recording": "听录音",
    "callback_arranged": "安排回电",
    "phone_changed": "改了自己的转接电话",
    "talk": "在浏览器里接电话",
}

_WAITS = "微信要等市民再来消息才让发，到时会自动补发。着急请打电话。"
# The codes that webhooks.sending leaves on a message: WeChat's errcode, or what it found out by itself.
_DELIVERY_CODES = {
    "wechat.no_allowance": _WAITS,
    "wechat.45015": _WAITS,
    "wechat.45047": _WAITS,
    "wechat.43004": "市民取消关注了公众号，微信送不到。请打电话联系；市民再关注时会自动补发。",
    "wechat.40003": "微信说没有这个用户，送不到。请打电话联系。",
    "wechat.45002": "这条太长，微信不收。请分成几条短的再发。",
    "wechat.48002": "市民关闭了接收消息，微信送不到。请打电话联系。",
}
DELIVERY_STATES = {"queued": "正在发送", "retrying": "还没送到，正在重试", "sent": "已送到微信"}


def delivery_failure(code: str | None) -> str:
    """Why a reply could not be delivered, in plain words; ``code`` is the messenger's last error code."""
    return _DELIVERY_CODES.get(code or "", "没能送到微信。请打电话联系市民。")


def intent_name(intent: str | None, knowledge: KnowledgeBase) -> str | None:
    """What the citizen wants, in Chinese; None where nothing was understood of the line."""
    if not intent:
        return None
    if intent.startswith("ask_") and intent not in TASK_INTENTS:
        try:
            return "问：" + knowledge.topic_name(intent.removeprefix("ask_"))
        except KeyError:
            return intent
    return TASK_INTENTS.get(intent, intent)


def local(at: datetime) -> datetime:
    """A moment in the service's own time zone."""
    return at.astimezone(TIME_ZONE)


def clock_time(at: datetime, now: datetime) -> str:
    """A moment as an agent reads it: today only the time, else with the day."""
    here, today = local(at), local(now).date()
    if here.date() == today:
        return f"{here:%H:%M}"
    if here.date() == today - timedelta(days=1):
        return f"昨天 {here:%H:%M}"
    return f"{here.month}月{here.day}日 {here:%H:%M}"


def day_name(day: date) -> str:
    """A day as 11月24日 星期一."""
    return f"{day.month}月{day.day}日 星期{'一二三四五六日'[day.weekday()]}"


def duration(seconds: float) -> str:
    """A length of time as 3分20秒 or 1小时5分."""
    whole = max(0, int(seconds))
    if whole < 60:
        return f"{whole}秒"
    if whole < 3600:
        return f"{whole // 60}分{whole % 60:02d}秒"
    return f"{whole // 3600}小时{whole % 3600 // 60}分"

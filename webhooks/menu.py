"""The Official Account's menu: what stands on it, and the question behind each button.

Source: developers.weixin.qq.com, 创建自定义菜单: at most 3 buttons with 5 below each; names up to 16 bytes, below
60 bytes; keys up to 128 bytes.
"""

from __future__ import annotations

from typing import Any

from bot.ephemeral.connection import RedisConnection
from bot.ephemeral.locks import RedisLocks
from bot.ephemeral.tokens import Tokens
from bot.settings import Settings
from webhooks.weixin import Weixin

# key: name on the button, what a tap on it says
_ASK = {
    "ASK_REMOTE": ("异地看病", "异地就医怎么备案？"),
    "ASK_CHRONIC": ("慢病认定", "门诊慢特病怎么办？"),
    "ASK_REIMBURSE": ("报销药费", "自己垫的药费怎么手工报销？"),
    "ASK_VOUCHER": ("医保码", "医保电子凭证怎么用？"),
    "ASK_PROXY": ("家人代办", "医保的事能让家里人代办吗？"),
}
_VISIT = {
    "BOOK": ("我要预约", "我想预约去大厅办事"),
    "BOOK_STATUS": ("看我的预约", "我预约的是什么时候？"),
    "BOOK_MOVE": ("改时间", "我想改预约时间"),
    "BOOK_CANCEL": ("取消预约", "我想取消预约"),
    "HOURS": ("几点开门", "大厅几点上班？"),
}
_PERSON = {"PERSON": ("找人工", "转人工")}

_QUESTIONS = {key: said for group in (_ASK, _VISIT, _PERSON) for key, (_, said) in group.items()}
_OLD_BUTTON = "你好"  # a key of an earlier menu, still shown on some phones


def menu() -> dict[str, Any]:
    """The menu as WeChat's menu/create takes it."""
    (person,) = _buttons(_PERSON)
    return {
        "button": [
            {"name": "问政策", "sub_button": _buttons(_ASK)},
            {"name": "预约办事", "sub_button": _buttons(_VISIT)},
            person,
        ]
    }


def question(key: str) -> str:
    """What a tap on a button says; an unknown button says hello."""
    return _QUESTIONS.get(key, _OLD_BUTTON)


def publish_menu(settings: Settings) -> None:
    """Send the menu to WeChat; raises WeixinError or WeixinUnreachable."""
    connection = RedisConnection(settings.redis_url)
    try:
        with Weixin(settings, Tokens(connection, RedisLocks(connection))) as weixin:
            weixin.post("cgi-bin/menu/create", menu())
    finally:
        connection.close()


def _buttons(group: dict[str, tuple[str, str]]) -> list[dict[str, str]]:
    return [{"type": "click", "name": name, "key": key} for key, (name, _) in group.items()]

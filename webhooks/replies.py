"""Passive replies: the XML that WeChat shows to the user. Source: developers.weixin.qq.com, 被动回复用户消息."""

from __future__ import annotations

import re

from wechatpy.replies import TextReply, TransferCustomerServiceReply

from webhooks.incoming import Incoming

NOTHING = "success"  # tells WeChat that the message arrived and no passive reply follows

_NOT_XML = re.compile(r"[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def text_reply(text: str, to: Incoming) -> str:
    """A text of at most 2,048 bytes."""
    xml: str = TextReply(content=_in_cdata(text), source=to.account, target=to.user).render()
    return xml


def own_desk_reply(to: Incoming) -> str:
    """Hands the chat to WeChat's own customer-service desk (消息转发到客服); for messages only, not for events."""
    xml: str = TransferCustomerServiceReply(source=to.account, target=to.user).render()
    return xml


def _in_cdata(text: str) -> str:
    """wechatpy puts texts into CDATA as they are: an inner ``]]>`` would end it, so it is split over two."""
    return _NOT_XML.sub("", text).replace("]]>", "]]]]><![CDATA[>")

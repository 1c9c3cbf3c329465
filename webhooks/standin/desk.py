"""WeChat's own customer-service desk, for operators who hand chats over with transfer_customer_service.

Source: 消息转发到客服 and 会话控制: while a desk account holds a chat, the user's messages go to the desk only; opening
and closing push kf_create_session and kf_close_session.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from webhooks.standin.errors import ApiError

if TYPE_CHECKING:
    from webhooks.standin.standin import StandIn

DeskAction = Literal["accept", "say", "close"]


def act(wechat: StandIn, openid: str, action: DeskAction, text: str, desk_account: str) -> None:
    """One action at the desk; raises ApiError 40003, 65402 (not their chat) or 40035."""
    user = wechat.account.user(openid)
    if action == "accept":
        with wechat.account.lock:
            user.desk_account, user.waits_for_desk = desk_account, False
        wechat.push_event(openid, "kf_create_session", KfAccount=desk_account)
        return
    with wechat.account.lock:
        if user.desk_account != desk_account:
            raise ApiError(65402)
        if action == "say":
            wechat.account.add_line(user, "desk", "text", via="desk", text=text)
            return
        if action != "close":
            raise ApiError(40035)
        user.desk_account = None
    wechat.push_event(openid, "kf_close_session", KfAccount=desk_account)

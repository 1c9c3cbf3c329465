"""WeChat, the webhook behind a real port, and the worker's two hands."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import select

from bot.store.models import Turn
from webhooks.sending import Sender
from webhooks.sweeping import Sweeper

LI = "oDaughterLi"


class Line:
    """WeChat, the webhook behind a real port, and the worker's two hands."""

    def __init__(self, house, wechat, weixin):
        self.house, self.wechat, self.weixin = house, wechat, weixin

    def deliver_late(self, **later):
        """What the worker does when it is poked, now or some time later."""
        return Sender(self.house, self.weixin, lambda: datetime.now(UTC) + timedelta(**later)).drain()

    def sweep_later(self, **later):
        """What the worker's sweep does after some time."""
        return Sweeper(self.house, lambda: datetime.now(UTC) + timedelta(**later)).sweep()

    def told(self, user=LI):
        return [
            (line["via"], line["text"]) for line in self.wechat.messages(user) if line["from"] == "account"
        ]

    def statuses(self):
        with self.house.database.begin() as session:
            return list(session.scalars(select(Turn.status).order_by(Turn.id)))

    def until(self, eventually, status):
        eventually(lambda: self.statuses() == [status])

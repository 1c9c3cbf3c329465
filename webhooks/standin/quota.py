"""How many customer-service messages an account may still send to one user.

Source: 客服消息介绍, section 客服消息下发规则: 5 within 48 hours of a message, 3 within 1 minute of a menu click, a
follow or a scan. A new action of the same kind starts its allowance afresh.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from webhooks.standin.errors import ApiError


class Action(StrEnum):
    """What a user does that lets the account write to them."""

    MESSAGE = "message"
    MENU = "menu"
    FOLLOW = "follow"
    SCAN = "scan"


MINUTE = 60.0
ALLOWANCES = {  # messages, seconds
    Action.MESSAGE: (5, 48 * 60 * MINUTE),
    Action.MENU: (3, MINUTE),
    Action.FOLLOW: (3, MINUTE),
    Action.SCAN: (3, MINUTE),
}


@dataclass
class _Allowance:
    left: int
    until: float


class SendQuota:
    """One user's allowances."""

    def __init__(self) -> None:
        self._allowances: dict[Action, _Allowance] = {}

    def grant(self, action: Action, now: float) -> None:
        """The user did something."""
        count, seconds = ALLOWANCES[action]
        self._allowances[action] = _Allowance(count, now + seconds)

    def cancel(self) -> None:
        """The user unfollowed: nothing may be sent any more."""
        self._allowances.clear()

    def spend(self, now: float) -> None:
        """Take one message from the allowance that ends first; raises ApiError 45015 (too late) or 45047."""
        usable = self._valid(now)
        if not usable:
            raise ApiError(45015)
        for allowance in sorted(usable, key=lambda a: a.until):
            if allowance.left:
                allowance.left -= 1
                return
        raise ApiError(45047)

    def left(self, now: float) -> int:
        """Messages that may still be sent now."""
        return sum(allowance.left for allowance in self._valid(now))

    def _valid(self, now: float) -> list[_Allowance]:
        return [a for a in self._allowances.values() if a.until > now]

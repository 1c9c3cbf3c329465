"""Who the account is, as set up in WeChat's console."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from webhooks.standin.crypto import Envelope

Mode = Literal["plain", "compatible", "safe"]


@dataclass
class Identity:
    """One Official Account and the address its messages go to.

    ``secret`` empty means that any app secret is accepted, for trying out. ``aes_key`` may be empty in plain mode.
    """

    webhook_url: str
    token: str
    app_id: str
    secret: str = ""
    aes_key: str = ""
    mode: Mode = "safe"
    original_id: str = "gh_yinling0tryout"
    name: str = "银龄医保通"
    envelope: Envelope | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        if self.mode not in ("plain", "compatible", "safe"):
            raise ValueError(f"no such mode: {self.mode}")
        if self.mode != "plain":
            self.envelope = Envelope(self.aes_key, self.app_id)

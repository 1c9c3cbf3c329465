"""What is heard and said, written along for whoever can see it: the phone page, for the hard of hearing."""

from __future__ import annotations

from typing import Protocol, runtime_checkable


@runtime_checkable
class Captioned(Protocol):
    """A line whose other end can read along (``isinstance(leg, Captioned)``)."""

    def caption(self, who: str, text: str, *, final: bool) -> None:
        """Show words; ``who``: caller | machine | agent. Not final: the words so far, replaced by the next ones."""
        ...

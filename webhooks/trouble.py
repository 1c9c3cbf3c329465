"""How this room logs a failure: see bot.trouble."""

from bot.trouble import report

__all__ = ["report"]

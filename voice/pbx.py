"""Asterisk's manager interface: takes a caller's line out of the bot and puts it where it shall go.

Actions: https://docs.asterisk.org/Asterisk_22_Documentation/API_Documentation/AMI_Actions/Redirect/
"""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass

from astami import AMIError, AsyncAMIClient

from voice.leg import TransferRefused

_PATIENCE = 5.0  # seconds for connecting, logging in and each action
_NUMBER = re.compile(r"[0-9*#]{1,20}")
_CHANNEL = re.compile(r"[\w/@.;:\-]{1,128}")


@dataclass(frozen=True, slots=True)
class Pbx:
    """How Asterisk's manager is reached; ``context`` is the dialplan's place where a transfer goes on."""

    host: str
    port: int
    username: str
    secret: str
    context: str = "yinling-transfer"

    async def redirect(self, channel: str, target: str) -> None:
        """Send a line to a number, in the transfer context. Raises TransferRefused; the line is as before then."""
        # A line break in either would be a second command to the manager.
        if not _NUMBER.fullmatch(target) or not _CHANNEL.fullmatch(channel):
            raise TransferRefused
        client = AsyncAMIClient(self.host, self.port, self.username, self.secret, timeout=_PATIENCE)
        try:
            async with asyncio.timeout(3 * _PATIENCE):
                # Not `async with client`: a refused log-in would leave its connection open.
                await client.connect()
                await client.login()
                response = await client.redirect(channel, self.context, target, 1)
        except (AMIError, TimeoutError, OSError) as error:
            raise TransferRefused from error
        finally:
            await client.disconnect()
        if not response.success:
            raise TransferRefused

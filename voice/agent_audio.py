"""An agent speaks with a caller from the desk's page.

For the call::

    attended = await agent_audio.attend(line, row, conversation_id, state, speak)

once ``Calls.queue_state`` says that an agent holds the conversation and gives no ``agent_phone``. While it runs, the
call leaves the line alone: it neither reads nor writes, and its own player does not tick. Until the agent's browser is
there, and where it never comes, what the agent types is spoken and what the caller says is written along, so the two
can speak with each other in any case. The sentences on the way (voice.agent_words) are said here, except those of the
outcome: ``Attended`` tells the call what to do, and the call says the matching sentence.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from bot.calls import Calls, QueueState
from voice.agent_line import AgentLines
from voice.asr import SpeechModel
from voice.attendance import Attendance
from voice.attended import Attended, CallerLine, Outcome, Patience, Room, Speak
from voice.ticker import Ticker

__all__ = ["AgentAudio", "Attended", "CallerLine", "Outcome", "Patience", "Speak"]


class AgentAudio:
    """Agents' parts in calls. ``model`` None: nobody listens (the recogniser is out), people speak all the same."""

    def __init__(
        self,
        calls: Calls,
        lines: AgentLines,
        model: SpeechModel | None,
        ticker: Ticker,
        clock: Callable[[], datetime],
        patience: Patience | None = None,
    ) -> None:
        self.room = Room(calls, lines, model, ticker, clock, patience or Patience())

    async def attend(
        self, line: CallerLine, row: int, conversation_id: int, state: QueueState, speak: Speak
    ) -> Attended:
        """Carry the agent's part in the call to its end. ``state`` must name an agent; raises ValueError if not.

        A database that is away costs what would have been written, and looks at the desk; people speak on.
        """
        if state.agent_id is None:
            raise ValueError("no agent holds the conversation")
        attendance = Attendance(self.room, line, row, conversation_id, state.agent_id, speak)
        return await attendance.run()

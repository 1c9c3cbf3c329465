"""A hotline of its own in a child process, with real ears, voice and conversation; told over its input what to do.

``reset`` begins to measure, ``stats`` prints one JSON line of what happened since, anything else ends it.
"""

from __future__ import annotations

import asyncio
import json
import os
import resource
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime

from benchmarks.table import percentile
from bot.bootstrap import bootstrap
from bot.messages import Act, Reply, Utterance
from bot.settings import TIME_ZONE, load_settings
from voice.agent_audio import AgentAudio
from voice.agent_line import AgentLines
from voice.arrivals import Arrivals
from voice.asr import SpeechModel
from voice.assistant_client import AssistantClient
from voice.call import Parts
from voice.limits import Admission
from voice.metrics import Measures
from voice.models import TRIAL_MODEL
from voice.priority import let_sound_go_first
from voice.prompts import call_prompts
from voice.server import AudioSocketServer, Hotline
from voice.ticker import Ticker
from voice.tts import Voice
from voice.vad import Detectors

_MOST = 500


class Stages:
    """Takes the place of the histogram of stages and keeps every value, by stage."""

    def __init__(self) -> None:
        self._values: dict[str, list[float]] = {}

    def labels(self, stage: str) -> Stages.Stage:
        """One stage, as prometheus_client gives it."""
        return Stages.Stage(self._values.setdefault(stage, []))

    def clear(self) -> None:
        """Forget."""
        self._values.clear()

    def quantiles(self) -> dict[str, float]:
        """Median and 95th percentile of each stage, in seconds."""
        shares = (0.5, 0.95)
        return {f"{name}_{s}": percentile(values, s) for name, values in self._values.items() for s in shares}

    @dataclass
    class Stage:
        """Where a stage's values go."""

        values: list[float]

        def observe(self, seconds: float) -> None:
            """One value."""
            self.values.append(seconds)


@dataclass
class Watch:
    """What is measured between ``reset`` and ``stats``."""

    late: list[float] = field(default_factory=list)
    turns: int = 0
    cpu: float = 0.0
    started: float = 0.0

    def reset(self, now: float) -> None:
        """Begin."""
        self.late.clear()
        self.turns, self.cpu, self.started = 0, _cpu(), now

    def stats(self, now: float, hotline: Hotline) -> dict[str, float]:
        """Seconds and shares since ``reset``; memory in bytes."""
        offs = [abs(late) for late in self.late]
        return {
            "seconds": now - self.started,
            "cpu": _cpu() - self.cpu,
            "late_p50": percentile(offs, 0.5),
            "late_p99": percentile(offs, 0.99),
            "late_most": max(offs, default=0.0),
            "turns": self.turns,
            "calls": hotline.open,
            "deaf": sum(call._ears.deaf for call in hotline._calls.values()),
            "memory": _memory(),
        }


def _cpu() -> float:
    """Processor seconds of this process and of the voices it has ended; running voices are counted apart."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def _memory() -> int:
    with open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * resource.getpagesize()


async def serve() -> None:
    """Serve until told to end."""
    with tempfile.TemporaryDirectory(prefix="yinling-bench-") as folder:
        settings = load_settings({"YINLING_STATE": folder, "NLU_TIMEOUT": "0.5"})
        house = bootstrap(settings, alone=True)
        house.database.upgrade()
        house.prepare()
        house.close()
        mind = AssistantClient(
            {
                **os.environ,
                "YINLING_STATE": folder,
                "NLU_TIMEOUT": "0.5",
                "REDIS_URL": "redis://127.0.0.1:1/0",
            }
        )
        await mind.start()
        loop = asyncio.get_running_loop()
        loop.set_default_executor(ThreadPoolExecutor(32, "hotline", let_sound_go_first))
        watch, measures, stages = Watch(), Measures(), Stages()
        measures.stage = stages  # type: ignore[assignment]
        ticker, model = Ticker(watch.late.append), SpeechModel.load(TRIAL_MODEL)
        calls = mind.calls

        def answer(utterance: Utterance) -> Reply:
            watch.turns += 1
            reply = mind.answer(utterance)
            # Nobody is here to take a call: who is sent to a person talks on with the assistant.
            return (
                reply
                if reply.act not in (Act.HANDOFF, Act.GOODBYE)
                else Reply("好的。", "好的。", Act.AFFIRM)
            )

        def now() -> datetime:
            return datetime.now(TIME_ZONE)

        voice = await Voice.start(settings, call_prompts(settings.voice.office)[:1])
        await voice.warmed()
        parts = Parts(
            answer=answer,
            calls=calls,
            voice=voice,
            model=model,
            agents=AgentAudio(calls, AgentLines(), model, ticker, now),
            ticker=ticker,
            detectors=Detectors(),
            arrivals=Arrivals(),
            measures=measures,
            clock=now,
            people_there=lambda _: True,
        )
        hotline = Hotline(parts, Admission(_MOST))
        server = AudioSocketServer(hotline, parts, "127.0.0.1", 0)
        await server.start()
        running = asyncio.create_task(ticker.run())
        print(json.dumps({"port": server.port}), flush=True)
        while True:
            order = (await asyncio.to_thread(sys.stdin.readline)).strip()
            if order == "reset":
                watch.reset(loop.time())
                stages.clear()
                print("{}", flush=True)
            elif order == "stats":
                print(json.dumps(watch.stats(loop.time(), hotline) | stages.quantiles()), flush=True)
            else:
                break
        running.cancel()
        await server.stop()
        await voice.close()
        await mind.close()


if __name__ == "__main__":
    sys.setswitchinterval(0.001)
    asyncio.run(serve())

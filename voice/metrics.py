"""What the voice process counts and measures, for Prometheus.

Labels hold kinds only, never a caller's number or words.
"""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

_STAGES = (0.02, 0.05, 0.1, 0.2, 0.3, 0.45, 0.6, 0.8, 1.0, 1.5, 2.0, 3.0, 5.0, 10.0)
_LATE = (0.001, 0.002, 0.003, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5)
_LENGTHS = (10, 30, 60, 120, 300, 600, 1200, 3600)


class Measures:
    """One registry a process; a call is handed the whole."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.calls = Counter(
            "yinling_calls",
            "Calls, by what carried them and how they ended.",
            ("leg", "end"),
            registry=self.registry,
        )
        self.refused = Counter(
            "yinling_calls_refused",
            "Calls sent on at once, by reason.",
            ("leg", "why"),
            registry=self.registry,
        )
        self.open = Gauge("yinling_calls_open", "Calls going on.", ("leg",), registry=self.registry)
        self.length = Histogram(
            "yinling_call_seconds", "Length of calls.", buckets=_LENGTHS, registry=self.registry
        )
        self.stage = Histogram(
            "yinling_call_stage_seconds",
            "Time that a stage of a turn took: asr (end of speech to text), answer (understanding, deciding, recording), "
            "voice (text to first sound), reaction (end of the utterance to the first sound).",
            ("stage",),
            buckets=_STAGES,
            registry=self.registry,
        )
        self.turns = Counter("yinling_call_turns", "Turns, by act.", ("act",), registry=self.registry)
        self.no_match = Counter(
            "yinling_call_no_match", "Turns that were not understood.", registry=self.registry
        )
        self.silence = Counter(
            "yinling_call_no_input", "Times that a caller said nothing.", registry=self.registry
        )
        self.interruptions = Counter(
            "yinling_call_interruptions",
            "Barge-ins: taken, or false alarms.",
            ("kind",),
            registry=self.registry,
        )
        self.handoffs = Counter(
            "yinling_call_handoffs",
            "Hand-offs, by what became of them.",
            ("outcome",),
            registry=self.registry,
        )
        self.errors = Counter("yinling_call_errors", "Failures, by code.", ("code",), registry=self.registry)
        self.heard_seconds = Counter(
            "yinling_call_heard_seconds", "Seconds of sound given to recognisers.", registry=self.registry
        )
        self.late = Histogram(
            "yinling_frame_late_seconds",
            "How far off the 20 ms grid frames are sent.",
            buckets=_LATE,
            registry=self.registry,
        )
        self.load = Gauge(
            "yinling_call_real_time_factor",
            "Processor seconds that this process needs for a second of the clock and a core: 1 is full.",
            registry=self.registry,
        )

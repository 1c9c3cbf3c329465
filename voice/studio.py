"""An operator's own recordings of fixed sentences: any WAV a studio delivers, played instead of the synthetic voice."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from pathlib import Path

import av
import av.error
import av.filter
import numpy as np

from voice.loudness import active_level, prepare
from voice.prompts import Prompt, plain

log = logging.getLogger(__name__)

LONGEST = 120.0  # seconds; a longer file is no sentence
_SHORTEST = 0.2


class State(StrEnum):
    """What became of a sentence's recording."""

    RECORDED = "recorded"
    MISSING = "missing"
    STALE = "stale"  # there is one, but of an older wording
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class Finding:
    """One sentence, or one file that belongs to none (``prompt`` None)."""

    state: State
    prompt: Prompt | None
    file: Path
    reason: str = ""


class BadRecording(Exception):
    """A file that cannot be played; the message says why, in Chinese for the operator."""


class Studio:
    """The recordings of one folder, by the words they say. ``findings`` tells what is there and what is not."""

    def __init__(self, recordings: dict[str, Path], findings: tuple[Finding, ...]) -> None:
        self._recordings = recordings
        self.findings = findings

    @classmethod
    def open(cls, folder: Path, prompts: Iterable[Prompt]) -> Studio:
        """Look through a folder, every file decoded once; a bad one is warned of and left out."""
        files = {path.stem: path for path in sorted(folder.glob("*.wav"))} if folder.is_dir() else {}
        recordings: dict[str, Path] = {}
        findings: list[Finding] = []
        for prompt in prompts:
            path = files.pop(prompt.id, None)
            if path is None:
                older = next((f for stem, f in files.items() if prompt.supersedes(stem)), None)
                state = State.STALE if older else State.MISSING
                findings.append(Finding(state, prompt, older or folder / prompt.file, ""))
                continue
            try:
                decode(path)
            except BadRecording as bad:
                log.warning("a recording cannot be played: %s", path.name, extra={"reason": str(bad)})
                findings.append(Finding(State.BAD, prompt, path, str(bad)))
            else:
                recordings[plain(prompt.text)] = path
                findings.append(Finding(State.RECORDED, prompt, path))
        used = {finding.file for finding in findings}
        strangers = [path for path in files.values() if path not in used]
        findings += [Finding(State.STALE, None, path, "没有这样一句话") for path in strangers]
        return cls(recordings, tuple(findings))

    def find(self, text: str) -> Path | None:
        """The recording of a sentence; signs that make no sound do not matter."""
        return self._recordings.get(plain(text)) if self._recordings else None

    def sound(self, path: Path, sample_rate: int, rate: float, pause: float) -> bytes:
        """A recording as it is played: 16-bit mono at ``sample_rate`` hertz, ``rate`` times as fast.

        Raises BadRecording where the file went bad since.
        """
        source, pcm = decode(path, rate)
        return prepare(pcm, source, sample_rate, pause)


def decode(path: Path, tempo: float = 1.0) -> tuple[int, bytes]:
    """Sample rate and 16-bit mono samples of a WAV of any rate, width and number of channels. Raises BadRecording."""
    try:
        with av.open(str(path)) as container:
            if not container.streams.audio:
                raise BadRecording("里面没有声音")
            pcm, rate = _samples(container, tempo)
    except (av.error.FFmpegError, OSError, ValueError) as error:
        raise BadRecording("打不开，不是能用的WAV文件") from error
    seconds = len(pcm) / 2 / rate
    if not _SHORTEST <= seconds <= LONGEST * 2:
        raise BadRecording(f"长度{seconds:.1f}秒，不像是一句话")
    level = active_level((np.frombuffer(pcm, "<i2") / 32768).astype(np.float32), rate)
    if level is None or level < -60:
        raise BadRecording("声音太小，几乎听不见")
    return rate, pcm


def _samples(container: av.container.InputContainer, tempo: float) -> tuple[bytes, int]:
    """Decoded, mixed to one channel, at another tempo with the pitch kept."""
    stream = container.streams.audio[0]
    rate = stream.rate
    graph = av.filter.Graph()
    nodes = [graph.add_abuffer(template=stream)]
    if tempo != 1.0:
        nodes.append(graph.add("atempo", f"{tempo:.3f}"))
    nodes += [graph.add("aformat", "sample_fmts=s16:channel_layouts=mono"), graph.add("abuffersink")]
    for before, after in pairwise(nodes):
        before.link_to(after)
    graph.configure()
    pieces: list[bytes] = []
    size = 0
    for frame in (*_capped(container, stream), None):
        graph.push(frame)
        while True:
            try:
                out = graph.pull()
            except (av.error.BlockingIOError, av.error.EOFError):
                break
            assert isinstance(out, av.AudioFrame)  # noqa: S101  (the sink is an audio sink)
            piece = bytes(out.to_ndarray().astype("<i2").tobytes())
            pieces.append(piece)
            size += len(piece)
    return b"".join(pieces), rate


def _capped(container: av.container.InputContainer, stream: av.AudioStream) -> Iterable[av.AudioFrame]:
    """The frames, up to the longest length: a huge file must not fill the memory."""
    seconds = 0.0
    for frame in container.decode(stream):
        seconds += frame.samples / frame.sample_rate
        if seconds > LONGEST:
            raise BadRecording(f"比{LONGEST:.0f}秒还长")
        yield frame

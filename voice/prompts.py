"""Every sentence that is said again and again: to be made once, kept, or spoken by a person in a studio.

What the call says stands in voice/call_words.py and voice/agent_words.py, what the assistant says in bot/flows. The fixed
sentences are read out of those sources themselves, so that none can be forgotten; a change of words changes the id.
"""

from __future__ import annotations

import ast
import hashlib
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import bot.ports
from bot.speech import speakable
from voice import agent_words, call_words, leg, tts_pool

_SENTENCE = re.compile(r"[^。！？!?\n]+[。！？!?]+")
_WORDS = re.compile(r"(?!的)(?=.*[一-鿿])[一-鿿0-9，、：；。！？“”]+")
_HOLE = "\0"  # where an f-string puts something in
_QUEUE_PLACES = range(1, 13)
_QUEUE_WAITS = (None, 60, 120, 180, 300, 600, 900, 1200, 1800, 3600)  # seconds; every sentence of call_words


@dataclass(frozen=True, slots=True)
class Prompt:
    """A fixed sentence. ``where`` is call | queue | agent | assistant | entry; ``name`` says which one of these.

    The id ends in a short hash of the words: a recording of older words does not fit any more, and is found out.
    """

    where: str
    name: str
    text: str

    @property
    def id(self) -> str:
        """The name of its recording's file, without .wav."""
        return f"{self.where}-{self.name}-{_short_hash(self.text)}"

    @property
    def file(self) -> str:
        """The name of its recording's file."""
        return f"{self.id}.wav"

    def supersedes(self, stem: str) -> bool:
        """Whether a file of this name is a recording of older words of the same sentence."""
        return stem != self.id and stem.rpartition("-")[0] == f"{self.where}-{self.name}"


def plain(text: str) -> str:
    """A text's words alone, for finding it again: figures in words, no signs."""
    return "".join(c for c in speakable(text) if c.isalnum())


def call_prompts(office: str) -> tuple[Prompt, ...]:
    """What the call and the agents' desk say on their own; ``office`` is how the greeting names the house."""
    greeting = Prompt("call", "greeting", call_words.GREETING.format(office=office))
    found = [greeting, *_constants("call", call_words), *_constants("agent", agent_words)]
    for source in (Path(leg.__file__), Path(tts_pool.__file__)):  # what their errors say
        found += [
            Prompt("call", source.stem, text) for text in _sentences(source.read_text(encoding="utf-8"))
        ]
    for place in _QUEUE_PLACES:
        for wait in _QUEUE_WAITS:
            found.append(Prompt("queue", f"{place}-{wait or 0}", call_words.queue_sentence(place, wait)))
    return _once(found)


def assistant_prompts() -> tuple[Prompt, ...]:
    """The sentences of the assistant's replies that are always the same words."""
    folder = Path(bot.ports.__file__).parent
    sources = [
        *sorted((folder / "flows").glob("*.py")),
        *(folder / f"{n}.py" for n in ("wording", "speech", "ports")),
    ]
    found = []
    for source in sources:
        for text in _sentences(source.read_text(encoding="utf-8")):
            found.append(Prompt("assistant", source.stem, speakable(text)))
    return _once(found)


def entry_prompts(entries: Iterable[tuple[str, Sequence[str]]]) -> tuple[Prompt, ...]:
    """What the knowledge base says: pairs of an entry's id and its spoken turns."""
    found = []
    for entry, turns in entries:
        for number, turn in enumerate(turns, 1):
            found.append(Prompt("entry", f"{entry}-{number}", speakable(turn)))
    return _once(found)


def _constants(where: str, module: object) -> Iterator[Prompt]:
    """A module's fixed sentences: its text constants that hold nothing to be filled in."""
    for name, value in vars(module).items():
        if (
            name.isupper()
            and isinstance(value, str)
            and "{" not in value
            and value.endswith(("。", "！", "？"))
        ):
            yield Prompt(where, name.lower().replace("_", "-"), value)


def _once(found: Iterable[Prompt]) -> tuple[Prompt, ...]:
    """Each wording once, the first name counts."""
    by_words: dict[str, Prompt] = {}
    for prompt in found:
        by_words.setdefault(plain(prompt.text), prompt)
    return tuple(by_words.values())


def _sentences(source: str) -> Iterator[str]:
    """Whole Chinese sentences among a Python source's strings; docstrings and what is filled in are left out."""
    tree = ast.parse(source)
    parts = {id(value) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for value in node.values}
    parts |= {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            text = "".join(_part(value) for value in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in parts:
            text = node.value
        else:
            continue
        yield from (sentence for sentence in _SENTENCE.findall(text) if _WORDS.fullmatch(sentence))


def _part(value: ast.expr) -> str:
    """A part of an f-string: its text; nothing for a lead, which is sentences of its own; a hole for all else."""
    if isinstance(value, ast.Constant):
        return str(value.value)
    lead = (
        isinstance(value, ast.FormattedValue)
        and isinstance(value.value, ast.Name)
        and value.value.id == "lead"
    )
    return "" if lead else _HOLE


def _short_hash(text: str) -> str:
    return hashlib.sha256(plain(text).encode()).hexdigest()[:6]

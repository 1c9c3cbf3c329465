"""What the hotline prepares for: what its callers may say, and what it tells them. Wiring, apart from bot.bootstrap, which
brings a hundred megabytes of understanding along that a process without an assistant does not need."""

from __future__ import annotations

from knowledge.loader import load
from nlu.rasa_environment import RASA_FILES
from nlu.training_data import read_examples


def spoken_entries() -> tuple[tuple[str, tuple[str, ...]], ...]:
    """What the knowledge base says on the telephone: each entry's id and its spoken turns."""
    return tuple((entry.id, tuple(entry.spoken)) for entry in load())


def spoken_phrases() -> tuple[str, ...]:
    """Sentences that callers may say: the knowledge base's questions, the understanding's training sentences."""
    questions = [question for entry in load() for question in entry.questions]
    return (*questions, *(example.text for example in read_examples(RASA_FILES / "data")))

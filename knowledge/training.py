"""Questions that citizens asked in vain, as examples in the training files' own format."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import yaml


def as_examples(intents: Iterable[tuple[str, Sequence[str]]]) -> str:
    """YAML as nlu/rasa/data holds it; ``intents`` are intent names with their sentences, each sentence once.

    A person reads them before they are put into a file there: the test sets are never written from here.
    """
    by_intent: dict[str, dict[str, None]] = {}
    for intent, sentences in intents:
        by_intent.setdefault(intent, {}).update(dict.fromkeys(" ".join(s.split()) for s in sentences))
    lines = ['version: "3.1"', "", "nlu:"]
    for intent, examples in sorted(by_intent.items()):
        lines += [f"- intent: {intent}", "  examples: |"]
        lines += [f"    - {sentence}" for sentence in examples]
    text = "\n".join(lines) + "\n"
    yaml.safe_load(text)  # whatever citizens wrote, the file can be read
    return text

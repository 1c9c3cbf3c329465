"""The list of topics: ids of the outside contract, what citizens call them, what the authorities call them."""

from __future__ import annotations

from pathlib import Path

import yaml
from pydantic import TypeAdapter

from knowledge.entry import NonEmpty, Strict

TOPICS_FILE = Path(__file__).resolve().parent / "topics.yaml"


class Topic(Strict):
    """One topic of the contract."""

    name: NonEmpty  # as a citizen says it, so that it fits into a question: 您想问的是……吗
    official: NonEmpty  # as the national list of service items or the documents call it
    national: bool = False  # the matter is the same in the whole country: a general entry may answer it
    words: tuple[NonEmpty, ...] = ()  # other names; one of them in a question points at the topic


TopicTable = dict[str, Topic]


def load_topics(path: Path = TOPICS_FILE) -> TopicTable:
    """Read the table of topics. Raises pydantic.ValidationError or OSError for a broken installation."""
    return TypeAdapter(TopicTable).validate_python(yaml.safe_load(path.read_text(encoding="utf-8")))

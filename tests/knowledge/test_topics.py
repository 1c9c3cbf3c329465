"""The table of topics and the names of regions."""

from __future__ import annotations

import pytest

from knowledge.index import KnowledgeIndex
from knowledge.regions import RegionNames, chain
from knowledge.topics import load_topics
from nlu.intents import TOPICS


def test_the_table_holds_exactly_the_topics_of_the_contract():
    assert tuple(load_topics()) == TOPICS


def test_names_are_short_plain_and_different():
    topics = load_topics()
    names = [topic.name for topic in topics.values()]
    assert len(set(names)) == len(names)
    assert all(2 <= len(name) <= 14 for name in names)
    assert not any(letter.isascii() for name in names for letter in name)


def test_another_name_points_at_one_topic_only():
    words = [word for topic in load_topics().values() for word in topic.words]
    assert sorted(words) == sorted(set(words))


def test_an_unknown_topic_has_no_name(index: KnowledgeIndex):
    assert index.topic_name("family_account") == "亲情账户"
    with pytest.raises(KeyError):
        index.topic_name("weather")


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("370102", ("370102", "370100", "370000", None)),
        ("370100", ("370100", "370000", None)),
        ("370000", ("370000", None)),
        (None, (None,)),
    ],
)
def test_the_way_up_from_a_region(code, expected):
    assert chain(code) == expected


def test_regions_have_names_and_other_codes_ask_the_injected_table():
    names = RegionNames({"370102": "历下区"}.get)
    assert names.name("370102") == "历下区"
    assert names.name("370103") == "济南市"
    assert names.name("350300") == "莆田市"
    assert names.name(None) == "全国"
    assert RegionNames().name("110101") == "您那里"

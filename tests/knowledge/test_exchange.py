"""Entries as one JSON document."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from knowledge.exchange import SCHEMA, SCHEMA_VERSION, Package, pack, unpack
from knowledge.loader import InvalidKnowledge

NOW = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)


def faults(text: str) -> str:
    with pytest.raises(InvalidKnowledge) as caught:
        unpack(text, "in.json")
    return str(caught.value)


def changed(text: str, **changes: object) -> str:
    return json.dumps(json.loads(text) | changes)


def test_all_entries_come_back_equal(entries):
    package = unpack(pack(entries, NOW), "in.json")
    assert package.entries == entries
    assert package.exported_at == NOW


def test_the_text_names_its_schema_and_is_readable_chinese(entries):
    text = pack(entries, NOW)
    content = json.loads(text)
    assert (content["schema_name"], content["schema_version"]) == (SCHEMA, SCHEMA_VERSION)
    assert "门诊慢特病" in text
    assert pack(reversed(entries), NOW) == text


def test_the_schema_of_the_package_can_be_published():
    assert "entries" in Package.model_json_schema()["properties"]


def test_what_is_not_a_package_is_refused(entries):
    text = pack(entries[:2], NOW)
    assert "in.json:2: not JSON" in faults("{\n,")
    assert "not a package" in faults("[]")
    assert "not a package" in faults("{}")
    assert "schema version 2; this program reads 1" in faults(changed(text, schema_version=2))
    assert "exported_at" in faults(changed(text, exported_at="2026-11-23T01:00:00"))
    assert "extra: Extra inputs" in faults(changed(text, extra=1))


def test_faults_name_the_entry_and_come_all_together(entries):
    content = json.loads(pack(entries[:3], NOW))
    content["entries"][0]["topik"] = "x"
    del content["entries"][2]["title"]
    found = faults(json.dumps(content))
    assert f"entries.{entries[0].id}.topik" in found
    assert f"entries.{entries[2].id}.title: Field required" in found


def test_an_id_twice_is_refused(entries):
    content = json.loads(pack(entries[:1], NOW))
    content["entries"] *= 2
    assert f"id '{entries[0].id}' is used twice" in faults(json.dumps(content))

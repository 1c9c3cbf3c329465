"""Entries as one signed JSON document."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.entries import BadPackage
from knowledge.exchange import SCHEMA, SCHEMA_VERSION, Package, pack, unpack
from knowledge.loader import InvalidKnowledge
from knowledge.schema import SCHEMA_FILE, package_schema
from knowledge.signing import Signer

NOW = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
SIGNER = Signer(base64.urlsafe_b64encode(bytes(range(32))).decode(), "济南12393")


def packed(entries) -> str:
    return pack([(entry, ()) for entry in entries], NOW, SIGNER)


def faults(text: str) -> str:
    with pytest.raises(InvalidKnowledge) as caught:
        unpack(text, "in.json")
    return str(caught.value)


def changed(text: str, **changes: object) -> str:
    return json.dumps(json.loads(text) | changes)


def test_all_entries_come_back_equal(entries):
    package = unpack(packed(entries), "in.json")
    assert tuple(parcel.entry for parcel in package.entries) == entries
    assert (package.exported_at, package.issuer) == (NOW, "济南12393")


def test_the_text_names_its_schema_and_is_readable_chinese(entries):
    text = packed(entries)
    content = json.loads(text)
    assert (content["schema_name"], content["schema_version"]) == (SCHEMA, SCHEMA_VERSION)
    assert "门诊慢特病" in text
    assert packed(reversed(entries)) == text


def test_the_published_schema_is_the_one_of_the_program():
    assert json.loads(SCHEMA_FILE.read_text(encoding="utf-8")) == package_schema()
    assert Path("docs") / SCHEMA_FILE.name == SCHEMA_FILE.relative_to(SCHEMA_FILE.parents[1])


def test_a_package_fits_the_published_schema(entries):
    jsonschema = pytest.importorskip("jsonschema")
    validator = jsonschema.Draft202012Validator(package_schema())
    content = json.loads(packed(entries[:5]))
    assert list(validator.iter_errors(content)) == []
    del content["entries"][0]["entry"]["citations"]
    assert [error.message for error in validator.iter_errors(content)] == [
        "'citations' is a required property"
    ]


@pytest.mark.parametrize(
    "alter",
    [
        lambda content: content.update(issuer="别的地方"),
        lambda content: content["entries"].pop(),
        lambda content: content["entries"][0]["entry"].update(title="济南：改过的"),
        lambda content: content["entries"][0]["history"].append("0" * 64),
        lambda content: content["signature"].update(public_key=SIGNER.public_key[::-1]),
    ],
)
def test_whatever_was_altered_after_signing_is_refused(entries, alter):
    content = json.loads(packed(entries[:3]))
    alter(content)
    with pytest.raises(BadPackage) as caught:
        unpack(json.dumps(content), "in.json")
    assert caught.value.code == "package.altered"


def test_an_unsigned_package_whose_content_does_not_fit_its_hash_is_refused(entries):
    content = json.loads(packed(entries[:3]))
    del content["signature"]
    assert unpack(json.dumps(content), "in.json").signature is None
    content["entries"][0]["entry"]["title"] = "改过的"
    with pytest.raises(BadPackage):
        unpack(json.dumps(content), "in.json")


def test_what_is_not_a_package_is_refused(entries):
    text = packed(entries[:2])
    assert "in.json:2: not JSON" in faults("{\n,")
    assert "not JSON" in faults("[" * 100_000)
    assert "not a package" in faults("[]")
    assert "not a package" in faults("{}")
    assert "schema version 1; this program reads 2" in faults(changed(text, schema_version=1))
    assert "exported_at" in faults(changed(text, exported_at="2026-11-23T01:00:00"))
    assert "extra: Extra inputs" in faults(changed(text, extra=1))


def test_faults_name_the_entry_and_come_all_together(entries):
    content = json.loads(packed(entries[:3]))
    content["entries"][0]["entry"]["topik"] = "x"
    del content["entries"][2]["entry"]["title"]
    found = faults(json.dumps(content))
    assert f"entries.{entries[0].id}.topik" in found
    assert f"entries.{entries[2].id}.title: Field required" in found


def test_an_id_twice_is_refused(entries):
    content = json.loads(packed(entries[:1]))
    content["entries"] *= 2
    assert f"id '{entries[0].id}' is used twice" in faults(json.dumps(content))


def test_the_model_of_a_package_forbids_what_it_does_not_know():
    assert Package.model_json_schema()["additionalProperties"] is False

"""What `yinling knowledge …` prints and returns."""

from __future__ import annotations

import io
import json
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from knowledge.commands import export, import_, search, validate
from knowledge.loader import load
from knowledge.writer import write

from .conftest import TODAY

NOW = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)


@pytest.fixture
def folder(tmp_path: Path, make_entry) -> Path:
    write(make_entry(), tmp_path / "entries")
    return tmp_path / "entries"


def exported(folder: Path, to: Path) -> Path:
    assert export(to, NOW, folder) == 0
    return to


def test_the_entries_of_the_product_are_valid(capsys):
    assert validate(TODAY) == 0
    out, _ = capsys.readouterr()
    assert " 0 errors" in out


def test_a_broken_file_fails_with_file_and_line(folder, capsys):
    (folder / "priority_window/370100.yaml").write_text("id: 1\n", encoding="utf-8")
    assert validate(TODAY, folder) == 1
    assert "priority_window/370100.yaml:1: " in capsys.readouterr().err


def test_a_finding_fails_and_a_warning_only_when_strict(folder, make_entry, capsys):
    assert validate(TODAY, folder, strict=True) == 0
    write(make_entry(questions=["一", "二", "三"]), folder)
    assert validate(TODAY, folder) == 0
    assert validate(TODAY, folder, strict=True) == 1
    assert validate(date(2028, 1, 1), folder) == 1
    assert "error: priority_window.370100: review_due" in capsys.readouterr().err


def test_export_and_import_make_an_equal_folder(entries, tmp_path, capsys):
    package = tmp_path / "all.json"
    assert export(str(package), NOW) == 0
    assert import_(str(package), tmp_path / "other") == 0
    assert load(tmp_path / "other") == entries
    assert f"{len(entries)} entries added, 0 replaced, 0 unchanged" in capsys.readouterr().out
    assert import_(package, tmp_path / "other") == 0
    assert f"0 entries added, 0 replaced, {len(entries)} unchanged" in capsys.readouterr().out


def test_export_to_standard_output_and_import_from_standard_input(folder, tmp_path, capsys, monkeypatch):
    assert export("-", NOW, folder) == 0
    text = capsys.readouterr().out
    assert json.loads(text)["entries"][0]["id"] == "priority_window.370100"
    monkeypatch.setattr("sys.stdin", io.StringIO(text))
    assert import_("-", tmp_path / "other") == 0
    assert load(tmp_path / "other") == load(folder)


def test_a_conflict_writes_nothing_until_replacing_is_wanted(folder, make_entry, tmp_path, capsys):
    package = exported(folder, tmp_path / "all.json")
    other = tmp_path / "other"
    write(make_entry(title="济南：别的标题"), other)
    before = load(other)
    assert import_(package, other) == 1
    assert "conflict: priority_window.370100: title" in capsys.readouterr().err
    assert load(other) == before
    assert import_(package, other, replace=True) == 0
    assert load(other) == load(folder)


def test_one_conflict_keeps_new_entries_out_too(folder, make_entry, tmp_path):
    write(make_entry(topic="guide_service"), folder)
    package = exported(folder, tmp_path / "all.json")
    other = tmp_path / "other"
    write(make_entry(title="济南：别的标题"), other)
    assert import_(package, other) == 1
    assert [entry.id for entry in load(other)] == ["priority_window.370100"]


def test_an_import_cannot_write_outside_the_folder(folder, tmp_path, capsys):
    package = exported(folder, tmp_path / "all.json")
    text = package.read_text(encoding="utf-8").replace("priority_window", "../../evil")
    package.write_text(text, encoding="utf-8")
    assert import_(package, tmp_path / "deep/entries") == 1
    assert "topics outside the table" in capsys.readouterr().err
    assert not list(tmp_path.rglob("evil*"))


def test_files_that_cannot_be_read_or_written_fail_in_one_sentence(folder, tmp_path, capsys):
    assert import_(tmp_path / "missing.json", folder) == 1
    assert export(tmp_path / "no/such/folder/all.json", NOW, folder) == 1
    (tmp_path / "bytes.json").write_bytes(b"\xff\xfe\x00")
    assert import_(tmp_path / "bytes.json", folder) == 1
    lines = capsys.readouterr().err.strip().splitlines()
    assert len(lines) == 3


def test_search_prints_scores_ids_and_titles(capsys):
    assert search("老人走不动，药能送到家吗", "370800", TODAY) == 0
    first = capsys.readouterr().out.splitlines()[0].split("  ")
    assert first[1] == "drug_delivery.370800"
    assert 0 < float(first[0]) <= 1
    assert search("12345678", "370800", TODAY) == 1
    assert "no entry fits" in capsys.readouterr().err


def test_search_marks_what_is_doubtful(capsys):
    assert search("慢特病长期处方", "370100", TODAY, limit=1) == 0
    assert "⚠" in capsys.readouterr().out

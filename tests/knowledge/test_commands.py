"""What `yinling knowledge …` prints and returns."""

from __future__ import annotations

import base64
import io
import json
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
import yaml

from bot.entries import Choices
from bot.store.database import Database
from knowledge.commands import check_all, due, export, export_files, import_, search, validate
from knowledge.desk_side import EntryDesk
from knowledge.exchange import pack
from knowledge.filesync import sync
from knowledge.loader import load
from knowledge.signing import Signer
from knowledge.training import as_examples
from knowledge.writer import write

from .conftest import TODAY

NOW = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)


@pytest.fixture
def folder(tmp_path: Path, make_entry) -> Path:
    write(make_entry(), tmp_path / "entries")
    return tmp_path / "entries"


@pytest.fixture
def desk(vault, tmp_path: Path):
    database = Database(f"sqlite:///{tmp_path / 'yinling.db'}", vault)
    database.upgrade()
    yield EntryDesk(database, Signer(base64.urlsafe_b64encode(b"1" * 32).decode(), "济南12393"))
    database.close()


def fill(desk: EntryDesk, folder: Path) -> None:
    with desk._database.begin() as session:
        sync(session, NOW, folder)


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


def test_the_full_check_finds_contradictions_too(make_entry, capsys):
    quick = make_entry(
        written="材料交齐以后，最多20个工作日办好。", spoken=["材料交齐以后，二十个工作日办好。"]
    )
    slow = make_entry(
        topic="guide_service",
        written="材料交齐以后，最多30个工作日办好。",
        spoken=["材料交齐以后，三十个工作日办好。"],
        questions=["一问", "二问", "三问", "四问", "五问"],
    )
    assert check_all((quick, slow), TODAY) == 1
    out, err = capsys.readouterr()
    assert out == "2 entries on 2 topics: 0 errors, 2 warnings\n"
    assert err.count("contradicts: ") == 2
    assert check_all((quick,), TODAY) == 0
    assert check_all((quick,), date(2028, 1, 1)) == 1


def test_the_full_check_of_the_products_files(capsys):
    assert check_all(today=TODAY) == 0
    assert " 0 errors" in capsys.readouterr().out


def test_what_must_be_looked_at_comes_most_pressing_first(desk, folder, make_entry, capsys):
    write(make_entry(topic="guide_service", validity=validity(review_by="2026-12-01")), folder)
    write(make_entry(topic="home_service", validity=validity(effective_until="2026-01-01")), folder)
    write(make_entry(topic="drug_delivery", validity=validity(effective_until="2027-01-01")), folder)
    write(make_entry(topic="medical_aid", validity=validity(review_by="2026-11-01")), folder)
    fill(desk, folder)
    assert due(desk, TODAY) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[:3] for line in lines] == [
        ["expired", "2026-01-01", "home_service.370100"],
        ["review_due", "2026-11-01", "medical_aid.370100"],
        ["ends_soon", "2027-01-01", "drug_delivery.370100"],
        ["review_soon", "2026-12-01", "guide_service.370100"],
    ]


def validity(**changes):
    return {"effective_from": date(2021, 1, 13), "review_by": "2027-12-31"} | changes


def test_what_was_exported_is_known_here(desk, folder, tmp_path, capsys):
    fill(desk, folder)
    package = tmp_path / "all.json"
    assert export(desk, package, NOW) == 0
    assert import_(desk, package, "chief", NOW) == 0
    out = capsys.readouterr().out.splitlines()
    assert out[0] == f"1 entries written to {package}"
    assert out[1:] == ["package of 济南12393, signed by 济南12393: 1 same", "0 entries put up for review"]


def test_export_to_standard_output_and_import_from_standard_input(desk, folder, capsys, monkeypatch):
    fill(desk, folder)
    assert export(desk, "-", NOW) == 0
    text = capsys.readouterr().out
    assert json.loads(text)["entries"][0]["entry"]["id"] == "priority_window.370100"
    monkeypatch.setattr("sys.stdin", io.StringIO(text))
    assert import_(desk, "-", "chief", NOW) == 0


def test_a_conflict_is_told_line_by_line_until_somebody_decides(desk, folder, make_entry, tmp_path, capsys):
    fill(desk, folder)
    package = tmp_path / "all.json"
    stranger = Signer(base64.urlsafe_b64encode(b"2" * 32).decode(), "别处")
    package.write_text(pack([(make_entry(title="济南：别的标题"), ())], NOW, stranger), encoding="utf-8")
    assert import_(desk, package, "chief", NOW) == 1
    assert "not trusted here" in capsys.readouterr().err
    assert import_(desk, package, "chief", NOW, untrusted=True) == 1
    err = capsys.readouterr().err
    assert "conflict: priority_window.370100: title" in err
    assert "  title - 济南：老年人优先窗口\n  title + 济南：别的标题" in err
    assert "nothing was taken" in err
    assert import_(desk, package, "chief", NOW, untrusted=True, look_only=True) == 0
    assert "1 conflict" in capsys.readouterr().out
    choice = Choices(theirs=frozenset({"priority_window.370100"}))
    assert import_(desk, package, "chief", NOW, untrusted=True, choices=choice) == 0
    assert desk.page("priority_window.370100", TODAY).open.status == "review"


def test_what_is_published_goes_back_into_equal_files(desk, entries, tmp_path, capsys):
    for entry in entries:
        write(entry, tmp_path / "entries")
    fill(desk, tmp_path / "entries")
    assert export_files(desk, tmp_path / "out") == 0
    assert load(tmp_path / "out") == entries
    assert export_files(desk, tmp_path / "out") == 0
    assert capsys.readouterr().out.splitlines()[1].startswith("0 files written")


def test_files_that_cannot_be_read_or_written_fail_in_one_sentence(desk, folder, tmp_path, capsys):
    assert import_(desk, tmp_path / "missing.json", "chief", NOW) == 1
    assert export(desk, tmp_path / "no/such/folder/all.json", NOW) == 1
    (tmp_path / "bytes.json").write_bytes(b"\xff\xfe\x00")
    assert import_(desk, tmp_path / "bytes.json", "chief", NOW) == 1
    lines = capsys.readouterr().err.strip().splitlines()
    assert len(lines) == 3


def test_training_examples_can_be_read_whatever_citizens_wrote():
    said = ["种牙: 能报吗 #急", "- {坏}", "种牙: 能报吗 #急", "两行\n一句"]
    text = as_examples([("out_of_scope", said), ("ask_medical_aid", ["穷人看病"])])
    (first, second) = yaml.safe_load(text)["nlu"]
    assert first == {"intent": "ask_medical_aid", "examples": "- 穷人看病\n"}
    assert second["examples"] == "- 种牙: 能报吗 #急\n- - {坏}\n- 两行 一句\n"


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

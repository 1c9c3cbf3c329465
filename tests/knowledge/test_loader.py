"""Loading entries: every fault is told, with its file and line."""

from __future__ import annotations

from pathlib import Path

import pytest

from knowledge.loader import ENTRIES_FOLDER, InvalidKnowledge, file_of, load
from knowledge.writer import to_yaml, write


def put(folder: Path, name: str, text: str) -> None:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def faults(folder: Path) -> list[str]:
    with pytest.raises(InvalidKnowledge) as caught:
        load(folder)
    return [str(problem) for problem in caught.value.problems]


def line_of(text: str, start: str) -> int:
    return next(n for n, line in enumerate(text.splitlines(), 1) if line.strip().startswith(start))


def test_the_entries_of_the_product_load_sorted_and_stand_where_they_belong(entries):
    assert len(entries) >= 65
    assert [entry.id for entry in entries] == sorted(entry.id for entry in entries)
    assert all((ENTRIES_FOLDER / file_of(entry)).is_file() for entry in entries)


def test_an_unknown_field_and_a_missing_one_are_told_with_their_lines(tmp_path, make_entry):
    text = to_yaml(make_entry()).replace("title:", "titel:")
    put(tmp_path, "priority_window/370100.yaml", text)
    found = faults(tmp_path)
    assert len(found) == 2
    assert f"priority_window/370100.yaml:{line_of(text, 'titel:')}: titel: Extra inputs" in "\n".join(found)
    assert "priority_window/370100.yaml:1: title: Field required" in "\n".join(found)


def test_a_fault_deep_inside_a_list_has_its_own_line(tmp_path, make_entry):
    text = to_yaml(make_entry()).replace("issued: 2021-01-13", "issued: gestern")
    put(tmp_path, "priority_window/370100.yaml", text)
    assert faults(tmp_path)[0].startswith(
        f"priority_window/370100.yaml:{line_of(text, 'issued:')}: citations.0.issued: "
    )


def test_a_spoken_turn_of_81_characters_is_refused_at_its_line(tmp_path, make_entry):
    text = to_yaml(make_entry()).replace("至少有两个窗口。\n", "好" * 81 + "\n")
    put(tmp_path, "priority_window/370100.yaml", text)
    assert f":{line_of(text, '- 好')}: spoken.1: " in faults(tmp_path)[0]


def test_faults_of_all_files_come_together(tmp_path, make_entry):
    put(tmp_path, "priority_window/370100.yaml", "a: b: c")
    put(tmp_path, "priority_window/370800.yaml", "- just a list")
    put(tmp_path, "priority_window/370000.yaml", "")
    put(tmp_path, "guide_service/370100.yaml", to_yaml(make_entry()))
    found = "\n".join(faults(tmp_path))
    for name in (
        "370100.yaml:1: not YAML",
        "370800.yaml:1: ",
        "370000.yaml:1: ",
        "guide_service/370100.yaml:1: ",
    ):
        assert name in found


def test_bytes_that_are_not_utf8_are_told(tmp_path):
    (tmp_path / "priority_window").mkdir()
    (tmp_path / "priority_window/370100.yaml").write_bytes("标题".encode("gbk"))
    assert "not UTF-8" in faults(tmp_path)[0]


def test_a_key_that_stands_twice_is_told(tmp_path, make_entry):
    text = to_yaml(make_entry()) + "title: 又一个\n"
    put(tmp_path, "priority_window/370100.yaml", text)
    assert faults(tmp_path) == [
        f"priority_window/370100.yaml:{text.count(chr(10))}: 'title' stands here twice"
    ]


def test_folder_and_file_name_must_match_topic_and_region(tmp_path, make_entry):
    put(tmp_path, "priority_window/370800.yaml", to_yaml(make_entry()))
    assert "belongs in priority_window/370100.yaml" in faults(tmp_path)[0]


def test_an_id_used_twice_is_told(tmp_path, make_entry):
    put(tmp_path, "priority_window/370100.yaml", to_yaml(make_entry()))
    put(tmp_path, "priority_window/copy.yaml", to_yaml(make_entry()))
    assert any("is used twice" in fault for fault in faults(tmp_path))


def test_a_topic_outside_the_contract_is_refused(tmp_path, make_entry):
    put(tmp_path, "weather/370100.yaml", to_yaml(make_entry(topic="weather")))
    assert "topic 'weather' is not in the table" in faults(tmp_path)[0]


def test_an_id_that_does_not_name_topic_and_region_is_refused(tmp_path, make_entry):
    text = to_yaml(make_entry()).replace("id: priority_window.370100", "id: priority_window.370101")
    put(tmp_path, "priority_window/370100.yaml", text)
    assert "id must be 'priority_window.370100'" in faults(tmp_path)[0]


def test_an_empty_folder_is_a_fault_and_not_an_empty_knowledge_base(tmp_path):
    assert "no entries found" in faults(tmp_path)[0]
    assert "no entries found" in faults(tmp_path / "missing")[0]


def test_what_the_writer_writes_loads_as_an_equal_entry(tmp_path, entries):
    for entry in entries:
        write(entry, tmp_path)
    assert load(tmp_path) == entries


def test_a_general_entry_lives_in_general_yaml(tmp_path, make_entry):
    entry = make_entry(region=None)
    assert write(entry, tmp_path) == tmp_path / "priority_window/general.yaml"
    assert load(tmp_path) == (entry,)

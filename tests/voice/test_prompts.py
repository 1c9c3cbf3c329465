"""The list of fixed sentences, and the check of an operator's recordings."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from click.testing import CliRunner

from bot.cli import yinling
from bot.speech import GO_ON_QUESTION, speakable
from tests.voice.test_tts import record
from voice import agent_words, call_words
from voice.prompts import assistant_prompts, call_prompts, entry_prompts, plain
from voice.studio import State, Studio

OFFICE = "济南医保热线"


def test_every_sentence_of_the_call_is_listed():
    texts = {p.text for p in call_prompts(OFFICE)}
    assert {call_words.HOLD, call_words.DEAF, call_words.STOPPING, *agent_words.ALL} <= texts
    assert any(OFFICE in text for text in texts)
    assert call_words.queue_sentence(3, 300) in texts
    assert not any("{" in text for text in texts)


def test_the_assistants_sentences_are_whole_and_speakable():
    texts = [p.text for p in assistant_prompts()]
    assert GO_ON_QUESTION in texts
    assert "您想几点来？" in texts
    assert "好的，我说慢一点。" in texts
    assert len(texts) > 100
    assert all(text == speakable(text) and text[-1] in "。！？" for text in texts)
    assert not any(text.startswith("的") for text in texts)


def test_ids_are_files_of_their_own_and_change_with_the_words():
    prompts = (
        *call_prompts(OFFICE),
        *assistant_prompts(),
        *entry_prompts([("filing.370100", ("先备案。", "再看病。"))]),
    )
    assert len({p.file for p in prompts}) == len(prompts)
    assert len({plain(p.text) for p in call_prompts(OFFICE)}) == len(call_prompts(OFFICE))
    old, new = (entry_prompts([("filing.370100", (text,))])[0] for text in ("先备案。", "先打电话备案。"))
    assert old.id != new.id
    assert new.supersedes(old.id)


def test_the_studio_tells_recorded_missing_stale_bad_and_strangers(tmp_path: Path):
    good, gone, changed, broken, faint, *_ = call_prompts(OFFICE)
    record(tmp_path / good.file)
    record(tmp_path / f"{changed.id.rpartition('-')[0]}-000000.wav")
    (tmp_path / broken.file).write_bytes(b"RIFF....WAVEnot really")
    record(tmp_path / faint.file, seconds=0.05)
    record(tmp_path / "holiday-greeting.wav")
    studio = Studio.open(tmp_path, (good, gone, changed, broken, faint))
    states = [finding.state for finding in studio.findings]
    assert states == [State.RECORDED, State.MISSING, State.STALE, State.BAD, State.BAD, State.STALE]
    assert studio.findings[-1].prompt is None
    assert studio.find(good.text) == tmp_path / good.file
    assert studio.find(broken.text) is None


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """`yinling prompts …` in a state folder of its own."""
    monkeypatch.setenv("YINLING_STATE", str(tmp_path))
    return lambda *arguments: CliRunner().invoke(yinling, ["prompts", *arguments], standalone_mode=False)


def test_export_lists_what_a_studio_has_to_record(run, tmp_path: Path):
    rows = list(csv.DictReader(io.StringIO(run("export").output)))
    assert len(rows) > 150
    assert {"id", "text", "file", "from"} == set(rows[0])
    everything = tmp_path / "all.csv"
    run("export", "--all", "--output", str(everything))
    with everything.open(encoding="utf-8-sig", newline="") as file:
        assert len(list(csv.DictReader(file))) > 2 * len(rows)


def test_check_counts_and_fails_on_bad_recordings(run, tmp_path: Path):
    assert run("check").return_value == 0
    rows = list(csv.DictReader(io.StringIO(run("export").output)))
    record(tmp_path / "prompts" / rows[1]["file"])
    assert "有录音1" in run("check").output
    (tmp_path / "prompts" / rows[2]["file"]).write_bytes(b"no sound")
    result = run("check")
    assert result.return_value == 1
    assert rows[2]["text"] in result.output

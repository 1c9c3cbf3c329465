"""The measure of a model: `yinling speech evaluate`."""

from __future__ import annotations

import math
import re
import shutil
import wave
from pathlib import Path

import pytest

from bot.cli import main as command_line
from tests.voice.recordings import FOLDER, Recording, recordings
from voice.asr import SpeechModel
from voice.evaluate import BadRecordings, comparable, distance, error_rate, evaluate, table
from voice.resample import Resampler

NUMBERS = next(r for r in recordings() if r.name == "028e.wav")  # 身份证号三七零八二幺幺九四七零六幺五


def write(path: Path, pcm: bytes, rate: int = 8000, channels: int = 1, width: int = 2) -> None:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(width)
        file.setframerate(rate)
        file.writeframes(pcm)


@pytest.mark.parametrize(
    ("said", "heard", "errors"),
    [
        ("医保", "医保", 0),
        ("医保", "一保", 1),
        ("医保卡", "医保", 1),
        ("", "好", 1),
        ("医保", "", 2),
        ("医保卡丢了", "保卡丢掉了", 2),
    ],
)
def test_errors_are_counted(said: str, heard: str, errors: int) -> None:
    assert distance(said, heard) == errors
    assert distance(heard, said) == errors


def test_both_sides_are_brought_to_one_form() -> None:
    assert comparable("身份证号，3708-21！") == comparable("身份证号 三七零八 二幺")
    assert comparable("DRG 是什么？") == "drg是什么"


def test_the_trial_model_hears_the_recordings(trial_model: SpeechModel) -> None:
    measured = list(evaluate(trial_model, FOLDER))
    assert len(measured) == 23
    assert error_rate(measured) < 8
    assert sum(m.errors == 0 for m in measured) >= 14
    last = table(measured).splitlines()[-1]
    assert math.isclose(float(re.search(r"([\d.]+) %$", last).group(1)), error_rate(measured), abs_tol=0.01)


def test_any_sample_rate_is_measured_alike(trial_model: SpeechModel, tmp_path: Path) -> None:
    up = Resampler(8000, 16_000)
    write(tmp_path / "wide.wav", up.feed(NUMBERS.pcm) + up.finish(), 16_000)
    write(tmp_path / "narrow.wav", NUMBERS.pcm)
    written = NUMBERS.text.translate(str.maketrans("零一二三四五六七八九幺", "01234567891"))
    (tmp_path / "transcripts.tsv").write_text(
        f"wide.wav\t{written}\n\nnarrow.wav\t{NUMBERS.text}。\n", "utf-8"
    )
    wide, narrow = evaluate(trial_model, tmp_path)
    assert wide.errors == narrow.errors == 0
    assert wide.seconds == pytest.approx(narrow.seconds, abs=0.01)


def spoiled(folder: Path, what: str, recording: Recording) -> None:
    transcript = f"a.wav\t{recording.text}\n"
    write(folder / "a.wav", recording.pcm)
    match what:
        case "stereo":
            write(folder / "a.wav", recording.pcm, channels=2)
        case "8 bits":
            write(folder / "a.wav", recording.pcm, width=1)
        case "no WAV":
            (folder / "a.wav").write_bytes(b"ID3 music")
        case "missing":
            (folder / "a.wav").unlink()
        case "empty":
            write(folder / "a.wav", b"")
        case "no text":
            transcript = "a.wav\t！\n"
        case "no lines":
            transcript = "\n"
    (folder / "transcripts.tsv").write_text(transcript, encoding="utf-8")


@pytest.mark.parametrize(
    ("what", "sentence"),
    [
        ("stereo", "2 channels"),
        ("8 bits", "8 bits"),
        ("no WAV", "cannot be read"),
        ("missing", "not in the folder"),
        ("empty", "empty"),
        ("no text", "line 1"),
        ("no lines", "lists no recording"),
    ],
)
def test_bad_recordings_are_refused_in_one_sentence(
    trial_model: SpeechModel, tmp_path: Path, what: str, sentence: str
) -> None:
    spoiled(tmp_path, what, NUMBERS)
    with pytest.raises(BadRecordings, match=sentence):
        evaluate(trial_model, tmp_path)


def test_the_command_prints_the_rate_last(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("YINLING_STATE", str(tmp_path))
    monkeypatch.delenv("VOSK_MODEL", raising=False)
    few = tmp_path / "few"
    few.mkdir()
    lines = (FOLDER / "transcripts.tsv").read_text(encoding="utf-8").splitlines()[:3]
    for line in lines:
        shutil.copy(FOLDER / line.split("\t")[0], few)
    (few / "transcripts.tsv").write_text("\n".join(lines), encoding="utf-8")
    assert command_line(["speech", "evaluate", str(few)]) == 0
    out, err = capsys.readouterr()
    assert re.fullmatch(r"character error rate: \d+\.\d\d %", out.splitlines()[-1])
    assert "synthetic speech only" in err
    assert command_line(["speech", "evaluate", str(tmp_path)]) == 1
    assert "transcripts.tsv" in capsys.readouterr().err
    assert command_line(["speech", "evaluate", str(FOLDER), "--model", "nowhere"]) == 1
    assert "no speech model" in capsys.readouterr().err
    assert command_line(["speech", "evaluate", str(tmp_path / "absent")]) == 2

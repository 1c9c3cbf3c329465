"""Recordings at rest: encrypted, whole or honest about it, forgotten in time."""

from __future__ import annotations

import io
import os
import wave
from datetime import timedelta

import pytest
from cryptography.fernet import Fernet

from bot.calls import Calls
from bot.ephemeral.connection import RedisConnection
from bot.ephemeral.events import RedisEvents
from bot.recordings import BadRecording, Recordings
from bot.retention import forget_recordings
from bot.store.models import Call

SOUND = bytes(range(256)) * 250  # 16,000 frames: a second at 16 kHz


@pytest.fixture
def recordings(tmp_path, data_key):
    return Recordings(tmp_path / "recordings", data_key)


def recorded(recordings, *pieces):
    """A finished recording of some pieces; returns its name."""
    writer = recordings.create(16_000)
    for piece in pieces:
        writer.write(piece)
    writer.close()
    writer.close()
    return writer.name


def test_what_was_recorded_comes_back_as_a_wav_file(recordings):
    reader = recordings.open(recorded(recordings, SOUND, SOUND[:1000], b""))
    whole = b"".join(reader.wav())
    assert len(whole) == reader.wav_bytes
    assert reader.whole
    with wave.open(io.BytesIO(whole)) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (2, 2, 16_000)
        assert file.readframes(file.getnframes()) == SOUND + SOUND[:1000]


def test_nothing_of_the_sound_lies_open_on_the_disk(recordings, tmp_path):
    writer = recordings.create(16_000)
    writer.write(b"\x34\x12" * 8000)
    assert writer.seconds == 0.25
    writer.close()
    (path,) = (tmp_path / "recordings").iterdir()
    assert b"\x34\x12" * 4 not in path.read_bytes()
    assert path.stat().st_mode & 0o077 == 0
    assert path.parent.stat().st_mode & 0o077 == 0


def test_a_crash_leaves_what_was_written_until_then(recordings, tmp_path):
    writer = recordings.create(16_000)
    writer.write(SOUND)
    writer.write(SOUND)
    path = tmp_path / "recordings" / writer.name
    writer.abandon()
    path.write_bytes(path.read_bytes()[:-100])
    reader = recordings.open(writer.name)
    assert not reader.whole
    assert b"".join(reader.sound()) == SOUND


@pytest.mark.parametrize("place", [-5, -20_000])
def test_a_recording_that_was_changed_is_noticed(recordings, tmp_path, place):
    name = recorded(recordings, SOUND)
    path = tmp_path / "recordings" / name
    changed = bytearray(path.read_bytes())
    changed[place] ^= 1
    path.write_bytes(changed)
    with pytest.raises(BadRecording):
        b"".join(recordings.open(name).sound())


def test_keys_are_changed_without_losing_old_recordings(tmp_path):
    old, new = Fernet.generate_key().decode(), Fernet.generate_key().decode()
    folder = tmp_path / "recordings"
    name = recorded(Recordings(folder, old), SOUND)
    assert b"".join(Recordings(folder, f"{new},{old}").open(name).sound()) == SOUND
    with pytest.raises(BadRecording):
        Recordings(folder, new).open(name)


@pytest.mark.parametrize("name", ["", "../secrets/data_key", "a.ylr", "0" * 32 + ".ylr"])
def test_only_recordings_are_opened(recordings, name):
    with pytest.raises(BadRecording):
        recordings.open(name)


def test_no_recording_stays_longer_than_it_may(database, vault, recordings, tmp_path, now):
    calls = Calls(database, vault, RedisEvents(RedisConnection("")))
    rows = {}
    for age in (31, 29):
        at = now - timedelta(days=age)
        rows[age] = calls.begin(f"c{age}", "sip", "", "12393", at)
        name = recorded(recordings, SOUND)
        calls.recorded(rows[age], name, 1.0)
        os.utime(tmp_path / "recordings" / name, (at.timestamp(), at.timestamp()))
    with database.begin() as session:
        assert forget_recordings(session, recordings, now, recording_days=30) == 1
    with database.begin() as session:
        assert session.get_one(Call, rows[31]).recording is None
        kept = session.get_one(Call, rows[29]).recording
    assert [path.name for path in (tmp_path / "recordings").iterdir()] == [kept]

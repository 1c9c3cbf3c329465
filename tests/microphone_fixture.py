"""A browser whose microphone is a recording: a sentence that the trial model understands, then quiet, over and over.

Use it instead of tests.browser_fixture.browser::

    from tests.browser_fixture import new_page
    from tests.microphone_fixture import browser, microphone
"""

from __future__ import annotations

import wave
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.browser_fixture import CHROMIUM_ARGS, chromium_path
from tests.voice.recordings import recordings

WORDS = "我不识字也没有智能手机"


@pytest.fixture(scope="module")
def microphone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the browser takes for its microphone."""
    recording = next(r for r in recordings() if r.text == WORDS)
    path = tmp_path_factory.mktemp("microphone") / "speech.wav"
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(recording.sample_rate)
        file.writeframes(bytes(recording.sample_rate) + recording.pcm + bytes(6 * recording.sample_rate))
    return path


@pytest.fixture(scope="module")
def browser(microphone: Path) -> Iterator[Browser]:
    """Chromium that hears the recording and lets every page listen."""
    path = chromium_path()
    if path is None:
        pytest.fail("Chromium is missing: apt-get install chromium (or set CHROMIUM to its path)")
    arguments = [
        *CHROMIUM_ARGS,
        f"--use-file-for-fake-audio-capture={microphone}",
        "--autoplay-policy=no-user-gesture-required",
    ]
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=arguments)
        yield chromium
        chromium.close()

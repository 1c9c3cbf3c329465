"""How many calls a machine holds, and who may look at it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest

from tests.voice.test_call import recording
from voice import health as health_module
from voice.asr import SpeechModel
from voice.health import Health
from voice.limits import Admission, capacity
from voice.metrics import Measures


def test_a_slower_model_means_fewer_calls(trial_model: SpeechModel) -> None:
    class Slow:
        """The trial model, hearing everything twenty times."""

        def recogniser(self, rate: int):  # type: ignore[no-untyped-def]
            ears = [trial_model.recogniser(rate) for _ in range(20)]

            class Many:
                def __getattr__(self, name: str):  # type: ignore[no-untyped-def]
                    return lambda *given: [getattr(ear, name)(*given) for ear in ears]

            return Many()

    sound = recording("044e").pcm
    quick, slow = capacity(trial_model, sound, 8000), capacity(Slow(), sound, 8000)  # type: ignore[arg-type]
    assert quick > slow >= 1


def test_calls_are_taken_up_to_the_capacity() -> None:
    admission = Admission(2)
    assert [admission.admit() for _ in range(3)] == [None, None, "full"]
    admission.release()
    assert admission.admit() is None


def test_nobody_is_taken_while_sound_is_late_and_again_afterwards() -> None:
    admission = Admission(100)
    for _ in range(100):
        admission.tick(0.05)
    assert admission.admit() == "slow"
    for _ in range(200):
        admission.tick(0.001)
    assert admission.admit() is None


def test_one_late_tick_refuses_nobody() -> None:
    admission = Admission(100)
    admission.tick(0.4)
    assert admission.admit() is None


def test_who_stops_takes_nobody() -> None:
    assert Admission(5, stopping=True).admit() == "stopping"


@pytest.fixture
def health() -> Iterator[Health]:
    made = Health(Measures(), lambda: {"calls": 3})
    made.start("127.0.0.1", 0)
    yield made
    made.stop()


def _get(health: Health, path: str) -> tuple[int, str]:
    try:
        with urlopen(f"http://127.0.0.1:{health.port}{path}", timeout=10) as answer:
            return answer.status, answer.read().decode()
    except HTTPError as error:
        with error:
            return error.code, error.read().decode()


def test_metrics_and_health_are_told(health: Health) -> None:
    status, text = _get(health, "/metrics")
    assert status == 200
    assert "yinling_call_stage_seconds" in text
    status, text = _get(health, "/healthz")
    assert (status, json.loads(text)) == (200, {"alive": True, "calls": 3})
    assert _get(health, "/elsewhere")[0] == 404


def test_a_stuck_event_loop_is_ill(health: Health, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health_module, "STUCK_SECONDS", -1.0)
    assert _get(health, "/healthz")[0] == 503

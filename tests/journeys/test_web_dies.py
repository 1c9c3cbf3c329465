"""The web process is killed while it handles messages: WeChat's retry, or the worker's sweep, brings the answers."""

from __future__ import annotations

import signal

import pytest

from tests.journeys.crowd import all_write, crowd


def in_hand(house, asking, eventually):
    """Everybody's message is stored and being understood, which takes long: Rasa is held."""
    house.signal("rasa", signal.SIGSTOP)
    all_write(asking)
    eventually(lambda: all(house.records.turns(citizen.openid) for citizen in asking), 20)
    assert not any(citizen.heard() for citizen in asking)


@pytest.mark.usefixtures("rasa_listens")
def test_another_process_takes_over_from_the_one_that_died(house, meet, eventually, answered_once):
    asking = crowd(meet, 4)
    in_hand(house, asking, eventually)
    master, *workers = house.program("web")
    for process in workers:
        process.kill()
    house.signal("rasa", signal.SIGCONT)
    answered_once(*asking)
    assert master.is_running()

"""Ctrl-C, and started once more with everything present: quick, small, and nothing forgotten."""

from __future__ import annotations

import os

import pytest

from tests.journeys.agent import Agent
from tests.journeys.memory import memory

READY_WITHIN = 30.0  # seconds on a machine that has nothing else to do
LARGEST = 2048.0  # MB


@pytest.mark.parametrize("installation", ["sqlite"], indirect=True)
def test_started_once_more(house, meet, answered_once, capsys):
    daughter = meet()
    daughter.says("济南异地就医备案怎么办？")
    assert daughter.says("转人工").act == "handoff"
    escalation_id, _ = house.records.escalation(daughter.openid)
    login = (house.username, house.password)
    busy = max(
        1.0, os.getloadavg()[0] / (os.cpu_count() or 1)
    )  # others' work that a test run may have to bear
    assert house.stop() == 0
    house.start()
    sizes = sorted(memory(house.processes()), key=lambda size: -size[2])
    rss, pss = sum(size[1] for size in sizes), sum(size[2] for size in sizes)
    with capsys.disabled():
        print(
            f"\nready after {house.ready_after:.1f} s, Rasa after {house.understands_after:.1f} s (load {busy:.1f})"
        )
        for name, its_rss, its_pss in sizes:
            print(f"  {name:<12} {its_rss:7.0f} MB resident {its_pss:7.0f} MB of its own share")
        print(f"  {'all':<12} {rss:7.0f} MB {pss:12.0f} MB")
    assert house.ready_after < READY_WITHIN * busy
    assert pss < LARGEST
    assert rss < LARGEST
    assert (house.username, house.password) == login
    assert house.records.escalation(daughter.openid) == (escalation_id, "waiting")
    with Agent(house, *login) as agent:
        agent.accepts(escalation_id)
        agent.closes(escalation_id)
    neighbour = meet()
    assert neighbour.says("济南门诊慢特病怎么办理认定？").act == "answer"
    answered_once(neighbour)

"""Redis is emptied, and killed, while people write: everybody is answered, once, and agents' words arrive."""

from __future__ import annotations

import pytest
import redis

from tests.journeys.crowd import all_write, crowd


def empty(house, _):
    """FLUSHALL."""
    with redis.Redis.from_url(house.settings.redis_url) as client:
        client.flushall()


def kill(house, server):
    """kill -9; the supervisor, or whoever runs the server, starts it again."""
    if server is None:
        house.kill("redis")
    else:
        server.kill()
        server.start()


@pytest.mark.parametrize("strike", [empty, kill])
def test_nobody_is_lost_and_nobody_answered_twice(
    house, meet, agent, redis_server, eventually, answered_once, strike
):
    waiting = meet()
    waiting.says("济南有上门服务吗？")
    assert waiting.says("转人工").act == "handoff"
    escalation_id, _ = house.records.escalation(waiting.openid)
    agent.accepts(escalation_id)
    asking = crowd(meet)
    all_write(asking)
    strike(house, redis_server)
    all_write(dict.fromkeys(asking, "要带什么材料？"))
    assert agent.replies(escalation_id, "您好，我在，请您慢慢说。") == 200
    answered_once(waiting, *asking)
    assert "您好，我在，请您慢慢说。" in waiting.heard()
    agent.closes(escalation_id)
    assert not any(citizen.complaints() for citizen in asking)

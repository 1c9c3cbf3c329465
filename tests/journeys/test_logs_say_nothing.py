"""No log holds what people said, who they are or how to reach them, on good days and on bad ones."""

from __future__ import annotations

import signal

NAME, PHONE, ID_NUMBER = "欧阳玉珍", "13906541298", "370102194910011225"


def test_nothing_of_anybody_is_in_the_logs(house, meet, agent, eventually, answered_once):
    house.discretion.remember(NAME, PHONE, ID_NUMBER)
    widow = meet()
    widow.says(f"我叫{NAME}，电话{PHONE}，身份证{ID_NUMBER}，济南异地就医备案怎么办？")
    widow.says("我的心口疼得厉害，喘不上气")
    escalation_id, _ = house.records.escalation(widow.openid)
    agent.accepts(escalation_id)
    house.faults(api=[{"path": "message/custom/send", "status": 502}])
    assert agent.replies(escalation_id, f"{NAME}您好，请马上拨打120。") == 200
    house.signal("worker", signal.SIGTERM)
    widow.says("救护车来了，谢谢你们")
    answered_once(widow)
    agent.closes(escalation_id, note=f"{NAME}已由救护车接走")
    assert house.discretion.count > 10
    assert house.discretion.betrayed(house.printed) == {}
    assert list((house.state / "log").glob("web.log*"))

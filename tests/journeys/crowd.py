"""Several people who write at once, each with a question of their own."""

from __future__ import annotations

from collections.abc import Callable

from tests.journeys.citizen import Citizen

QUESTIONS = (
    "济南门诊慢特病怎么办理认定？",
    "昆明的社保卡丢了怎么补办？",
    "我妈在济宁，异地就医备案怎么办？",
    "莆田的医保怎么缴费？",
    "成都的家庭共济账户怎么弄？",
    "济南能送药上门吗？",
    "云南有没有上门服务？",
    "济宁的两病用药怎么报销？",
)


def crowd(meet: Callable[[], Citizen], people: int = len(QUESTIONS)) -> dict[Citizen, str]:
    """People and what each will ask."""
    return {meet(): question for question in QUESTIONS[:people]}


def all_write(asking: dict[Citizen, str]) -> None:
    """Everybody writes, nobody waits for an answer."""
    for citizen, question in asking.items():
        citizen.sends(question)

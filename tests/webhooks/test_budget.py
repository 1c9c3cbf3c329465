"""In time, late, twice, too many, broken: how a message leaves the budget."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from bot.messages import Act, Reply
from webhooks.budget import NotKept, ReplyBudget, Way

LONG = 20.0  # seconds; a test that waits so long has failed


class Job:
    """Notes every step; answers once its gate is open."""

    def __init__(self, key="1", owner="li", *, silent=False, fails=False, keeps=True, claims=True):
        self.key, self.owner = key, owner
        self.silent, self.fails, self.keeps, self.claims = silent, fails, keeps, claims
        self.gate, self.entered, self.ended = threading.Event(), threading.Event(), threading.Event()
        self.steps: list[str] = []

    def answer(self):
        self.steps.append("answer")
        self.entered.set()
        assert self.gate.wait(LONG)
        if self.fails:
            raise RuntimeError
        return Reply(f"reply {self.key}", "", Act.ANSWER, silent=self.silent, turn_id=1)

    def keep(self):
        self.steps.append("keep")
        if not self.keeps:
            raise OSError

    def claim(self, reply):
        self.steps.append("claim")
        self.ended.set()
        return self.claims

    def send_later(self, reply):
        self.steps.append("later")
        self.ended.set()


def opened(**options):
    job = Job(**options)
    job.gate.set()
    return job


@pytest.fixture
def make_budget():
    made = []

    def make(seconds=LONG, **options):
        made.append(ReplyBudget(seconds, **options))
        return made[-1]

    yield make
    for budget in made:
        budget.close()


def test_in_time(make_budget):
    job = opened()
    way, reply = make_budget().answer(job)
    assert (way, reply.text, job.steps) == (Way.PASSIVE, "reply 1", ["answer", "claim"])


def test_late_is_stored_before_success_and_sent_later(make_budget):
    job, budget = Job(), make_budget(0.05)
    assert budget.answer(job) == (Way.LATE, None)
    assert job.steps == ["answer", "keep"]
    job.gate.set()
    assert job.ended.wait(LONG)
    assert job.steps == ["answer", "keep", "later"]


def test_budget_counts_from_the_arrival(make_budget):
    job, budget = Job(), make_budget(LONG)
    assert budget.answer(job, started=time.monotonic() - LONG) == (Way.LATE, None)
    job.gate.set()


def test_silence(make_budget):
    job = opened(silent=True)
    assert make_budget().answer(job) == (Way.NOTHING, None)
    assert "later" not in job.steps


def test_what_went_out_before_goes_out_once(make_budget):
    assert make_budget().answer(opened(claims=False)) == (Way.NOTHING, None)


def test_second_delivery_joins_the_first(make_budget):
    first, second, budget = Job(), Job(), make_budget()
    with ThreadPoolExecutor(2) as requests:
        one = requests.submit(budget.answer, first)
        assert first.entered.wait(LONG)
        two = requests.submit(budget.answer, second)
        first.gate.set()
        results = [one.result(LONG), two.result(LONG)]
    assert results[0] == (Way.NOTHING, None), "WeChat has hung up on it"
    assert (results[1][0], results[1][1].text) == (Way.PASSIVE, "reply 1")
    assert second.steps == []


def test_second_delivery_of_a_late_one_is_taken_with_success(make_budget):
    first, second, budget = Job(), Job(), make_budget(0.05)
    assert budget.answer(first)[0] is Way.LATE
    assert budget.answer(second)[0] is Way.LATE
    assert second.steps == ["keep"]
    first.gate.set()
    assert first.ended.wait(LONG)
    assert first.steps.count("later") == 1


def test_failure_is_kept_for_the_sweep_or_sent_back_to_wechat(make_budget):
    budget = make_budget(0.2)
    kept = opened(fails=True)
    assert budget.answer(kept) == (Way.BROKEN, None)
    assert kept.steps == ["answer", "keep"]
    with pytest.raises(NotKept):
        budget.answer(opened(key="2", fails=True, keeps=False))


def test_what_cannot_be_stored_is_tried_again_while_wechat_waits(make_budget):
    job = opened(fails=True, keeps=False)

    def mended():
        job.steps.append("answer")
        if job.steps.count("answer") > 2:
            job.fails = False
        return Job.answer(job)

    job.answer = mended
    way, reply = make_budget().answer(job)
    assert (way, reply.text) == (Way.PASSIVE, "reply 1")
    assert job.steps.count("keep") == 1


def test_what_failed_is_answered_at_the_second_attempt_or_left_to_the_worker(make_budget):
    broken = opened(fails=True)
    assert make_budget().answer(broken) == (Way.BROKEN, None)
    assert broken.steps == ["answer", "keep"] * 2

    hiccup = opened(fails=True)
    hiccup.keep = lambda: setattr(hiccup, "fails", False)
    way, reply = make_budget().answer(hiccup)
    assert (way, reply.text) == (Way.PASSIVE, "reply 1")


def test_late_and_not_storable(make_budget):
    job = Job(keeps=False)
    with pytest.raises(NotKept):
        make_budget(0.05).answer(job)
    job.gate.set()


def test_no_room(make_budget):
    budget = make_budget(0.05, most=1)
    first, shed = Job(), Job(key="2")
    assert budget.answer(first)[0] is Way.LATE
    assert budget.answer(shed) == (Way.SHED, None)
    assert shed.steps == ["keep"]
    with pytest.raises(NotKept):
        budget.answer(Job(key="3", keeps=False))
    first.gate.set()


def test_too_many_waiting_are_not_waited_for(make_budget):
    budget = make_budget(LONG, patience=1)
    patient, hasty = Job(owner="li"), Job(key="2", owner="wang")
    with ThreadPoolExecutor(1) as requests:
        waiting = requests.submit(budget.answer, patient)
        assert patient.entered.wait(LONG)
        assert budget.answer(hasty)[0] is Way.LATE
        hasty.gate.set()
        assert hasty.ended.wait(LONG)
        patient.gate.set()
        assert waiting.result(LONG)[0] is Way.PASSIVE


def test_when_the_line_is_too_long_nobody_waits(make_budget):
    budget = make_budget(0.2, workers=1)
    slow = Job(key="slow")
    assert budget.answer(slow)[0] is Way.LATE
    threading.Timer(0.3, slow.gate.set).start()
    assert slow.ended.wait(LONG)
    line = [Job(key=str(number), owner=str(number)) for number in range(20)]
    with ThreadPoolExecutor(20) as requests:
        assert {way for way, _ in requests.map(budget.answer, line)} == {Way.LATE}
    started = time.monotonic()
    last = Job(key="last", owner="last")
    assert budget.answer(last)[0] is Way.LATE
    assert time.monotonic() - started < 0.15, "not even the budget"
    for job in [*line, last]:
        job.gate.set()


def test_one_person_is_answered_in_order_and_holds_up_nobody(make_budget):
    budget = make_budget(0.05, workers=2)
    mine = [Job(key=str(number), owner="li") for number in range(3)]
    for job in mine:
        assert budget.answer(job)[0] is Way.LATE
    assert mine[0].entered.is_set()
    assert not mine[1].entered.is_set()
    other = opened(key="9", owner="wang")
    assert budget.answer(other)[0] is Way.PASSIVE
    for before, job in enumerate(mine):
        assert all(later.steps == ["keep"] for later in mine[before + 1 :])
        job.gate.set()
        assert job.ended.wait(LONG)


def test_closing_ends_and_whatever_comes_then_is_kept(make_budget):
    budget = make_budget(0.05)
    budget.close()
    job = opened()
    assert budget.answer(job) == (Way.BROKEN, None)
    assert job.steps == ["keep"]
    assert budget.under_way == 0


def test_many_at_once_leave_nothing_behind(make_budget):
    budget = make_budget(workers=4)
    jobs = [opened(key=str(number), owner=str(number % 7)) for number in range(200)]
    with ThreadPoolExecutor(32) as requests:
        results = list(requests.map(budget.answer, jobs))
    assert {way for way, _ in results} == {Way.PASSIVE}
    assert [reply.text for _, reply in results] == [f"reply {number}" for number in range(200)]
    assert budget.under_way == 0

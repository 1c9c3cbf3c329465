"""The figures of an evaluation, their floors, and how people read them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from bot.evaluation.question import FRESH, SETS, Question
from bot.evaluation.verdict import Verdict, judge
from bot.messages import Reply

FLOORS = Path(__file__).resolve().parent / "floors.json"
Figures = dict[str, float]
Ask = Callable[[Question], Reply]


def ask_all(questions: Iterable[Question], ask: Ask) -> list[Verdict]:
    """Ask every question in order and judge every reply."""
    return [judge(question, ask(question)) for question in questions]


def figures(verdicts: Sequence[Verdict]) -> Figures:
    """Shares 0..1 by name. Names beginning with ``policy_on`` are better small, all others better large."""
    of = _by_set(verdicts)
    policy = [v for v in verdicts if v.question.entries and "answer" in v.question.acts]
    answered = [v for v in policy if v.topic and v.act]
    fresh = [v for v in answered if v.question.set in FRESH]
    return {
        "topic_typed": _share(v.topic and v.act for v in of["covered"]),
        "topic_misheard": _share(v.topic and v.act for v in of["misheard"]),
        "entry": _share(v.entry for v in answered),
        "facts_written": _share(v.facts_written for v in answered),
        "facts_in_first_speech": _share(v.facts_spoken for v in answered),
        "acts": _share(v.act for v in of["actions"]),
        "conversations": _share(v.right for v in of["conversations"]),
        "honest_silence": _share(v.right for v in verdicts if v.question.silent),
        "policy_on_uncovered": _share(v.stated for v in of["uncovered"]),
        "policy_on_foreign": _share(v.stated for v in of["foreign"]),
        "fresh_topic_typed": _share(v.topic and v.act for v in of["fresh_covered"]),
        "fresh_topic_misheard": _share(v.topic and v.act for v in of["fresh_misheard"]),
        "fresh_facts_written": _share(v.facts_written for v in fresh),
        "fresh_facts_in_first_speech": _share(v.facts_spoken for v in fresh),
        "policy_on_fresh_uncovered": _share(v.stated for v in of["fresh_uncovered"]),
        "policy_on_fresh_foreign": _share(v.stated for v in of["fresh_foreign"]),
    }


def _by_set(verdicts: Sequence[Verdict]) -> dict[str, list[Verdict]]:
    found: dict[str, list[Verdict]] = {name: [] for name in SETS}
    for verdict in verdicts:
        found[verdict.question.set].append(verdict)
    return found


def below_floor(found: Figures, floors: Figures, allow: float = 0.0) -> list[str]:
    """Every figure that is worse than its floor, as a sentence; for shares better small the floor is a ceiling.

    ``allow`` is by how much each may be worse, for a part of the questions.
    """
    complaints = []
    for name, floor in floors.items():
        small = name.startswith("policy_on")
        worse = found[name] > floor + allow if small else found[name] < floor - allow
        if worse:
            complaints.append(f"{name} is {found[name]:.4f}, the floor is {floor}")
    return complaints


def recorded_floors() -> Figures:
    """The floors kept with the code."""
    return {name: float(value) for name, value in json.loads(FLOORS.read_text(encoding="utf-8")).items()}


def as_table(found: Figures, verdicts: Sequence[Verdict]) -> str:
    """The figures, and each failure with what was asked, expected and said."""
    lines = [f"{name:<34}{share:>8.3f}" for name, share in found.items()]
    wrong = [v for v in verdicts if not v.right]
    lines += ["", f"{len(verdicts)} questions, {len(wrong)} replies not as expected"]
    lines += [_failure(v) for v in wrong]
    lost = [v for v in verdicts if v.right and v.topic and v.question.facts and not v.facts_spoken]
    lines += ["", f"{len(lost)} right answers whose fact is not in the first spoken turn"]
    lines += [_failure(v) for v in lost]
    return "\n".join(lines)


def _failure(verdict: Verdict) -> str:
    question, reply = verdict.question, verdict.reply
    said = f"{reply.act.value} {reply.entry_id or reply.topic or '-'}"
    expected = f"{'|'.join(question.acts)} {'/'.join(question.entries) or '-'}"
    understood = f"{reply.intent} {reply.confidence:.2f}"
    return f"  [{question.set}] {question.text}\n      expected {expected}; said {said} ({understood})"


def _share(outcomes: Iterable[bool]) -> float:
    known = list(outcomes)
    return round(sum(known) / len(known), 4) if known else 0.0

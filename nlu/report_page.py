"""The figures of an evaluation as people read them: a table for the terminal, a page with pictures for docs/."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from nlu.rasa_environment import RASA_FILES, rasa_python, rasa_variables
from nlu.test_sets import FOREIGN, INSIDE, MISHEARD, NEAR, STRANGE

PAGE = "understanding.md"
PICTURES = {
    "risk": "understanding-risk.png",
    "calibration": "understanding-calibration.png",
    "confusions": "understanding-confusions.png",
}

_HEAD = """# How well callers are understood

This page and its pictures are written by `yinling nlu evaluate --docs docs`; nothing on it is typed by hand. What the sets hold
and who wrote them when: `nlu/rasa/tests/README.md`; what the intents mean: `nlu/rasa/data/README.md`. One author wrote training
and test sentences, which flatters every figure; real callers are harder.
"""


def as_table(report: Mapping[str, Any]) -> str:
    """The report for a terminal."""
    lines = [f"{'set':<18}{'sentences':>10}{'accuracy':>10}{'macro F1':>10}{'Rasa alone':>12}{'AUROC':>8}"]
    for name, count in report["sentences"].items():
        lines.append(
            f"{name:<18}{count:>10}{report['accuracy'][name]:>10.3f}"
            f"{_figure(report['macro_f1'].get(name)):>10}{report['accuracy_of_rasa_alone'][name]:>12.3f}"
            f"{_figure(report['auroc'].get(name)):>8}"
        )
    lines += ["", f"a policy stated from confidence {report['accept']} on, of the foreign sentences"]
    lines += [f"  {name:<18}{share:>7.3f}" for name, share in report["policy_stated"].items()]
    lines += ["", f"names and matters F1 {report['entity_f1']:.3f}"]
    lines.append(f"calibration error {report['calibration_error']:.3f}")
    for title, key in (("written sets", "thresholds"), ("fresh and callers", "thresholds_fresh")):
        lines += [
            "",
            f"{title:<20}{'right':>8}{'wrong':>8}{'abstain':>9}{'foreign acted on':>18}{'policy':>9}",
        ]
        for row in report[key]:
            lines.append(
                f"act from {row['threshold']:<11.2f}{row['right']:>8.3f}{row['wrong']:>8.3f}{row['abstained']:>9.3f}"
                f"{row['foreign_answered']:>18.3f}{row['policy_stated']:>9.3f}"
            )
    lines += ["", "mixed up most often (meant, understood, times)"]
    lines += [f"  {meant:<36}{seen:<36}{count}" for meant, seen, count in report["confusions"][:15]]
    return "\n".join(lines)


def write(report: Mapping[str, Any], docs: Path) -> None:
    """Write the page and its pictures into a documentation folder. Raises CalledProcessError without pictures."""
    pictures = docs / "pictures"
    pictures.mkdir(parents=True, exist_ok=True)
    subprocess.run(
        [str(rasa_python()), str(RASA_FILES / "draw.py"), str(pictures)],
        input=json.dumps({"report": report, "names": PICTURES}),
        env={**rasa_variables(), "HOME": str(pictures)} | {"MPLCONFIGDIR": "/tmp"},  # noqa: S108
        text=True,
        check=True,
    )
    (docs / PAGE).write_text(as_page(report), encoding="utf-8")


def as_page(report: Mapping[str, Any]) -> str:
    """The report in Markdown."""
    return "\n".join((_HEAD, *_right(report), *_foreign(report), *_acting(report), *_details(report))) + "\n"


def _right(report: Mapping[str, Any]) -> Iterable[str]:
    yield "## Right intent\n"
    yield from _rows(
        ("set", "sentences", "right", "macro F1"),
        (
            (
                name,
                report["sentences"][name],
                report["accuracy"][name],
                report["macro_f1"][name],
            )
            for name in (*INSIDE, *MISHEARD)
        ),
    )
    yield (
        "\n`hom1` and `hom2` are every second sentence of the written sets with 14 and 33 % of their characters replaced by others of the same "
        f"sound. Names and matters: F1 {report['entity_f1']:.3f}.\n"
    )
    found = report.get("cross_validation")
    if found:
        yield (
            f"Cross-validation over the {found['sentences']} training sentences and their misheard copies, "
            f"{found['folds']} parts, a sentence and its copies always in the same part: {found['accuracy']:.3f} right "
            f"as written, {found['accuracy_misheard']:.3f} misheard. These sentences were written to differ from each "
            "other; with so many of them left out they are harder than callers.\n"
        )


def _foreign(report: Mapping[str, Any]) -> Iterable[str]:
    yield "## What nobody here can answer\n"
    yield (
        f"`policy stated` is the share that would be answered with a policy from the confidence {report['accept']} on "
        "by understanding alone; the dialogue catches some of these before it answers.\n"
    )
    yield from _rows(
        ("set", "what", "sentences", "known as foreign", "policy stated", "AUROC"),
        (
            (
                name,
                "near" if name in NEAR else "far",
                report["sentences"][name],
                report["accuracy"][name],
                report["policy_stated"][name],
                report["auroc"][name],
            )
            for name in (*NEAR, *STRANGE)
        ),
    )
    total = sum(report["sentences"][name] for name in FOREIGN)
    stated = sum(report["policy_stated"][name] * report["sentences"][name] for name in FOREIGN)
    yield f"\nAll {total} together: a policy stated on {stated / total:.3f}.\n"


def _acting(report: Mapping[str, Any]) -> Iterable[str]:
    yield "## What a confidence is worth\n"
    yield (
        f"Acted on from {report['accept']}, asked back below, given up below {report['give_up']}. Calibration error "
        f"{report['calibration_error']:.3f}.\n"
    )
    yield f"![Risk and coverage](pictures/{PICTURES['risk']})\n"
    yield f"![Confidence and accuracy](pictures/{PICTURES['calibration']})\n"
    for title, key in (("Written sets", "thresholds"), ("Fresh sets and callers", "thresholds_fresh")):
        yield f"{title}:\n"
        yield from _rows(
            ("act from", "right", "wrong", "asked back", "foreign acted on", "policy stated on foreign"),
            (tuple(row.values()) for row in report[key]),
        )
        yield ""


def _details(report: Mapping[str, Any]) -> Iterable[str]:
    yield "## What is mixed up\n"
    yield f"![Confusions](pictures/{PICTURES['confusions']})\n"
    yield from _rows(("meant", "understood", "times"), report["confusions"][:20])


def _rows(head: tuple[str, ...], rows: Iterable[Iterable[Any]]) -> Iterable[str]:
    yield f"| {' | '.join(head)} |"
    yield f"|{'---|' * len(head)}"
    for row in rows:
        yield f"| {' | '.join(f'{cell:.3f}' if isinstance(cell, float) else str(cell) for cell in row)} |"


def _figure(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"

"""What people ask this product and what it asks them: the knowledge base's questions and answers, the understanding's
training sentences. Sentences that tests measure with are kept out by the caller.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import yaml

from voice.trial_model.pipeline.numbers import spoken_runs

ROOT = Path(__file__).resolve().parents[3]
_MARK = re.compile(r"\[([^\]]+)\]\([a-z_]+\)")
QUESTION_WEIGHT, TRAINING_WEIGHT, ANSWER_WEIGHT = 2.0, 1.0, 0.3


def weighted_sentences() -> Iterator[tuple[float, str]]:
    """(weight, sentence) of everything the product knows people to say, and more lightly of what it says itself."""
    for file in sorted((ROOT / "knowledge" / "entries").glob("*/*.yaml")):
        entry = yaml.safe_load(file.read_text(encoding="utf-8"))
        for question in entry["questions"]:
            yield QUESTION_WEIGHT, "".join(spoken_runs(question))
        for turn in entry["spoken"]:
            yield from ((ANSWER_WEIGHT, run) for run in spoken_runs(turn) if len(run) > 1)
    for file in sorted((ROOT / "nlu" / "rasa" / "data").glob("*.yml")):
        for block in yaml.safe_load(file.read_text(encoding="utf-8"))["nlu"]:
            for line in block["examples"].splitlines():
                text = "".join(spoken_runs(_MARK.sub(r"\1", line.removeprefix("- "))))
                if text:
                    yield TRAINING_WEIGHT, text


def measured_sentences() -> frozenset[str]:
    """Sentences of tests and evaluations, in Chinese characters alone: no model may learn them."""
    lines = (
        (ROOT / "tests" / "fixtures" / "speech" / "transcripts.tsv").read_text(encoding="utf-8").splitlines()
    )
    held = {line.split("\t")[1] for line in lines}
    for file in (ROOT / "nlu" / "rasa" / "tests").glob("*.tsv"):
        held |= {
            "".join(spoken_runs(line.split("\t")[0]))
            for line in file.read_text(encoding="utf-8").splitlines()
        }
    return frozenset(held)

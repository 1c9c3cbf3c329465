"""How far guesses are trusted, asked of the real components in Rasa's environment, on worlds of a few dots."""

from __future__ import annotations

import json
import subprocess
from typing import Any

from nlu.rasa_environment import rasa_python, rasa_variables

DOTS = """
import json, tempfile
from pathlib import Path
import numpy as np
from components.cross_validation import Folds
from components.regressions import Regressions
from components.trust import Guesses, Trust, shared_out

chance = np.random.default_rng(0)
def cloud(direction, count):
    dots = np.array(direction) + chance.normal(0, 0.2, (count, 3))
    return dots / np.linalg.norm(dots, axis=1, keepdims=True)
dots = np.vstack([cloud([1, 0, 0], 60), cloud([0, 1, 0], 60), cloud([0, 0, 1], 60)])
intents = ["ask"] * 60 + ["book"] * 60 + ["foreign"] * 60
regressions = Regressions.fit(dots, intents, 10.0, 0.1)
meant = np.array([regressions.intents.index(intent) for intent in intents])
everyone = np.arange(len(dots))
trust = Trust(dots, meant, regressions.intents.index("foreign"))
trust.learn(regressions.guess(dots), dots, meant, everyone, everyone)
"""


def run(code: str) -> Any:
    """What a piece of code prints as JSON, in Rasa's environment."""
    done = subprocess.run(
        [str(rasa_python()), "-W", "ignore", "-c", DOTS + code],
        env=rasa_variables(),
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    return json.loads(done.stdout)


def test_what_lies_near_is_trusted_and_what_lies_elsewhere_is_not() -> None:
    near, foreign, nowhere = run("""
asked = np.array([[1, 0, 0], [0, 0, 1], [-0.5, -0.5, -0.7]])
print(json.dumps(trust.of(regressions.guess(asked), asked).tolist()))
""")
    assert near > 0.9
    assert foreign < 0.1
    assert nowhere < near


def test_what_is_trusted_is_the_same_after_it_was_kept() -> None:
    before, after = run("""
with tempfile.TemporaryDirectory() as folder:
    trust.write(Path(folder))
    regressions.write(Path(folder))
    kept, again = Trust.read(Path(folder)), Regressions.read(Path(folder))
    asked = cloud([1, 1, 0], 5)
    print(json.dumps([t.of(r.guess(asked), asked).tolist() for t, r in ((trust, regressions), (kept, again))]))
""")
    assert all(abs(one - other) < 0.01 for one, other in zip(before, after, strict=True))


def test_confidences_have_a_sum_of_one_and_leave_the_rest_to_the_foreign_one() -> None:
    unsure, sure, torn = run("""
print(json.dumps([
    shared_out(np.array([0.5, 0.1, 0.4]), 0.2, 2).tolist(),
    shared_out(np.array([0.8, 0.1, 0.1]), 0.95, 2).tolist(),
    shared_out(np.array([0.5, 0.45, 0.05]), 0.6, 2).tolist(),
]))
""")
    assert all(abs(sum(confidences) - 1) < 1e-9 for confidences in (unsure, sure, torn))
    assert unsure[2] > unsure[0] == 0.2  # hardly to be trusted: foreign
    assert sure[0] == 0.95
    assert torn[0] > torn[1] > torn[2] == 0  # between two intents in scope: neither is foreign


def test_a_sentence_and_its_misheard_copy_stay_together() -> None:
    groups, first, parts = run("""
folds = Folds(["异地备案怎么办", "医保码激活", "一地被案怎么办", "12", "医宝马激活"], 3)
print(json.dumps([folds.groups.tolist(), folds.first.tolist(), folds._part.tolist()]))
""")
    assert groups == [0, 1, 0, 2, 1]
    assert first == [0, 1, 3]
    assert parts[0] == parts[2]
    assert parts[1] == parts[4]


def test_nobody_guesses_about_what_it_was_fitted_to() -> None:
    seen_and_asked, shape = run("""
texts = [f"{number}" for number in range(180)]
folds = Folds(texts, 3)
fitted = []
def fit(at):
    fitted.append(set(at.tolist()))
    return Regressions.fit(dots[at], [intents[position] for position in at], 10.0, 0.1)
guesses = folds.guess(dots, fit, regressions.intents)
asked = [set(np.flatnonzero(folds._part == part).tolist()) for part in range(3)]
print(json.dumps([[len(seen & left) for seen, left in zip(fitted, asked)], list(guesses.shares.shape)]))
""")
    assert seen_and_asked == [0, 0, 0]
    assert shape == [180, 3]

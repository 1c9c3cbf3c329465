"""Trains the NLU model with Rasa's environment, once for each state of data, pipeline and code."""

from __future__ import annotations

import fcntl
import hashlib
import json
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

from bot.ports import YinlingError
from bot.settings import ROOT
from nlu.names import SURNAMES
from nlu.rasa_environment import ENVIRONMENT, RASA_FILES, rasa_python, rasa_variables
from nlu.training_data import for_training, read_examples, write_examples
from nlu.variants import placed, variants

# Of the characters; one copy of each example for each. A second one, at 0.15, gains .01 and costs a third more time.
MISHEARD_SHARES = (0.30,)
MISHEARD_SHARES_OF_MARKED = (0.15,)  # on top, for sentences with names and matters
VARIANTS = 4  # copies of each sentence with marks, with other names and matters
_MODELS_KEPT = 3
_NLU = Path(__file__).resolve().parent
_LOCK_FILE = ROOT / "requirements" / "rasa.txt"
_STEPS = {
    "start": "starting Rasa",
    "PinyinFeaturizer": "learning sounds",
    "CountVectorsFeaturizer": "learning characters",
    "E5Featurizer": "computing sentence vectors",
    "NameExtractor": "learning names and matters",
    "IntentRegression": "learning intents",
}


class TrainingFailed(YinlingError):
    """Rasa could not be trained; the message names the log that tells why."""

    code = "nlu.training_failed"


@dataclass(frozen=True, slots=True)
class TrainingPaths:
    """What to train from and where to keep it. ``data`` holds *.yml, ``environment`` is Rasa's venv."""

    state: Path
    data: Path = RASA_FILES / "data"
    config: Path = RASA_FILES / "config.yml"
    environment: Path = ENVIRONMENT

    @property
    def models(self) -> Path:
        """The folder of trained models."""
        return self.state / "models"


def train(paths: TrainingPaths, progress: Callable[[str], None] = lambda _: None) -> Path:
    """The trained model's path; trains if there is none yet, which takes some minutes on two cores.

    A model is known by the hash of what Rasa is given: prepared sentences, pipeline, components, lock file. A
    second call with nothing changed returns at once; of two processes that call at the same time one trains
    and the other waits. Raises RasaEnvironmentMissing and TrainingFailed.
    """
    known = paths.models / f"known-{_digest(_sources(paths))}"
    model = _known_model(known)
    if model is not None:
        return model
    paths.models.mkdir(parents=True, exist_ok=True)
    with _only_one(paths.models / "training.lock"):
        model = _known_model(known)
        if model is None:
            model = _train(paths, progress)
            known.write_text(model.name, encoding="ascii")
            _forget_old(paths.models)
    return model


def cross_validation(model: Path) -> dict[str, Any] | None:
    """What training found on sentences left out in turn (components/cross_validation.py); None where it did not look."""
    with tarfile.open(model) as archive:
        for member in archive:
            file = archive.extractfile(member) if member.name.endswith("/cross_validation.json") else None
            if file is not None:
                figures: dict[str, Any] = json.load(file)
                return figures
    return None


def _sources(paths: TrainingPaths) -> tuple[Path, ...]:
    """Every file that the sentences, the pipeline or the components may depend on."""
    return (
        *sorted(paths.data.glob("*.yml")),
        *sorted(file for file in _NLU.glob("*.py")),
        *sorted((_NLU / "data").glob("*")),
        *_pipeline(paths),
    )


def _pipeline(paths: TrainingPaths) -> tuple[Path, ...]:
    components = sorted((RASA_FILES / "components").glob("*.py"))
    return (paths.config, *components, RASA_FILES / "train.py", _LOCK_FILE)


def _digest(files: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    for file in files:
        digest.update(file.name.encode() + b"\0" + hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()[:16]


def _known_model(known: Path) -> Path | None:
    try:
        model = known.with_name(known.read_text(encoding="ascii"))
    except OSError:
        return None
    return model if model.exists() else None


def _train(paths: TrainingPaths, progress: Callable[[str], None]) -> Path:
    python = rasa_python(paths.environment)
    log = paths.state / "log" / "nlu-training.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="training-", dir=paths.models) as folder:
        work = Path(folder)
        written = read_examples(paths.data)
        prepared = chain(
            for_training(written, MISHEARD_SHARES, MISHEARD_SHARES_OF_MARKED),
            for_training(chain(variants(written, VARIANTS), placed(written)), ()),
        )
        count = write_examples(prepared, work / "nlu.yml", {"surname": SURNAMES})
        model = paths.models / f"nlu-{_digest((work / 'nlu.yml', *_pipeline(paths)))}.tar.gz"
        if model.exists():
            return model
        progress(f"NLU: {len(written)} written examples, {count} with copies")
        shutil.copy(paths.config, work / "config.yml")
        command = [str(python), str(RASA_FILES / "train.py"), "--config", "config.yml", "--data", "nlu.yml"]
        command += ["--model", "model.tar.gz", "--vectors", str(paths.state / "cache" / "nlu-vectors.npz")]
        _run(command, work, log, progress)
        if not (work / "model.tar.gz").exists():
            raise TrainingFailed(f"Rasa could not be trained; {log} tells why.")
        (work / "model.tar.gz").replace(model)
    progress(f"NLU: model {model.name} is ready")
    return model


def _run(command: list[str], folder: Path, log: Path, progress: Callable[[str], None]) -> None:
    """Run the child to its end, telling its steps; a failure shows in that it leaves no model."""
    variables = {**rasa_variables(), "HOME": str(folder)}
    with (
        log.open("wb") as errors,
        subprocess.Popen(
            command,
            cwd=folder,
            env=variables,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        ) as child,
    ):
        try:
            for line in child.stdout or ():
                _tell(line, progress)
        except BaseException:
            child.kill()
            raise


def _tell(line: str, progress: Callable[[str], None]) -> None:
    kind, _, name = line.strip().partition(" ")
    if kind == "step" and name != "done":
        progress(f"NLU: {_STEPS.get(name, name)} …")


@contextmanager
def _only_one(lock: Path) -> Iterator[None]:
    with lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _forget_old(models: Path) -> None:
    by_age = sorted(models.glob("nlu-*.tar.gz"), key=lambda path: path.stat().st_mtime, reverse=True)
    for model in by_age[_MODELS_KEPT:]:
        model.unlink(missing_ok=True)
    for known in models.glob("known-*"):
        if _known_model(known) is None:
            known.unlink(missing_ok=True)

"""Understanding under load: our served pipeline beside Rasa as it comes, in one run.

Stock is `rasa run` with the pipeline that Rasa's documentation proposes for Chinese: JiebaTokenizer, regex, lexical and
count-vector features (words, and characters 1 to 4), DIET. Both models know the same intents from the same sentences;
DIET sees at most EXAMPLES of each intent for EPOCHS epochs, since the full training would take an hour: that settles
what it understands, not how fast it answers. So no accuracies are compared here.

The two answer in small rounds one after the other, so that a slow minute hits both.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from importlib.metadata import distribution
from pathlib import Path

import httpx
import psutil
import yaml

from benchmarks.installation import free_port
from benchmarks.table import percentile, show
from bot.settings import ROOT
from nlu.evaluate import read_sets
from nlu.normalize import normalize
from nlu.rasa_environment import RASA_FILES, rasa_python, rasa_variables
from nlu.server import RasaServer
from nlu.training import TrainingPaths, train
from nlu.training_data import read_examples, write_examples

EXAMPLES, EPOCHS = 20, 5  # sentences of an intent; of DIET
ROUNDS, IN_A_ROUND = 6, 60  # sequential parses
CLIENTS, FLAT_OUT_SECONDS = 8, 8.0
TOKEN = "benchmark"
_READY_SECONDS = 180.0
# https://legacy-docs-oss.rasa.com/docs/rasa/tuning-your-model : the default pipeline, with the tokenizer for Chinese
STOCK = [
    {"name": "JiebaTokenizer"},
    {"name": "RegexFeaturizer"},
    {"name": "LexicalSyntacticFeaturizer"},
    {"name": "CountVectorsFeaturizer"},
    {"name": "CountVectorsFeaturizer", "analyzer": "char_wb", "min_ngram": 1, "max_ngram": 4},
    {"name": "DIETClassifier", "epochs": EPOCHS, "random_seed": 7},
    {"name": "EntitySynonymMapper"},
    {"name": "FallbackClassifier", "threshold": 0.3},
]


@dataclass(frozen=True)
class System:
    """A server that parses: its address, its process, how long it took until it answered."""

    url: str
    pid: int
    ready_seconds: float

    def mebibytes(self) -> float:
        """Memory of its own (USS) of the process and its children: what is shared counts once for neither."""
        process = psutil.Process(self.pid)
        family = [process, *process.children(recursive=True)]
        return float(sum(member.memory_full_info().uss for member in family)) / 2**20


def main() -> None:
    """Train where needed, serve both, print the table."""
    sentences = [normalize(text) for text, _ in read_sets()["typed"]]
    with tempfile.TemporaryDirectory(prefix="yinling-bench-") as name, ExitStack() as stack:
        folder = Path(name)
        stock_model, trained = _train_stock(folder)
        systems = {
            "yinling": stack.enter_context(_ours(folder)),
            "rasa as it comes": stack.enter_context(_stock(stock_model, folder)),
        }
        times: dict[str, list[float]] = {label: [] for label in systems}
        for number in range(ROUNDS + 1):
            for label, system in systems.items():
                taken = _one_by_one(system, sentences, number * IN_A_ROUND)
                times[label] += taken if number else []  # the first round warms up
        flat = {label: _flat_out(system, sentences) for label, system in systems.items()}
        memory = {label: system.mebibytes() for label, system in systems.items()}
        _report(systems, times, flat, memory)
        print(
            f"  stock: DIET, {EPOCHS} epochs, at most {EXAMPLES} sentences an intent, trained in {trained:.0f} s"
        )


def _report(
    systems: dict[str, System],
    times: dict[str, list[float]],
    flat: dict[str, float],
    memory: dict[str, float],
) -> None:
    def shares(values: dict[str, float], label: str) -> str:
        return f"{values[label] / values['yinling']:.2f}"

    p50 = {label: percentile(found, 0.5) * 1000 for label, found in times.items()}
    p99 = {label: percentile(found, 0.99) * 1000 for label, found in times.items()}
    rows = [
        (label, len(times[label]), f"{p50[label]:.1f}", shares(p50, label), f"{p99[label]:.1f}", shares(p99, label),
         f"{flat[label]:.1f}", shares(flat, label), f"{memory[label]:.0f}", shares(memory, label),
         f"{systems[label].ready_seconds:.1f}")
        for label in systems
    ]  # fmt: skip
    header = (
        "server",
        "parses",
        "p50 ms",
        "/ ours",
        "p99 ms",
        "/ ours",
        f"parses/s, {CLIENTS} clients",
        "/ ours",
    )
    show("Understanding, one server process each", (*header, "MiB", "/ ours", "ready s"), rows)


def _train_stock(folder: Path) -> tuple[Path, float]:
    """Train Rasa's proposal for Chinese on a part of our sentences; the model and the seconds it took."""
    chosen, seen = [], Counter[str]()
    for example in read_examples(RASA_FILES / "data"):
        seen[example.intent] += 1
        if seen[example.intent] <= EXAMPLES:
            chosen.append(example.normalized())
    write_examples(chosen, folder / "nlu.yml", {})
    config = {"recipe": "default.v1", "language": "zh", "assistant_id": "stock", "pipeline": STOCK}
    (folder / "config.yml").write_text(yaml.safe_dump(config), encoding="utf-8")
    command = [str(rasa_python()), "-m", "rasa", "train", "nlu", "--config", "config.yml", "--nlu", "nlu.yml"]
    command += ["--out", str(folder), "--fixed-model-name", "stock"]
    print(f"training the stock pipeline on {len(chosen)} sentences …", flush=True)
    started = time.monotonic()
    with (folder / "train.log").open("wb") as log:
        done = subprocess.run(
            command, cwd=folder, env=_with_jieba(folder), stdout=log, stderr=log, check=False
        )
    if done.returncode:
        sys.exit((folder / "train.log").read_text(errors="replace")[-2000:])
    return folder / "stock.tar.gz", time.monotonic() - started


def _with_jieba(folder: Path) -> dict[str, str]:
    """Rasa's environment with the package jieba of ours in its path: it is pure Python, and only needed here."""
    library = folder / "library"
    if not library.exists():
        library.mkdir()
        installed = distribution("jieba").locate_file("jieba")
        for source in (Path(str(installed)), *Path(str(installed)).parent.glob("jieba-*-info")):
            shutil.copytree(source, library / source.name)
    return {**rasa_variables(), "PYTHONPATH": str(library), "HOME": str(folder)}


@contextmanager
def _ours(folder: Path) -> Iterator[System]:
    server = RasaServer(train(TrainingPaths(ROOT / "var"), print), TOKEN, folder)
    started = time.monotonic()
    url = server.start()
    try:
        yield System(url, server.pid or 0, time.monotonic() - started)
    finally:
        server.stop()


@contextmanager
def _stock(model: Path, folder: Path) -> Iterator[System]:
    port = free_port()
    command = [str(rasa_python()), "-m", "rasa", "run", "--enable-api", "-m", str(model), "-p", str(port)]
    command += ["-i", "127.0.0.1", "--auth-token", TOKEN]
    url, started = f"http://127.0.0.1:{port}", time.monotonic()
    with (
        (folder / "stock.log").open("wb") as log,
        subprocess.Popen(command, cwd=folder, env=_with_jieba(folder), stdout=log, stderr=log) as child,
    ):
        try:
            while not _answers(url):
                if child.poll() is not None or time.monotonic() - started > _READY_SECONDS:
                    sys.exit((folder / "stock.log").read_text(errors="replace")[-2000:])
                threading.Event().wait(0.2)
            yield System(url, child.pid, time.monotonic() - started)
        finally:
            child.terminate()
            child.wait(30)


def _answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/status", params={"token": TOKEN}, timeout=1.0, trust_env=False).is_success
    except httpx.HTTPError:
        return False


def _one_by_one(system: System, sentences: list[str], first: int) -> list[float]:
    """Seconds of each of a round's parses, one after the other on one connection."""
    with httpx.Client(base_url=system.url, timeout=60.0, trust_env=False) as client:
        return [_parse(client, sentences[(first + n) % len(sentences)]) for n in range(IN_A_ROUND)]


def _parse(client: httpx.Client, text: str) -> float:
    started = time.perf_counter()
    client.post("/model/parse", params={"token": TOKEN}, json={"text": text}).raise_for_status()
    return time.perf_counter() - started


def _flat_out(system: System, sentences: list[str]) -> float:
    """Parses a second with so many clients that each waits for its answer before asking again."""
    end = time.monotonic() + FLAT_OUT_SECONDS

    def client(number: int) -> int:
        done = 0
        with httpx.Client(base_url=system.url, timeout=60.0, trust_env=False) as line:
            while time.monotonic() < end:
                _parse(line, sentences[(number * 37 + done) % len(sentences)])
                done += 1
        return done

    work: Callable[[int], int] = client
    started = time.monotonic()
    with ThreadPoolExecutor(CLIENTS) as pool:
        return sum(pool.map(work, range(CLIENTS))) / (time.monotonic() - started)

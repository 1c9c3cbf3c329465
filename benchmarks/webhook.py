"""The webhook under load, beside a bare echo and beside Rasa's own REST channel with the same model.

All three serve on the same machine in one run, one after the other in small rounds, so that a slow minute hits all.
Every message is a real question; ours goes through the stand-in for WeChat's servers, encrypted, answered and counted
as WeChat would: passively within five seconds, or late as a customer-service message, or not at all.
"""

from __future__ import annotations

import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from benchmarks.installation import free_port, installation, program
from benchmarks.table import percentile, show
from bot.settings import ROOT
from nlu.rasa_environment import rasa_python, rasa_variables
from nlu.training import TrainingPaths, train
from webhooks.standin.standin import StandIn

RATE, SECONDS, ROUNDS = 5.0, 20.0, 2  # messages a second, length of a round
BURST_RATE, BURST_SECONDS = 50.0, 20.0
CLIENTS, FLAT_OUT_SECONDS = 16, 8.0
TOKEN, AES_KEY, APP_ID = "benchmark", "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQ", "wx0000000000bench0"
QUESTIONS = (
    "济南糖尿病门诊怎么认定",
    "我妈在济宁，报销单子在哪儿交",
    "山东的老人去北京看病要备案吗",
    "云南有没有上门服务",
    "大厅几点上班",
    "谢谢你",
)


@dataclass(frozen=True)
class Sample:
    """One message: seconds until its direct answer, and whether there was one."""

    seconds: float
    answered: bool


Ask = Callable[[int], Sample]


def main() -> None:
    """Run all rounds and print the tables."""
    with tempfile.TemporaryDirectory(prefix="yinling-bench-") as folder, ExitStack() as stack:
        systems = _systems(stack, Path(folder))
        ours = systems["yinling"]
        for ask in systems.values():
            _at_rate(ask, RATE, 3.0)  # warm-up
        samples: dict[str, list[Sample]] = {name: [] for name in systems}
        flat_out: dict[str, float] = {}
        for _ in range(ROUNDS):
            for name, ask in systems.items():
                samples[name] += _at_rate(ask, RATE, SECONDS / ROUNDS)
        for name, ask in systems.items():
            flat_out[name] = _flat_out(ask)
        _report(samples, flat_out)
        _burst(stack, ours)


def _report(samples: dict[str, list[Sample]], flat_out: dict[str, float]) -> None:
    p50 = {name: percentile([s.seconds for s in found], 0.5) * 1000 for name, found in samples.items()}
    p99 = {name: percentile([s.seconds for s in found], 0.99) * 1000 for name, found in samples.items()}
    rows = [
        (
            name,
            len(found),
            sum(s.answered for s in found),
            f"{p50[name]:.0f}",
            f"{p99[name]:.0f}",
            f"{p50[name] / p50['yinling']:.2f}",
            f"{flat_out[name]:.1f}",
            f"{flat_out[name] / flat_out['yinling']:.2f}",
        )
        for name, found in samples.items()
    ]
    header = ("system", "sent", "answered", "p50 ms", "p99 ms", "p50 / ours", "flat out msg/s", "/ ours")
    show(f"Direct answers at {RATE:.0f} messages/s, and flat out with {CLIENTS} clients", header, rows)


def _burst(stack: ExitStack, ours: Ask) -> None:
    """Ten times the load: who is answered directly, who late, who never."""
    wechat: StandIn = ours.__self__.wechat  # type: ignore[attr-defined]
    before = time.monotonic()
    samples = _at_rate(ours, BURST_RATE, BURST_SECONDS)
    sent = len(samples)
    direct = sum(s.answered for s in samples)
    users = [f"bench-{ours.__self__.round}-{n}" for n in range(sent)]  # type: ignore[attr-defined]
    deadline = time.monotonic() + 300
    waiting = set(users)
    while waiting and time.monotonic() < deadline:
        waiting = {user for user in waiting if not wechat.texts(user)}
        threading.Event().wait(0.2)
    all_after = time.monotonic() - before
    row = (sent, direct, sent - direct - len(waiting), len(waiting), f"{all_after:.1f}")
    header = ("sent", "direct", "late", "unanswered", "seconds until the last answer")
    show(f"Ours at {BURST_RATE:.0f} messages/s for {BURST_SECONDS:.0f} s", header, [row])


def _systems(stack: ExitStack, folder: Path) -> dict[str, Ask]:
    model = train(TrainingPaths(ROOT / "var"), print)
    return {
        "yinling": _yinling(stack, folder),
        "bare echo": _echo(stack),
        "rasa rest": stack.enter_context(_rasa_rest(model, folder)),
    }


class ThroughWeChat:
    """Asks through a stand-in; each message is from a user of its own."""

    def __init__(self, wechat: StandIn) -> None:
        self.wechat, self.round = wechat, 0

    def ask(self, number: int) -> Sample:
        """One question and its direct answer."""
        delivery = self.wechat.send(f"bench-{self.round}-{number}", text=QUESTIONS[number % len(QUESTIONS)])
        delivery.wait(20)
        first = delivery.attempts[0] if delivery.attempts else {}
        answered = first.get("outcome") == "replied"
        return Sample(float(first.get("seconds") or 5.0), answered)


def _yinling(stack: ExitStack, folder: Path) -> Ask:
    wechat = stack.enter_context(StandIn(token=TOKEN, app_id=APP_ID, aes_key=AES_KEY, secret="bench-secret"))
    settings = stack.enter_context(
        installation(
            folder,
            WECHAT_APP_ID=APP_ID,
            WECHAT_SECRET="bench-secret",
            WECHAT_TOKEN=TOKEN,
            WECHAT_AES_KEY=AES_KEY,
            WECHAT_API_URL=wechat.url,
        )
    )
    wechat.webhook_url = f"http://127.0.0.1:{settings.web_port}/wechat"
    return ThroughWeChat(wechat).ask


def _echo(stack: ExitStack) -> Ask:
    port = free_port()
    gunicorn = str(Path(sys.executable).with_name("gunicorn"))
    command = [
        gunicorn,
        "-w",
        "1",
        "-k",
        "gthread",
        "--threads",
        "64",
        "-b",
        f"127.0.0.1:{port}",
        "benchmarks.echo:app",
    ]
    keys = {"ECHO_TOKEN": TOKEN, "ECHO_AES_KEY": AES_KEY, "ECHO_APP_ID": APP_ID, "PYTHONPATH": str(ROOT)}
    stack.enter_context(program(command, f"http://127.0.0.1:{port}/", **keys))
    wechat = stack.enter_context(StandIn(token=TOKEN, app_id=APP_ID, aes_key=AES_KEY))
    wechat.webhook_url = f"http://127.0.0.1:{port}/wechat"
    return ThroughWeChat(wechat).ask


@contextmanager
def _rasa_rest(model: Path, folder: Path) -> Iterator[Ask]:
    """Rasa as it comes: its server, its REST channel; the channel's parse is what it answers with."""
    port = free_port()
    (folder / "credentials.yml").write_text("rest:\n")
    command = [str(rasa_python()), "-m", "rasa", "run", "-m", str(model), "-p", str(port), "-i", "127.0.0.1"]
    command += ["--credentials", str(folder / "credentials.yml"), "--enable-api"]
    url = f"http://127.0.0.1:{port}/webhooks/rest/webhook"
    environment = {**rasa_variables(), "HOME": str(folder)}
    with (
        program(command, f"http://127.0.0.1:{port}/", **environment),
        httpx.Client(timeout=20, limits=httpx.Limits(max_connections=64)) as client,
    ):

        def ask(number: int) -> Sample:
            started = time.monotonic()
            question = QUESTIONS[number % len(QUESTIONS)]
            answer = client.post(url, json={"sender": f"bench-{number}", "message": question})
            return Sample(time.monotonic() - started, answer.status_code == 200)

        yield ask


def _at_rate(ask: Ask, rate: float, seconds: float) -> list[Sample]:
    """Send at a fixed rate, whatever comes back (an open loop), and collect the samples."""
    _new_round(ask)
    start, pause = time.monotonic(), threading.Event()
    with ThreadPoolExecutor(256) as pool:
        futures = []
        for number in range(int(rate * seconds)):
            pause.wait(max(0.0, start + number / rate - time.monotonic()))
            futures.append(pool.submit(ask, number))
        return [future.result() for future in futures]


def _flat_out(ask: Ask) -> float:
    """Direct answers a second with so many clients that each waits for its answer before asking again."""
    _new_round(ask)
    end, lock, numbers = time.monotonic() + FLAT_OUT_SECONDS, threading.Lock(), iter(range(10**9))

    def client(_: int) -> int:
        done = 0
        while time.monotonic() < end:
            with lock:
                number = next(numbers)
            done += ask(number).answered
        return done

    started = time.monotonic()
    with ThreadPoolExecutor(CLIENTS) as pool:
        answered = sum(pool.map(client, range(CLIENTS)))
    return answered / (time.monotonic() - started)


def _new_round(ask: Ask) -> None:
    system = getattr(ask, "__self__", None)
    if isinstance(system, ThroughWeChat):
        system.round += 1

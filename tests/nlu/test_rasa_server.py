"""Starting, dying, coming back, lingering: with the real Rasa server."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest

from bot.settings import ROOT, Settings, load_settings
from nlu import server as server_module
from nlu.circuit import CircuitBreaker
from nlu.fallback import LayeredUnderstanding
from nlu.rasa_client import RasaUnderstanding
from nlu.rasa_environment import RasaEnvironmentMissing
from nlu.server import RasaServer, RasaServerFailed, ensure_running, is_answering, run_forever
from nlu.training import TrainingPaths
from tests.conftest import free_port
from tests.rasa_fixture import RASA_TOKEN

QUESTION = "社保卡丢了怎么补办"
SECRET_WORDS = "俺叫卢桂香身份证号三七零一"

Eventually = Callable[..., None]


def _gone(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


def _settings(state: Path, port: int, model: Path) -> Settings:
    """An installation of its own that finds the model already there."""
    (state / "models").mkdir(parents=True)
    for file in model.parent.glob("known-*"):
        (state / "models" / file.name).write_bytes(file.read_bytes())
    (state / "models" / model.name).hardlink_to(model)
    return load_settings({"YINLING_STATE": str(state), "NLU_PORT": str(port), "NLU_TOKEN": RASA_TOKEN})


def test_keywords_answer_while_rasa_is_dead_and_rasa_when_it_is_back(
    rasa_model: Path, tmp_path: Path, now: datetime
) -> None:
    port = free_port()
    first = RasaServer(rasa_model, RASA_TOKEN, tmp_path, port=port)
    breaker = CircuitBreaker(failures=3, pause=0.0)
    try:
        with RasaUnderstanding(first.start(), RASA_TOKEN, 10, breaker) as client:
            understanding = LayeredUnderstanding(client)
            assert understanding.parse(QUESTION, now).source == "rasa"
            assert first.pid is not None
            os.kill(first.pid, signal.SIGKILL)
            during = [understanding.parse(QUESTION, now) for _ in range(5)]
            assert {parse.source for parse in during} == {"keywords"}
            assert {parse.intent.name for parse in during} == {"ask_social_security_card"}
            assert understanding.parse("救命,我妈喘不上气", now).intent.name == "emergency"
            first.stop()
            second = RasaServer(rasa_model, RASA_TOKEN, tmp_path, port=port)
            try:
                second.start()
                assert understanding.parse(QUESTION, now).source == "rasa"
            finally:
                second.stop()
    finally:
        first.stop()


def test_calls_under_way_when_rasa_dies_are_answered_by_keywords(
    rasa_model: Path, tmp_path: Path, now: datetime
) -> None:
    server = RasaServer(rasa_model, RASA_TOKEN, tmp_path)
    parses: list[str] = []
    killed = threading.Event()
    try:
        with RasaUnderstanding(server.start(), RASA_TOKEN, 10) as client:
            understanding = LayeredUnderstanding(client)

            def ask() -> None:
                while not killed.is_set():
                    parses.append(understanding.parse(QUESTION, now).source)
                parses.append(understanding.parse(QUESTION, now).source)

            callers = [threading.Thread(target=ask) for _ in range(4)]
            for caller in callers:
                caller.start()
            while len(parses) < 8:
                killed.wait(0.01)
            assert server.pid is not None
            os.kill(server.pid, signal.SIGKILL)
            killed.set()
            for caller in callers:
                caller.join()
    finally:
        server.stop()
    assert set(parses[-4:]) == {"keywords"}
    assert parses.count("rasa") >= 4


def test_a_supervised_server_that_dies_is_started_again(
    rasa_model: Path, tmp_path: Path, eventually: Eventually, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server_module, "_RESTART_SECONDS", (0.1,))
    settings = _settings(tmp_path / "state", free_port(), rasa_model)
    stop = threading.Event()
    keeper = threading.Thread(target=run_forever, args=(settings, stop))
    keeper.start()
    try:
        eventually(lambda: is_answering(settings.nlu_url, RASA_TOKEN), 60)
        pid = _serving(settings.nlu_port)
        os.kill(pid, signal.SIGKILL)
        eventually(
            lambda: is_answering(settings.nlu_url, RASA_TOKEN) and _serving(settings.nlu_port) != pid, 60
        )
    finally:
        stop.set()
        keeper.join()
    assert not is_answering(settings.nlu_url, RASA_TOKEN)


def _serving(port: int) -> int:
    """The process that runs serve.py for a port."""
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            words = (folder / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if any(word.endswith(b"serve.py") for word in words) and str(port).encode() in words:
            return int(folder.name)
    return 0


def test_it_ends_with_its_parent_even_when_that_is_killed(
    rasa_model: Path, tmp_path: Path, eventually: Eventually
) -> None:
    program = (
        "import sys, pathlib, threading\n"
        "from nlu.server import RasaServer\n"
        "server = RasaServer(pathlib.Path(sys.argv[1]), 't', pathlib.Path(sys.argv[2]))\n"
        "server.start()\n"
        "print(server.pid, flush=True)\n"
        "threading.Event().wait()\n"
    )
    command = [sys.executable, "-c", program, str(rasa_model), str(tmp_path)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        assert not _gone(pid)
        parent.kill()
    eventually(lambda: _gone(pid), 20)


def test_logs_hold_nothing_that_was_said(rasa_model: Path, tmp_path: Path, now: datetime) -> None:
    server = RasaServer(rasa_model, RASA_TOKEN, tmp_path)
    try:
        with RasaUnderstanding(server.start(), RASA_TOKEN, 10) as client:
            client.parse(SECRET_WORDS, now)
    finally:
        server.stop()
    written = (tmp_path / "log" / "nlu.log").read_text(encoding="utf-8", errors="replace")
    assert "Warning" in written or "Starting" in written or written == ""
    for secret in (SECRET_WORDS[:4], "卢桂香", "model/parse", RASA_TOKEN, "\\u5362"):
        assert secret not in written


def test_the_command_line_shares_one_lingering_server(
    rasa_model: Path, tmp_path: Path, eventually: Eventually, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server_module, "LINGER_SECONDS", 3.0)
    settings = _settings(tmp_path / "state", free_port(), rasa_model)
    urls: list[str] = []
    callers = [threading.Thread(target=lambda: urls.append(ensure_running(settings))) for _ in range(3)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    record = json.loads((settings.state_dir / "run" / "nlu.json").read_text(encoding="utf-8"))
    assert set(urls) == {f"http://127.0.0.1:{record['port']}"}
    assert is_answering(urls[0], RASA_TOKEN, rasa_model)
    assert not is_answering(urls[0], "another token")
    eventually(lambda: _gone(record["pid"]), 30)  # nobody asks: it ends itself


def test_the_configured_server_is_used_where_it_answers(
    rasa: RasaServer, rasa_model: Path, tmp_path: Path
) -> None:
    port = int(rasa.url.rpartition(":")[2])
    settings = _settings(tmp_path / "state", port, rasa_model)
    assert ensure_running(settings) == rasa.url
    assert not (settings.state_dir / "run").exists()


def test_a_model_that_cannot_be_loaded_is_told(tmp_path: Path) -> None:
    broken = tmp_path / "nlu-broken.tar.gz"
    broken.write_bytes(b"not a model")
    server = RasaServer(broken, RASA_TOKEN, tmp_path)
    with pytest.raises(RasaServerFailed, match=r"nlu\.log"):
        server.start()
    assert server.pid is None


def test_a_missing_environment_is_told_with_what_to_do(tmp_path: Path) -> None:
    server = RasaServer(tmp_path / "m.tar.gz", RASA_TOKEN, tmp_path, environment=tmp_path / "nowhere")
    with pytest.raises(RasaEnvironmentMissing, match="make run"):
        server.start()


def test_it_is_light(rasa: RasaServer) -> None:
    """Rasa with TensorFlow takes 700 MB; the whole product has 2 GB."""
    status = Path(f"/proc/{rasa.pid}/status").read_text(encoding="ascii")
    resident = next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS"))
    assert resident < 600_000  # kB
    assert "tensorflow" not in Path(f"/proc/{rasa.pid}/maps").read_text(encoding="utf-8")


def test_the_paths_of_training_are_those_of_the_state_folder(tmp_path: Path) -> None:
    assert TrainingPaths(tmp_path).models == tmp_path / "models"

"""The stand-in as a process of its own, and the shared fixture."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.standin_fixture import APP_ID, SECRET, wechat  # noqa: F401

ROOT = Path(__file__).resolve().parents[3]


def environment(state: Path, port: int) -> dict[str, str]:
    return {**os.environ, "YINLING_STATE": str(state), "STANDIN_PORT": str(port), "WECHAT_SECRET": ""}


@pytest.fixture
def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def test_it_starts_serves_and_ends_on_a_signal(tmp_path, free_port, http):
    process = subprocess.Popen(
        [sys.executable, "-m", "webhooks.standin"],
        cwd=ROOT,
        env=environment(tmp_path, free_port),
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        try:
            assert str(free_port) in process.stdout.readline(), "it says where it listens, once it does"
            health = http.get(f"http://127.0.0.1:{free_port}/standin/healthz").json()
            assert (health["ok"], health["mode"]) == (True, "safe")
            assert health["webhook"].endswith("/wechat")
            params = {"grant_type": "client_credential", "appid": "wx0000000000tryout", "secret": "any"}
            token = http.get(f"http://127.0.0.1:{free_port}/cgi-bin/token", params=params).json()
            assert token["expires_in"] == 7200
        finally:
            process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0


def test_a_taken_port_is_said_in_one_sentence(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        ended = subprocess.run(
            [sys.executable, "-m", "webhooks.standin"],
            cwd=ROOT,
            env=environment(tmp_path, taken.getsockname()[1]),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert ended.returncode == 1
    assert "cannot listen" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_the_shared_fixture_serves(wechat, http):  # noqa: F811
    params = {"grant_type": "client_credential", "appid": APP_ID, "secret": SECRET}
    assert "access_token" in http.get(wechat.url + "cgi-bin/token", params=params).json()

"""Whether the web process lives, and whether it can do its work."""

from __future__ import annotations

import logging
from collections.abc import Callable

import httpx
from flask import Blueprint, Response, jsonify

from bot.ephemeral.connection import RedisConnection
from webhooks.house import WebHouse
from webhooks.metrics import Metrics
from webhooks.trouble import report

log = logging.getLogger(__name__)

_PROBE_SECONDS = 1.0


def health_blueprint(
    house: WebHouse, connection: RedisConnection, metrics: Metrics, under_way: Callable[[], int]
) -> Blueprint:
    """``/healthz``, ``/readyz``, ``/metrics``."""
    blueprint = Blueprint("health", __name__)
    probes = _probes(house, connection)

    @blueprint.get("/healthz")
    def alive() -> Response:
        return jsonify(ok=True)

    @blueprint.get("/readyz")
    def ready() -> tuple[Response, int]:
        """Only the database is indispensable: without Redis or the NLU server citizens are still answered."""
        parts = {name: _state(name, probe) for name, probe in probes.items()}
        able = parts["database"] == "ok"
        degraded = sorted(name for name, state in parts.items() if state != "ok")
        return jsonify(ready=able, degraded=degraded, **parts), 200 if able else 503

    @blueprint.get("/metrics")
    def numbers() -> Response:
        metrics.under_way.set(under_way())
        return Response(metrics.page(), mimetype="text/plain; version=0.0.4")

    return blueprint


def _probes(house: WebHouse, connection: RedisConnection) -> dict[str, Callable[[], object]]:
    settings = house.settings

    def nlu() -> None:
        answer = httpx.get(
            f"{settings.nlu_url}/status",
            params={"token": settings.nlu_token},
            timeout=_PROBE_SECONDS,
            trust_env=False,
        )
        answer.raise_for_status()

    def redis() -> None:
        if not connection.ping():
            raise ConnectionError

    return {"database": house.database.ping, "redis": redis, "nlu": nlu}


def _state(name: str, probe: Callable[[], object]) -> str:
    try:
        probe()
    except Exception as error:
        report(log, f"ready.{name}_away", error, logging.INFO)
        return "away"
    return "ok"

"""How often somebody may try to log in."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from ipaddress import ip_address
from typing import Any

from flask import Flask, request
from flask_limiter import Limiter

from desk.auth import me

WINDOW = "15 minutes"
# Tries, good or bad: a limit that counts only failures lets many tries pass that are under way at once.
PER_NAME_AND_ADDRESS = f"10 per {WINDOW}"
PER_NAME = f"40 per {WINDOW}"  # one name from anywhere: guessing spread over many machines
PER_AGENT = f"10 per {WINDOW}"  # changes of one's own password: who found an open desk may not guess on
PER_ADDRESS = f"120 per {WINDOW}"  # a whole office behind one address still gets in


def client_address() -> str:
    """The address that a request came from; a proxy's word counts only when the proxy is on this machine."""
    peer = request.remote_addr or "unknown"
    forwarded = request.headers.get("X-Forwarded-For", "")
    try:
        if forwarded and ip_address(peer).is_loopback:
            return str(ip_address(forwarded.rsplit(",", 1)[-1].strip()))
    except ValueError:
        pass
    return peer


def _name_key() -> str:
    name = request.form.get("username", "").strip().casefold()
    return "name:" + hashlib.sha256(name.encode()).hexdigest()[:32]


def _address_key() -> str:
    return "address:" + client_address()


def _both_key() -> str:
    return _name_key() + "|" + _address_key()


def _agent_key() -> str:
    return f"agent:{me().id}"


def storage_url(redis_url: str) -> str:
    """The address of Redis as the limits library wants it."""
    return redis_url.replace("unix://", "redis+unix://", 1) if redis_url.startswith("unix://") else redis_url


def make_limiter(redis_url: str) -> Limiter:
    """A limiter that counts in Redis, and in this process's memory while Redis is away."""
    return Limiter(
        key_func=_address_key,
        storage_uri=storage_url(redis_url),
        storage_options={"socket_connect_timeout": 1, "socket_timeout": 1},
        in_memory_fallback_enabled=True,
        key_prefix="yinling:desk",
        strategy="moving-window",
    )


Limits = tuple[tuple[Callable[[], str], str], ...]

KEYS_AND_LIMITS: Limits = (
    (_both_key, PER_NAME_AND_ADDRESS),
    (_name_key, PER_NAME),
    (_address_key, PER_ADDRESS),
)


def guard_login(app: Flask, limiter: Limiter) -> None:
    """Put the limits on the forms of an app that take a password."""
    _limit(app, limiter, "door.login", KEYS_AND_LIMITS)
    _limit(app, limiter, "door.password", ((_agent_key, PER_AGENT),))


def _limit(app: Flask, limiter: Limiter, endpoint: str, limits: Limits) -> None:
    view: Any = app.view_functions[endpoint]  # the decorator's type is wider than a view's
    for key, limit in limits:
        view = limiter.limit(limit, key_func=key, methods=["POST"])(view)
    app.view_functions[endpoint] = view

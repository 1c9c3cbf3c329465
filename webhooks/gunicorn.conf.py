"""gunicorn for the web process: one process, many threads.

A request of WeChat may wait up to the passive budget, so there are far more threads than cores; they cost little while
they wait. The numbers of /metrics belong to one process: to use more cores, run several of these on ports of their
own behind the proxy and scrape each (``workers`` above 1 works too, but then a scrape sees one of them by chance).
"""

from typing import Any

from bot.settings import load_settings
from webhooks.app import close_web

_settings = load_settings()

bind = f"{_settings.host}:{_settings.web_port}"
workers = 1
threads = 64
worker_class = "gthread"
keepalive = 5  # seconds
timeout = 30  # seconds without a sign of life until the process is replaced
graceful_timeout = 10  # seconds to finish what is under way
accesslog = None  # request lines hold openids and signatures
errorlog = "-"
loglevel = "warning"


def worker_exit(server: Any, worker: Any) -> None:
    """Stop answering threads; what still waits is stored and is answered by the worker."""
    close_web(worker.wsgi)

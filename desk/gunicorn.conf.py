"""gunicorn for the desk: one process, many threads.

Each open page holds one thread for its news (desk.live.MOST_STREAMS at most); the others answer clicks.
"""

from bot.settings import load_settings

_settings = load_settings()

bind = f"{_settings.host}:{_settings.desk_port}"
workers = 1
threads = 64
worker_class = "gthread"
keepalive = 5  # seconds
timeout = 60  # seconds without a sign of life until the process is replaced
graceful_timeout = (
    3  # seconds to finish what is under way; open pages listen for ever and come back by themselves
)
accesslog = None  # request lines hold what agents search for
errorlog = "-"
loglevel = "warning"

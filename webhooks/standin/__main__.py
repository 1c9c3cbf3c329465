"""``python -m webhooks.standin``: the stand-in as a process of its own, until Ctrl-C or SIGTERM."""

from __future__ import annotations

import logging
import signal
import sys
import threading
from typing import cast

from bot.settings import load_settings
from webhooks.standin.identity import Mode
from webhooks.standin.standin import StandIn


def main() -> int:
    """Serve on the configured host and port; exit status 1 where the port is taken."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(levelname)s %(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)  # its lines hold openids
    settings = load_settings()
    web_host = "127.0.0.1" if settings.host in ("", "0.0.0.0", "::") else settings.host  # noqa: S104
    wechat = StandIn(
        webhook_url=f"http://{web_host}:{settings.web_port}/wechat",
        token=settings.wechat_token,
        app_id=settings.wechat_app_id,
        secret=settings.wechat_secret,
        aes_key=settings.wechat_aes_key,
        mode=cast(Mode, settings.wechat_mode),
        host="127.0.0.1",
        port=settings.standin_port,
    )
    stopping = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopping.set())
    try:
        wechat.start()
    except OSError as error:
        print(
            f"the stand-in for WeChat cannot listen on port {settings.standin_port}: {error}", file=sys.stderr
        )
        return 1
    print(f"stand-in for WeChat on {wechat.url}", flush=True)
    stopping.wait()
    wechat.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())

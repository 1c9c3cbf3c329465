"""The stand-in as one object: started by a test on a random port, or by ``python -m webhooks.standin``."""

from __future__ import annotations

import socket
import threading
import time
from collections import deque
from collections.abc import Callable
from types import TracebackType
from typing import Any

from flask import Flask
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from webhooks.standin.account import Account, Line, Template, User
from webhooks.standin.api import api_blueprint
from webhooks.standin.audio import BadAudio, to_amr
from webhooks.standin.clock import Clock
from webhooks.standin.control import control_blueprint
from webhooks.standin.delivery import Delivery, Postman
from webhooks.standin.desk import DeskAction, act
from webhooks.standin.faults import Faults
from webhooks.standin.identity import Identity, Mode
from webhooks.standin.media import Media, format_of
from webhooks.standin.outgoing import EVENTS, GRANTS, MESSAGES, BadOrder, event_fields, message_fields
from webhooks.standin.quota import Action

CALLS_KEPT = 10_000
REPLY_LIMIT = 5.0  # seconds; 被动回复用户消息


class _QuietHandler(WSGIRequestHandler):
    """Request lines hold tokens and openids: they are not logged."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Nothing."""


class StandIn:
    """WeChat's servers for one Official Account.

    Start it with ``with StandIn(webhook_url=…, token=…, app_id=…, aes_key=…) as wechat`` or ``start()``/``stop()``.
    ``mode`` is plain | compatible | safe; an empty ``secret`` accepts any app secret. ``port`` 0 takes a free one.
    ``reply_limit`` is WeChat's five seconds, shorter in tests. ``webhook_url`` may be set later.
    """

    def __init__(
        self,
        *,
        webhook_url: str = "",
        token: str = "",
        app_id: str = "wx0000000000tryout",
        secret: str = "",
        aes_key: str = "",
        mode: Mode = "safe",
        host: str = "127.0.0.1",
        port: int = 0,
        clock: Clock | None = None,
        reply_limit: float = REPLY_LIMIT,
    ) -> None:
        self.identity = Identity(webhook_url, token, app_id, secret, aes_key, mode)
        self.clock = clock or Clock()
        self.account = Account(self.clock)
        self.faults = Faults()
        self.stopping = threading.Event()
        # The latest API calls: path, errcode, at; no content.
        self.calls: deque[dict[str, Any]] = deque(maxlen=CALLS_KEPT)
        self._postman = Postman(self.account, self.identity, self.faults, reply_limit)
        self._address = (host, port)
        self._server: BaseWSGIServer | None = None
        self.app = Flask(__name__)
        self.app.config["MAX_CONTENT_LENGTH"] = 12 * 1024 * 1024
        self.app.json.ensure_ascii = False  # type: ignore[attr-defined]
        self.app.register_blueprint(api_blueprint(self))
        self.app.register_blueprint(control_blueprint(self))

    # -- life -------------------------------------------------------------------------------------------------
    def start(self) -> StandIn:
        """Listen and serve in threads of this process; raises OSError where the port is taken."""
        host, port = self._address
        with socket.create_server((host, port), backlog=128) as listener:  # Werkzeug would exit the process
            self._server = make_server(
                host, port, self.app, threaded=True, request_handler=_QuietHandler, fd=listener.fileno()
            )
        threading.Thread(
            target=self._server.serve_forever, args=(0.02,), name="standin-server", daemon=True
        ).start()
        return self

    def stop(self) -> None:
        """Stop listening and delivering."""
        self.stopping.set()
        with self.account.news:
            self.account.news.notify_all()
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None
        self._postman.stop()

    def __enter__(self) -> StandIn:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def url(self) -> str:
        """The API's base, with a slash at the end, as ``https://api.weixin.qq.com/``."""
        host, port = self._address
        return f"http://{host}:{self._server.port if self._server else port}/"

    @property
    def webhook_url(self) -> str:
        """Where users' messages are delivered."""
        return self.identity.webhook_url

    @webhook_url.setter
    def webhook_url(self, url: str) -> None:
        self.identity.webhook_url = url

    # -- what users do ----------------------------------------------------------------------------------------
    def send(self, openid: str, kind: str = "text", **order: Any) -> Delivery:
        """A user does something; returns at once with the Delivery (``.wait(seconds)``, ``.outcome``).

        Messages: ``text`` (text) · ``image`` / ``voice`` / ``video`` (media_id from ``keep_media``) · ``location``
        (latitude, longitude, label) · ``link`` (title, url). Events: ``subscribe`` (scene) · ``unsubscribe`` ·
        ``scan`` (scene) · ``click`` (key) · ``view`` (url) · ``position`` (latitude, longitude) · ``event`` (event,
        fields). Raises BadOrder for anything a user cannot send, ApiError 40007 for unknown media.
        """
        if kind not in MESSAGES | EVENTS:
            raise BadOrder(f"no such kind: {kind}")
        with self.account.lock:
            user = self.account.meet(openid)
            self._follow(user, kind)
            fields, line = self._fields(user, kind, order)
            if kind in GRANTS:
                grant = Action.MENU if order.get("menu_id") else GRANTS[kind]
                user.quota.grant(grant, self.clock())
            if kind in MESSAGES and user.desk_account is not None:
                # 消息转发到客服: while the desk holds the chat, messages go there and not to the webhook.
                self.account.change_line(line or {}, state="delivered")
                return self._for_the_desk(user, fields)
        return self._postman.deliver(user, fields, line)

    def _follow(self, user: User, kind: str) -> None:
        if kind == "subscribe":
            user.follows, user.followed_at = True, int(self.clock())
        elif not user.follows:
            raise BadOrder("this user does not follow the account")
        elif kind == "unsubscribe":
            user.follows = False
            user.quota.cancel()

    def _fields(self, user: User, kind: str, order: dict[str, Any]) -> tuple[dict[str, Any], Line | None]:
        envelope = {"ToUserName": self.identity.original_id, "FromUserName": user.openid}
        if kind in EVENTS:
            specific = event_fields(kind, order)
            line = self.account.add_line(
                user, "user", "event", event=kind, text=order.get("label", ""), state="sending"
            )
            return {
                **envelope,
                "CreateTime": self.account.next_event_time(user),
                "MsgType": "event",
                **specific,
            }, line
        shown = {"text": order.get("text") or order.get("label") or order.get("title") or ""}
        if "media_id" in order and kind in ("image", "voice"):
            media = self.account.media.get(order["media_id"], kind)
            order = {**order, "url": f"{self.url}standin/media/{media.media_id}", "format": media.format}
            shown.update(media_id=media.media_id, seconds=media.seconds)
        specific = message_fields(kind, order)
        msg_id = self.account.next_msg_id()
        fields = {
            **envelope,
            "CreateTime": int(self.clock()),
            "MsgType": kind,
            **specific,
            "MsgId": msg_id,
        }
        line = self.account.add_line(user, "user", kind, state="sending", msg_id=str(msg_id), **shown)
        return fields, line

    @staticmethod
    def _for_the_desk(user: User, fields: dict[str, Any]) -> Delivery:
        delivery = Delivery(user.openid, fields, None)
        delivery.finish("desk")
        return delivery

    def keep_media(self, kind: str, data: bytes) -> Media:
        """A file a user is about to send (kept three days); a voice is turned into AMR first.

        Raises ApiError 40004, 40005, 40009, 40010, 45007.
        """
        if kind == "voice" and format_of(data) != "amr":
            try:
                data = to_amr(data)
            except BadAudio as error:
                raise BadOrder(str(error)) from error
        with self.account.lock:
            return self.account.media.add(kind, data)

    # -- what users see ---------------------------------------------------------------------------------------
    def messages(self, openid: str, after: int = 0) -> list[Line]:
        """The lines of a chat in order; with ``after`` only those new or changed since that revision.

        A line has id, rev, at, from (user | account | desk | system), kind, and what the kind needs: text,
        media_id, articles, choices …; a user's line has state (sending | delivered | failed), the account's
        has via (passive | custom | template).
        """
        return self.account.lines_after(openid, after)

    def wait_for(
        self, openid: str, wanted: Callable[[list[Line]], bool], timeout: float = 10.0
    ) -> list[Line]:
        """The chat as soon as ``wanted(lines)`` holds; raises TimeoutError after timeout seconds."""
        end = time.monotonic() + timeout
        with self.account.news:
            while not wanted(lines := self.account.lines_after(openid, 0)):
                left = end - time.monotonic()
                if left <= 0 or self.stopping.is_set():
                    raise TimeoutError(f"not seen within {timeout} s; the chat has {len(lines)} lines")
                self.account.news.wait(left)
            return lines

    def texts(self, openid: str) -> list[str]:
        """What the account and the desk have written to a user so far."""
        return [line.get("text", "") for line in self.messages(openid) if line["from"] in ("account", "desk")]

    # -- what the operator of WeChat does ---------------------------------------------------------------------
    def add_template(self, template_id: str, title: str, content: str) -> Template:
        """Make a message template known; ``content`` has lines such as ``{{thing1.DATA}}``."""
        template = Template(template_id, title, content)
        with self.account.lock:
            self.account.templates[template_id] = template
        return template

    def expire_tokens(self) -> None:
        """All access tokens end now (42001)."""
        with self.account.lock:
            self.account.tokens.expire()

    def verify(self) -> bool:
        """Check the webhook with echostr."""
        return self._postman.verify()

    def push_event(self, openid: str, event: str, **fields: Any) -> Delivery:
        """An event that WeChat itself makes, such as TEMPLATESENDJOBFINISH; nothing appears in the chat."""
        user = self.account.user(openid)
        with self.account.lock:
            created = self.account.next_event_time(user)
        envelope = {"ToUserName": self.identity.original_id, "FromUserName": openid, "CreateTime": created}
        return self._postman.deliver(user, {**envelope, "MsgType": "event", "Event": event, **fields}, None)

    def desk(self, openid: str, action: DeskAction, text: str = "", account: str = "kf2001@yinling") -> None:
        """WeChat's own customer-service desk accepts a chat, says something, or closes it."""
        act(self, openid, action, text, account)

"""Delivers users' messages to the webhook: signed, with a time limit, up to three attempts, then the notice.

Source: 被动回复用户消息: an answer must be there within five seconds, otherwise the connection is cut and the same
message comes again, three times in all; then, or at once after a reply that makes no sense, the user is told that
the account's service is out of order. An HTTP status other than 200 counts as no answer here.
"""

from __future__ import annotations

import logging
import secrets
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import httpx

from webhooks.standin import xml
from webhooks.standin.account import Account, Line, User
from webhooks.standin.crypto import Envelope, signature
from webhooks.standin.faults import Faults
from webhooks.standin.identity import Identity
from webhooks.standin.inbox import receive
from webhooks.standin.replies import BadReply, PassiveReply, read_reply

log = logging.getLogger(__name__)

ATTEMPTS = 3
LARGEST_REPLY = 1024 * 1024  # bytes read of an answer
FAILURE_NOTICE = "该公众号提供的服务出现故障，请稍后再试"
NOTE_PREFIX = "x-yinling-"  # response headers that the try-out page shows to newcomers; WeChat ignores them


class _NoAnswer(Exception):
    """An attempt without a usable HTTP answer; ``outcome`` is timeout | refused | status | lost."""

    def __init__(self, outcome: str, status: int | None = None) -> None:
        super().__init__(outcome)
        self.outcome, self.status = outcome, status


@dataclass
class Delivery:
    """One message on its way. ``outcome`` becomes replied | empty | failed; attempts are listed in order."""

    openid: str
    fields: dict[str, Any]
    line: Line | None
    id: str = field(default_factory=lambda: secrets.token_hex(8))
    attempts: list[dict[str, Any]] = field(default_factory=list)
    outcome: str = "pending"
    reason: str = ""
    notes: dict[str, str] = field(default_factory=dict)
    _done: threading.Event = field(default_factory=threading.Event, repr=False)

    @property
    def msg_id(self) -> int | None:
        """The MsgId; None for an event."""
        return self.fields.get("MsgId")

    def wait(self, timeout: float) -> bool:
        """Wait for the end of the last attempt; False after timeout seconds."""
        return self._done.wait(timeout)

    def finish(self, outcome: str, reason: str = "") -> None:
        """Set the outcome and wake whoever waits."""
        self.outcome, self.reason = outcome, reason
        self._done.set()

    def as_json(self) -> dict[str, Any]:
        """For the control interface; the message's content stays out."""
        return {
            "id": self.id,
            "openid": self.openid,
            "msg_id": None if self.msg_id is None else str(self.msg_id),
            "outcome": self.outcome,
            "reason": self.reason,
            "attempts": self.attempts,
            "notes": self.notes,
        }


class Postman:
    """Takes messages of users to the webhook of one account."""

    def __init__(self, account: Account, identity: Identity, faults: Faults, reply_limit: float) -> None:
        self._account, self._identity, self._faults = account, identity, faults
        self._limit = reply_limit
        self._stopping = threading.Event()
        self._workers = ThreadPoolExecutor(max_workers=256, thread_name_prefix="standin-delivery")
        self._client = httpx.Client(
            trust_env=False, limits=httpx.Limits(max_connections=None, keepalive_expiry=1.0)
        )
        self._held: list[Delivery] = []
        self._hold_lock = threading.Lock()

    def deliver(self, user: User, fields: dict[str, Any], line: Line | None) -> Delivery:
        """Send one message on its way; returns at once."""
        delivery = Delivery(user.openid, fields, line)
        with self._hold_lock:
            if self._faults.reorder > 0:
                self._held.append(delivery)
                if len(self._held) >= self._faults.reorder:
                    batch, self._held = self._held[::-1], []
                    self._faults.reorder = 0
                    self._workers.submit(self._run_all, batch)
                return delivery
        self._workers.submit(self._run, delivery)
        return delivery

    def verify(self) -> bool:
        """Ask the webhook to prove itself with echostr, as saving the server address on WeChat's side does."""
        echo = str(secrets.randbelow(10**19))
        try:
            answer = self._client.get(
                self._identity.webhook_url, params={**self._signed(), "echostr": echo}, timeout=self._limit
            )
        except httpx.HTTPError:
            return False
        return answer.status_code == 200 and answer.text == echo

    def stop(self) -> None:
        """Let attempts under way end, start no new one."""
        self._stopping.set()
        self._workers.shutdown(wait=True, cancel_futures=True)
        self._client.close()

    def _run_all(self, deliveries: list[Delivery]) -> None:
        for delivery in deliveries:
            self._run(delivery)

    def _run(self, delivery: Delivery) -> None:
        try:
            self._stopping.wait(self._faults.delay)
            twin = self._twin(delivery)
            self._attempts(delivery)
            if twin is not None:
                twin.join()
        except Exception:  # a thread of the pool would swallow it
            log.exception("delivery %s broke", delivery.id)
            delivery.reason = "stand-in error"
        finally:
            delivery.finish(delivery.outcome if delivery.outcome != "pending" else "failed", delivery.reason)
            log.info(
                "delivery %s %s after %d attempt(s)", delivery.id, delivery.outcome, len(delivery.attempts)
            )

    def _twin(self, delivery: Delivery) -> threading.Thread | None:
        if not self._faults.take("duplicates"):
            return None
        copy = Delivery(delivery.openid, delivery.fields, None)
        thread = threading.Thread(target=self._attempts, args=(copy,), name="standin-duplicate", daemon=True)
        thread.start()
        return thread

    def _attempts(self, delivery: Delivery) -> None:
        for number in range(1, ATTEMPTS + 1):
            if self._stopping.is_set():
                return
            started = time.monotonic()
            attempt: dict[str, Any] = {"number": number, "status": None, "outcome": "timeout"}
            delivery.attempts.append(attempt)
            try:
                reply = self._attempt(delivery, attempt)
                attempt["outcome"] = delivery.outcome = "empty" if reply is None else "replied"
            except _NoAnswer as failure:
                attempt.update(outcome=failure.outcome, status=failure.status)
                continue
            except BadReply as failure:
                attempt["outcome"], delivery.reason = "bad_reply", str(failure)
                break
            finally:
                attempt["seconds"] = round(time.monotonic() - started, 3)
                self._show_state(delivery, "sending")
            self._show_state(delivery, "delivered")
            self._take_in(delivery, reply)
            return
        self._fail(delivery)

    def _attempt(self, delivery: Delivery, attempt: dict[str, Any]) -> PassiveReply | None:
        params, body = self._sealed(delivery)
        answer, content = self._post(params, body)
        attempt["status"] = answer.status_code
        if self._faults.take("drop_replies"):
            raise _NoAnswer("lost", answer.status_code)
        if answer.status_code != 200:
            raise _NoAnswer("status", answer.status_code)
        delivery.notes = {
            name[len(NOTE_PREFIX) :]: value
            for name, value in answer.headers.items()
            if name.startswith(NOTE_PREFIX)
        }
        return read_reply(content, delivery.openid, self._identity)

    def _post(self, params: dict[str, str], body: str) -> tuple[httpx.Response, bytes]:
        """POST with a limit for the whole exchange, not only for each read."""
        end = time.monotonic() + self._limit
        content = b""
        try:
            with self._client.stream(
                "POST",
                self._identity.webhook_url,
                params=params,
                content=body.encode(),
                headers={"Content-Type": "text/xml", "User-Agent": "Mozilla/4.0"},
                timeout=self._limit,
            ) as answer:
                for piece in answer.iter_raw():
                    content += piece
                    if time.monotonic() > end or len(content) > LARGEST_REPLY:
                        raise _NoAnswer("timeout", answer.status_code)
        except httpx.TimeoutException as error:
            raise _NoAnswer("timeout") from error
        except httpx.HTTPError as error:
            raise _NoAnswer("refused") from error
        if time.monotonic() > end:
            raise _NoAnswer("timeout", answer.status_code)
        return answer, content

    def _signed(self) -> dict[str, str]:
        timestamp, nonce = str(int(self._account.clock())), str(secrets.randbelow(2**31))
        return {
            "signature": signature(self._identity.token, timestamp, nonce),
            "timestamp": timestamp,
            "nonce": nonce,
        }

    def _sealed(self, delivery: Delivery) -> tuple[dict[str, str], str]:
        """Query and body in the account's mode; every attempt is signed and encrypted anew."""
        params = {**self._signed(), "openid": delivery.openid}
        identity, plain = self._identity, delivery.fields
        envelope: Envelope | None = identity.envelope
        if identity.mode == "plain" or envelope is None:
            return params, xml.write(plain)
        sealed = envelope.seal(xml.write(plain))
        params["encrypt_type"] = "aes"
        params["msg_signature"] = signature(identity.token, params["timestamp"], params["nonce"], sealed)
        visible = plain if identity.mode == "compatible" else {"ToUserName": identity.original_id}
        return params, xml.write({**visible, "Encrypt": sealed})

    def _show_state(self, delivery: Delivery, state: str) -> None:
        if delivery.line is not None:
            self._account.change_line(
                delivery.line,
                state=state,
                attempts=[dict(a) for a in delivery.attempts],
                notes=dict(delivery.notes),
            )

    def _take_in(self, delivery: Delivery, reply: PassiveReply | None) -> None:
        if reply is None:
            return
        user = self._account.user(delivery.openid)
        try:
            receive(self._account, user, reply, is_event=delivery.msg_id is None)
        except BadReply as failure:
            delivery.reason = str(failure)
            self._fail(delivery)

    def _fail(self, delivery: Delivery) -> None:
        delivery.outcome = "failed"
        self._show_state(delivery, "failed")
        user = self._account.user(delivery.openid)
        if user.follows:
            self._account.add_line(user, "system", "notice", text=FAILURE_NOTICE, reason=delivery.reason)

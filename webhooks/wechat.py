"""The webhook: WeChat asks whether this is the right server, then pushes what users say and do."""

from __future__ import annotations

import logging
import time
from urllib.parse import quote

from flask import Blueprint, Response, request

from bot.messages import Reply
from webhooks.budget import NotKept, ReplyBudget, Way
from webhooks.deliveries import Deliveries
from webhooks.envelope import Account, Envelopes, Opened
from webhooks.house import Clock, WebHouse
from webhooks.incoming import Incoming, to_incoming
from webhooks.jobs import Listening, MessageJob
from webhooks.metrics import Metrics
from webhooks.refusals import Refused, TooLarge
from webhooks.replies import NOTHING, own_desk_reply, text_reply
from webhooks.signature import Seen
from webhooks.split import split
from webhooks.utterances import utterance_of

log = logging.getLogger(__name__)

LARGEST_BODY = 64 * 1024  # bytes; WeChat's pushes have a few hundred


class Webhook:
    """Requests of one account."""

    def __init__(
        self,
        house: WebHouse,
        *,
        budget: ReplyBudget,
        listening: Listening,
        metrics: Metrics,
        seen: Seen,
        clock: Clock,
    ) -> None:
        settings = house.settings
        account = Account(
            app_id=settings.wechat_app_id,
            token=settings.wechat_token,
            aes_key=settings.wechat_aes_key,
            mode=settings.wechat_mode,
            tryout=settings.tryout,
        )
        self._house, self._budget, self._listening = house, budget, listening
        self._metrics, self._clock = metrics, clock
        self._deliveries = Deliveries(house, clock)
        self._envelopes = Envelopes(
            account,
            seen,
            tolerance=settings.wechat_clock_tolerance,
            clock=lambda: clock().timestamp(),
        )

    def blueprint(self) -> Blueprint:
        """``/wechat``."""
        blueprint = Blueprint("wechat", __name__)
        blueprint.add_url_rule("/wechat", "verify", self.verify, methods=["GET"])
        blueprint.add_url_rule("/wechat", "receive", self.receive, methods=["POST"])
        blueprint.register_error_handler(Refused, self._refused)
        return blueprint

    def verify(self) -> Response:
        """WeChat's question, answered with its echostr."""
        return _plain(self._envelopes.echo(request.args))

    def receive(self) -> Response:
        """One message or event."""
        started = time.monotonic()
        opened = self._envelopes.open(request.args, _body())
        response = self._respond(to_incoming(opened.fields), opened, started)
        self._metrics.seconds.observe(time.monotonic() - started)
        return response

    def _respond(self, incoming: Incoming, opened: Opened, started: float) -> Response:
        utterance = utterance_of(incoming, self._house.vault, self._clock())
        if utterance is None:
            return self._done("ignored")
        job = MessageJob(
            utterance,
            incoming.media_id,
            self._house.assistant,
            self._deliveries,
            self._listening,
            for_own_desk=self._house.settings.wechat_transfer_to_own_desk,
        )
        try:
            way, reply = self._budget.answer(job, started)
        except NotKept:
            self._done("not_kept")
            return _plain("请稍后再试。", 503)
        if way is not Way.PASSIVE or reply is None or not reply.text.strip():
            return self._done(way.value)
        self._done(way.value)
        if job.goes_to_own_desk(reply):
            xml = own_desk_reply(incoming)
        else:
            xml = text_reply(split(reply.text)[0], incoming)
        response = Response(self._envelopes.seal(xml, opened), mimetype="application/xml")
        if self._house.settings.tryout:
            _add_notes(response, reply)
        return response

    def _done(self, way: str) -> Response:
        self._metrics.messages.labels(way).inc()
        return _plain(NOTHING)

    def _refused(self, error: Refused) -> Response:
        self._metrics.refused.labels(error.code).inc()
        log.warning("wechat.refused code=%s status=%d", error.code, error.status)
        return _plain(error.sentence, error.status)


def _body() -> bytes:
    """The request's body; raises TooLarge. A body without a length is cut at the limit, not refused, by Werkzeug."""
    request.max_content_length = LARGEST_BODY + 1
    body = request.get_data(cache=False)
    if len(body) > LARGEST_BODY:
        raise TooLarge
    return body


def _plain(text: str, status: int = 200) -> Response:
    return Response(text, status, mimetype="text/plain", headers={"X-Content-Type-Options": "nosniff"})


def _add_notes(response: Response, reply: Reply) -> None:
    """What the simulator page shows to newcomers; WeChat's servers would ignore it."""
    notes = {
        "act": reply.act.value,
        "intent": reply.intent,
        "confidence": f"{reply.confidence:.2f}" if reply.intent else "",
        "topic": reply.topic or "",
        "region": reply.region or "",
        "entry": reply.entry_id or "",
        "citation": "; ".join(f"{c.document} {c.clause}".strip() for c in reply.citations),
    }
    for name, value in notes.items():
        if value:
            response.headers[f"X-Yinling-{name.title()}"] = quote(value, safe=" ;:/")

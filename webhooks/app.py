"""The web process as a Flask app: everything that speaks HTTP with the outside."""

from __future__ import annotations

import logging

from flask import Blueprint, Flask, Response, render_template, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException

from bot.ephemeral.connection import RedisConnection
from bot.ports import Transcriber
from webhooks.budget import ReplyBudget
from webhooks.health import health_blueprint
from webhooks.house import Clock, WebHouse, utc_now
from webhooks.jobs import Listening
from webhooks.media import NoTranscriber
from webhooks.metrics import Metrics
from webhooks.problems import problem
from webhooks.signature import Seen, SeenInRedis
from webhooks.trouble import report
from webhooks.wechat import Webhook
from webhooks.weixin import Weixin

log = logging.getLogger(__name__)

_WORDS = {
    400: ("这一步没有做成", "请求的内容不完整。请再试一次。"),
    403: ("您不能看这一页", "这一页不对外开放。"),
    404: ("没有这一页", "地址可能写错了。要问医保的事，请到微信公众号里问我，或者拨打12393。"),
    405: ("没有这一页", "地址不是这样用的。"),
    413: ("内容太长", "请写短一些再试。"),
}
_BROKEN = ("系统出了点问题", "请过一会儿再试，或者拨打12393。")


def create_web(
    house: WebHouse,
    *,
    pages: tuple[Blueprint, ...] = (),
    transcriber: Transcriber | None = None,
    budget: ReplyBudget | None = None,
    seen: Seen | None = None,
    clock: Clock = utc_now,
) -> Flask:
    """The web app over a house; ``pages`` are further blueprints (simulator, large-type pages, API).

    ``close_web`` lets go of what it holds.
    """
    app = Flask(__name__)
    weixin = Weixin(house.settings, house.tokens)
    connection = RedisConnection(house.settings.redis_url)
    budget = budget or ReplyBudget(house.settings.passive_reply_budget)
    metrics = Metrics(house.database)
    webhook = Webhook(
        house,
        budget=budget,
        listening=Listening(weixin, transcriber or NoTranscriber()),
        metrics=metrics,
        seen=seen or SeenInRedis(connection, 2 * house.settings.wechat_clock_tolerance),
        clock=clock,
    )
    app.extensions["yinling.close"] = (budget.close, weixin.close, connection.close)
    app.register_blueprint(webhook.blueprint())
    app.register_blueprint(health_blueprint(house, connection, metrics, lambda: budget.under_way))
    for page in pages:
        app.register_blueprint(page)
    _explain_errors(app)
    return app


def close_web(app: Flask) -> None:
    """End the answers under way and let go of connections."""
    for close in app.extensions["yinling.close"]:
        close()


def _explain_errors(app: Flask) -> None:
    @app.errorhandler(HTTPException)
    def refused(error: HTTPException) -> ResponseReturnValue:
        if error.code is None or error.code < 400:  # a redirect
            return error.get_response()
        return _explained(error.code)

    @app.errorhandler(Exception)
    def broken(error: Exception) -> ResponseReturnValue:
        report(log, f"web.broken endpoint={request.endpoint}", error)
        return _explained(500)


def _explained(status: int) -> ResponseReturnValue:
    if request.path.startswith("/api/"):
        return problem(status)
    heading, text = _WORDS.get(status, _BROKEN)
    accepts = request.accept_mimetypes
    if accepts.quality("text/html") > accepts.quality("text/plain"):
        return render_template("problem.html", heading=heading, text=text), status
    return Response(text, status, mimetype="text/plain")

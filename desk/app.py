"""The desk as a Flask app."""

from __future__ import annotations

from typing import cast

from flask import Flask, Response, jsonify, render_template, request
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError, CSRFProtect
from werkzeug.exceptions import HTTPException

from bot.ports import YinlingError
from desk import (
    agent_views,
    appointment_views,
    auth,
    call_views,
    callback_views,
    canned_views,
    conversation_views,
    door,
    gap_views,
    knowledge_views,
    live,
    package_views,
    queue_views,
    reports,
    setting_views,
)
from desk.headers import add_headers
from desk.house import Clock, Desk, DeskHouse, utc_now
from desk.login_limits import guard_login, make_limiter
from desk.looks import add_looks

__all__ = ["DeskHouse", "create_desk"]

LARGEST_REQUEST = 64 * 1024  # bytes; the longest form is a canned reply

_WORDS = {
    400: ("这一步没有做成", "页面放得太久了，或者内容不完整。请刷新页面再试一次。"),
    403: ("您不能看这一页", "这一页只给主管，或者只给正在接待的坐席看。"),
    404: ("没有这一页", "可能已经被删除，或者地址不对。"),
    405: ("没有这一页", "地址不对。"),
    413: ("内容太长", "请写短一些再试。"),
    429: ("试的次数太多了", "为了安全，请过15分钟再登录。忘了密码请找主管重设。"),
}
_BROKEN = ("系统出了点问题", "请再试一次；还不行请告诉管理员。")


def create_desk(house: DeskHouse, clock: Clock = utc_now) -> Flask:
    """A desk over a house; ``clock`` tells the present moment (aware)."""
    app = Flask("desk")
    app.config.update(
        SECRET_KEY=house.settings.session_secret,
        SESSION_COOKIE_NAME="yinling_form",  # carries the CSRF secret only; the log-in is auth.COOKIE
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        WTF_CSRF_TIME_LIMIT=None,  # as long as the log-in: a page may stay open for hours
        MAX_CONTENT_LENGTH=LARGEST_REQUEST,
        MAX_FORM_MEMORY_SIZE=LARGEST_REQUEST,
    )
    app.extensions["desk"] = Desk(house, clock)
    _let_packages_in(app)
    CSRFProtect(app)
    add_headers(app)
    add_looks(app)
    auth.add_gate(app)
    for room in (
        door,
        live,
        queue_views,
        conversation_views,
        appointment_views,
        call_views,
        callback_views,
        canned_views,
        knowledge_views,
        gap_views,
        package_views,
        agent_views,
        reports,
        setting_views,
    ):
        app.register_blueprint(room.blueprint)
    limiter = make_limiter(house.settings.redis_url)
    limiter.init_app(app)
    guard_login(app, limiter)
    _explain_errors(app)
    return app


def _let_packages_in(app: Flask) -> None:
    """A knowledge package is larger than any form; said before anything reads the request."""

    @app.before_request
    def room_for_packages() -> None:
        if request.endpoint == "package.look":
            request.max_content_length = package_views.LARGEST_PACKAGE


def wants_page() -> bool:
    """Whether a person will read the answer; the desk's own scripts ask with Accept: application/json or X-Desk."""
    accepts = request.accept_mimetypes
    return "X-Desk" not in request.headers and accepts.quality("text/html") > accepts.quality(
        "application/json"
    )


def _explained(status: int) -> ResponseReturnValue:
    heading, text = _WORDS.get(status, _BROKEN)
    if wants_page():
        return render_template("problem.html", heading=heading, text=text), status
    return jsonify(message=text), status


def _explain_errors(app: Flask) -> None:
    @app.errorhandler(HTTPException)
    def refused(error: HTTPException) -> ResponseReturnValue:
        if error.code is None or error.code < 400:  # a redirect
            return cast(Response, error.get_response())
        return _explained(error.code)

    @app.errorhandler(CSRFError)
    def forged(error: CSRFError) -> ResponseReturnValue:
        app.logger.warning("desk.csrf refused endpoint=%s", request.endpoint)
        return _explained(400)

    @app.errorhandler(Exception)
    def broken(error: Exception) -> ResponseReturnValue:
        code = error.code if isinstance(error, YinlingError) else type(error).__name__
        # No traceback text in the message: a database error carries the values it was given.
        app.logger.error("desk.broken endpoint=%s code=%s", request.endpoint, code)
        return _explained(500)

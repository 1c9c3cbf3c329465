"""The read interface for other systems, as a 12345 platform or an agent's own: ``/api/v1``."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterator
from datetime import date
from typing import Any, Protocol, TypeVar, cast

from flask import Blueprint, Flask, Response, jsonify, request
from flask.blueprints import BlueprintSetupState
from flask.typing import ResponseReturnValue
from flask_limiter import Limiter
from limits import parse_many
from pydantic import BaseModel, ValidationError
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.exceptions import HTTPException

from bot.api_keys import ApiKeys
from bot.asking import Asking
from bot.knowledge_desk import KnowledgeDesk
from bot.messages import Act, PolicyAnswer
from bot.ports import KnowledgeBase
from bot.settings import TIME_ZONE, BadSetting, Settings
from bot.store.database import Database
from webhooks.api_models import (
    Answer,
    EntriesQuery,
    Entry,
    EntryList,
    Hit,
    Question,
    SearchQuery,
    SearchResult,
    Topic,
    TopicList,
    citations_of,
    entry_of,
    head_of,
)
from webhooks.house import Clock, utc_now
from webhooks.openapi import KEY_HEADER, openapi
from webhooks.problems import problem
from webhooks.trouble import report

log = logging.getLogger(__name__)

PREFIX = "/api/v1"
LARGEST_BODY = 8 * 1024  # bytes of a question
_OPEN = "openapi"  # the description is no secret

M = TypeVar("M", bound=BaseModel)


class ApiHouse(Protocol):
    """The parts that the interface uses; bot.bootstrap.House has them all."""

    @property
    def settings(self) -> Settings: ...
    @property
    def database(self) -> Database: ...
    @property
    def knowledge(self) -> KnowledgeBase: ...
    @property
    def knowledge_desk(self) -> KnowledgeDesk: ...
    @property
    def asking(self) -> Asking: ...


def api_blueprint(house: ApiHouse, clock: Clock = utc_now) -> Blueprint:
    """``/api/v1`` over a house: every call needs a key, is counted and audited."""
    blueprint = Blueprint("api", __name__, url_prefix=PREFIX)
    views = _Views(house, clock)
    limiter = _limiter(house.settings)
    limiter.limit(house.settings.api_rate, key_func=_caller)(blueprint)

    @blueprint.record_once
    def count(state: BlueprintSetupState) -> None:
        limiter.init_app(cast(Flask, state.app))

    blueprint.before_request(views.let_in)
    blueprint.add_url_rule("/openapi.json", _OPEN, lambda: jsonify(openapi()))
    blueprint.add_url_rule("/topics", "topics", views.topics)
    blueprint.add_url_rule("/entries", "entries", views.entries)
    blueprint.add_url_rule("/entries/<entry_id>", "entry", views.entry)
    blueprint.add_url_rule("/search", "search", views.search)
    blueprint.add_url_rule("/ask", "ask", views.ask, methods=["POST"])
    _explain_errors(blueprint)
    return blueprint


class _Views:
    def __init__(self, house: ApiHouse, clock: Clock) -> None:
        self._house, self._clock = house, clock

    def let_in(self) -> ResponseReturnValue | None:
        """Only who has a key; what was asked is not written down, only what kind of thing."""
        name = (request.endpoint or "").rpartition(".")[2]
        if name == _OPEN:
            return None
        request.max_content_length = LARGEST_BODY
        key = request.headers.get(KEY_HEADER, "")
        entry_id = (request.view_args or {}).get("entry_id")
        subject = f"entry:{entry_id}"[:96] if entry_id else f"api:{name}"
        if not key:
            return problem(401)
        with self._house.database.begin() as session:
            known = ApiKeys(session).use(key, f"api_{name}", subject, self._clock())
        return None if known else problem(401)

    def topics(self) -> Response:
        """All topics."""
        knowledge = self._house.knowledge
        topics = tuple(
            Topic(id=key, name=name, regions=knowledge.regions(key))
            for key, name in self._house.knowledge_desk.topics()
        )
        return _sent(TopicList(topics=topics))

    def entries(self) -> Response:
        """The entries that are told."""
        query = _read(EntriesQuery, request.args.to_dict())
        found = [
            head_of(answer)
            for answer in self._told()
            if query.topic in (None, answer.topic) and query.region in (None, answer.region)
        ]
        found.sort(key=lambda head: head.id)
        page = tuple(found[query.offset : query.offset + query.limit])
        return _sent(EntryList(total=len(found), offset=query.offset, entries=page))

    def entry(self, entry_id: str) -> ResponseReturnValue:
        """One entry."""
        topic, _, place = entry_id.partition(".")
        region = None if place == "general" else place
        answer = self._house.knowledge.lookup(topic, region, self._today())
        if answer is None or answer.entry_id != entry_id:
            return problem(404)
        return _sent(self._shown(answer))

    def search(self) -> Response:
        """The entries whose words fit."""
        query = _read(SearchQuery, request.args.to_dict())
        found = self._house.knowledge.search(query.q, query.region, self._today(), query.limit)
        hits = tuple(Hit(score=round(score, 4), entry=self._shown(answer)) for answer, score in found)
        return _sent(SearchResult(results=hits))

    def ask(self) -> Response:
        """The answer to one question."""
        body = request.get_json(silent=True)
        question = _read(Question, body if isinstance(body, dict) else {})
        told = self._house.asking.ask(question.question, question.region, self._clock())
        reply = told.reply
        stated = told.answer if reply.act is Act.ANSWER else None
        answer = Answer(
            act=reply.act.value,
            text=reply.text,
            spoken=reply.speech,
            topic=reply.topic,
            region=stated.region if stated else None,
            confidence=round(reply.confidence, 4),
            citations=citations_of(stated) if stated else (),
            entry=self._shown(stated) if stated else None,
        )
        return _sent(answer)

    def _told(self) -> Iterator[PolicyAnswer]:
        """Every entry that is in force or may be told with a caveat."""
        knowledge = self._house.knowledge
        for topic, _ in self._house.knowledge_desk.topics():
            for region in knowledge.regions(topic):
                answer = knowledge.lookup(topic, region, self._today())
                if answer is not None and answer.region == region:
                    yield answer

    def _shown(self, answer: PolicyAnswer) -> Entry:
        knowledge = self._house.knowledge
        return entry_of(answer, knowledge.topic_name(answer.topic), knowledge.region_name(answer.region))

    def _today(self) -> date:
        return self._clock().astimezone(TIME_ZONE).date()


class _Unreadable(Exception):
    """Parameters or a body that make no sense; the message says which."""


def _read(model: type[M], values: dict[str, Any]) -> M:
    try:
        return model.model_validate(values)
    except ValidationError as error:
        faults = (f"{'.'.join(str(part) for part in e['loc'])}: {e['msg']}" for e in error.errors())
        raise _Unreadable("; ".join(faults)) from None


def _sent(model: BaseModel) -> Response:
    response = Response(model.model_dump_json(), mimetype="application/json")
    response.headers["Cache-Control"] = "no-store"
    return response


def _caller() -> str:
    """Whose calls are counted together: a key's; without one, an address's."""
    key = request.headers.get(KEY_HEADER)
    return "key:" + hashlib.sha256(key.encode()).hexdigest()[:32] if key else f"address:{request.remote_addr}"


def _limiter(settings: Settings) -> Limiter:
    """Counts in Redis, and in this process's memory while Redis is away. Raises BadSetting."""
    try:
        parse_many(settings.api_rate)
    except ValueError:
        raise BadSetting(f"API_RATE must be as 120 per minute, not {settings.api_rate!r}.") from None
    url = settings.redis_url
    return Limiter(
        key_func=_caller,
        storage_uri=url.replace("unix://", "redis+unix://", 1) if url.startswith("unix://") else url,
        storage_options={"socket_connect_timeout": 1, "socket_timeout": 1},
        in_memory_fallback_enabled=True,
        key_prefix="yinling:api",
        strategy="moving-window",
    )


def _explain_errors(blueprint: Blueprint) -> None:
    @blueprint.errorhandler(_Unreadable)
    def unreadable(error: _Unreadable) -> Response:
        return problem(400, str(error))

    @blueprint.errorhandler(HTTPException)
    def refused(error: HTTPException) -> Response:
        return problem(error.code or 500)

    @blueprint.errorhandler(SQLAlchemyError)
    def away(error: SQLAlchemyError) -> Response:
        report(log, "api.database_away", error, logging.WARNING)
        return problem(503)

    @blueprint.errorhandler(Exception)
    def broken(error: Exception) -> Response:
        report(log, f"api.broken endpoint={request.endpoint}", error)
        return problem(500)

"""The read interface: what comes out, who is let in, what is written down, and that its description tells the truth."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, example, given, settings, strategies
from openapi_spec_validator import validate
from sqlalchemy import event, func, select, text

from bot.api_keys import ApiKeys, ApiKeyTrouble
from bot.asking import Asking
from bot.flows.questions import Thresholds
from bot.knowledge_desk import KnowledgeDesk
from bot.messages import Act
from bot.ports import KnowledgeBase
from bot.settings import BadSetting, Settings
from bot.store.database import Database
from bot.store.models import AuditEntry, Base
from knowledge.desk_side import EntryDesk
from knowledge.index import open_knowledge
from knowledge.loader import load
from knowledge.signing import Signer
from nlu.fallback import LayeredUnderstanding
from nlu.rasa_client import RasaUnderstanding
from nlu.regions import region_name
from nlu.thresholds import ACCEPT, GIVE_UP
from webhooks.api import KEY_HEADER, api_blueprint
from webhooks.openapi import OPERATIONS, openapi

PROBLEM = "application/problem+json"


@dataclass
class ApiHouse:
    settings: Settings
    database: Database
    knowledge: KnowledgeBase
    knowledge_desk: KnowledgeDesk
    asking: Asking


@pytest.fixture(scope="module")
def knowledge():
    return open_knowledge(region_name)


@pytest.fixture
def api_house(house, knowledge):
    settings = house.settings
    # Nothing listens there: the keyword rules understand, as in an outage of the NLU server.
    understanding = LayeredUnderstanding(RasaUnderstanding("http://127.0.0.1:9", "token", 0.2))
    desk = EntryDesk(house.database, Signer(settings.package_key, settings.installation), region_name)
    return ApiHouse(
        settings,
        house.database,
        knowledge,
        desk,
        Asking(understanding, knowledge, Thresholds(ACCEPT, GIVE_UP)),
    )


@pytest.fixture
def app(house, api_house, make_web, now):
    return make_web(house, pages=(api_blueprint(api_house, lambda: now),))


@pytest.fixture
def key(house, now):
    with house.database.begin() as session:
        return ApiKeys(session).add("12345平台", "chief", now)


@pytest.fixture
def api(app, key):
    client = app.test_client()
    client.environ_base["HTTP_X_API_KEY"] = key
    return client


def audited(house):
    with house.database.read() as session:
        rows = session.execute(select(AuditEntry.actor, AuditEntry.action, AuditEntry.subject)).all()
        return [tuple(row) for row in rows if row.actor.startswith("api:")]


def test_all_topics_and_their_regions(api):
    topics = {one["id"]: one for one in api.get("/api/v1/topics").json["topics"]}
    assert len(topics) == 42
    assert "370100" in topics["chronic_disease_certification"]["regions"]
    assert topics["two_diseases"]["name"] == "两病用药"


def test_all_entries_page_by_page(api, knowledge, entries):
    whole = api.get("/api/v1/entries").json
    assert whole["total"] == len(entries)
    second = api.get("/api/v1/entries?limit=100&offset=100").json
    ids = [one["id"] for one in (*whole["entries"], *second["entries"])]
    assert ids == sorted(entry.id for entry in entries)[: len(ids)]
    one = api.get("/api/v1/entries?topic=two_diseases&region=530000").json
    assert [head["id"] for head in one["entries"]] == ["two_diseases.530000"]


@pytest.fixture(scope="module")
def entries():
    return load()


def test_one_entry_with_its_source(api):
    entry = api.get("/api/v1/entries/chronic_disease_certification.370100").json
    assert entry["authority"] == "济南市"
    assert entry["citations"][0] == {
        "document": "济医保发〔2021〕1号",
        "clause": "二(四)",
        "issued": "2021-01-13",
        "in_force": True,
    }
    assert "20个工作日" in entry["written"]
    assert all(len(turn) <= 80 for turn in entry["spoken"])


@pytest.mark.parametrize("entry_id", ["no_such.370100", "two_diseases.370102", "two_diseases", "x.y.z"])
def test_what_there_is_not_is_not_found(api, entry_id):
    answer = api.get(f"/api/v1/entries/{entry_id}")
    assert (answer.status_code, answer.mimetype, answer.json["code"]) == (404, PROBLEM, "api.not_found")


def test_words_find_entries(api):
    hits = api.get("/api/v1/search", query_string={"q": "药能送到家吗", "region": "370800"}).json["results"]
    assert hits[0]["entry"]["id"] == "drug_delivery.370800"
    assert 0 < hits[0]["score"] <= 1
    assert api.get("/api/v1/search?q=qwertz").json == {"results": []}


def test_a_question_is_answered_with_its_source(api):
    answer = api.post("/api/v1/ask", json={"question": "济南门诊慢特病怎么认定？"}).json
    assert (answer["act"], answer["topic"], answer["region"]) == (
        "answer",
        "chronic_disease_certification",
        "370100",
    )
    assert answer["citations"][0]["document"] == "济医保发〔2021〕1号"
    assert answer["entry"]["id"] == "chronic_disease_certification.370100"
    assert "工作日" in answer["text"]


def test_the_region_of_a_question_counts(api):
    answer = api.post("/api/v1/ask", json={"question": "两病用药怎么办？", "region": "530000"}).json
    assert (answer["act"], answer["region"]) == ("answer", "530000")


@pytest.mark.parametrize(
    "question",
    ["我要预约周五去大厅", "转人工", "我要投诉", "我胸口疼得厉害快救命", "有人让我转账到安全账户", "你好"],
)
def test_what_needs_a_conversation_is_not_pretended(api, house, question):
    before = _counts(house)
    answer = api.post("/api/v1/ask", json={"question": question}).json
    assert answer["act"] not in ("answer", "booked", "callback_booked")
    assert answer["entry"] is None
    assert answer["citations"] == []
    for promise in ("请稍等", "帮您转", "已经帮", "几点", "哪天"):
        assert promise not in answer["text"]
    assert _counts(house) == before


def _counts(house):
    """Rows of every table but the audit's and the key's."""
    with house.database.read() as session:
        return {
            table.name: session.execute(select(func.count()).select_from(table)).scalar_one()
            for table in Base.metadata.sorted_tables
            if table.name not in ("audit_entry", "api_key")
        }


@pytest.mark.parametrize("header", [None, "", "yinling_wrong", "x" * 5000])
def test_without_a_key_nothing_is_told(app, key, header):
    headers = {} if header is None else {KEY_HEADER: header}
    for path in ("topics", "entries", "entries/two_diseases.530000", "search?q=x"):
        answer = app.test_client().get(f"/api/v1/{path}", headers=headers)
        assert (answer.status_code, answer.mimetype) == (401, PROBLEM)
        assert answer.headers["WWW-Authenticate"].startswith("ApiKey")


def test_a_revoked_key_is_refused_at_once_and_its_name_stays_taken(api, house, now):
    assert api.get("/api/v1/topics").status_code == 200
    with house.database.begin() as session:
        ApiKeys(session).revoke("12345平台", "chief", now)
    assert api.get("/api/v1/topics").status_code == 401
    with house.database.begin() as session:
        with pytest.raises(ApiKeyTrouble):
            ApiKeys(session).revoke("12345平台", "chief", now)
        with pytest.raises(ApiKeyTrouble):
            ApiKeys(session).add("12345平台", "chief", now)


def test_only_the_hash_of_a_key_is_kept(house, key):
    with house.database.read() as session:
        row = session.execute(text("SELECT * FROM api_key")).one()
    assert key not in str(row)
    assert key.startswith(row.hint)


def test_every_use_is_audited_without_what_was_asked(api, house):
    api.get("/api/v1/entries/two_diseases.530000")
    api.get("/api/v1/search?q=我妈的糖尿病")
    api.post("/api/v1/ask", json={"question": "我妈的糖尿病"})
    assert audited(house) == [
        ("api:12345平台", "api_entry", "entry:two_diseases.530000"),
        ("api:12345平台", "api_search", "api:search"),
        ("api:12345平台", "api_ask", "api:ask"),
    ]


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("search", "q: Field required"),
        ("search?q=", "q: String should have at least 1"),
        ("search?q=x&region=Jinan", "region"),
        ("search?q=x&limit=1000", "limit"),
        ("search?q=x&frobnicate=1", "frobnicate"),
        ("entries?offset=-1", "offset"),
    ],
)
def test_parameters_that_make_no_sense_are_named(api, path, words):
    answer = api.get(f"/api/v1/{path}")
    assert (answer.status_code, answer.mimetype) == (400, PROBLEM)
    assert words in answer.json["detail"]


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'{"question": 5}', b'{"question": "x", "extra": 1}'])
def test_a_body_that_makes_no_sense_is_refused(api, body):
    answer = api.post("/api/v1/ask", data=body, content_type="application/json")
    assert (answer.status_code, answer.mimetype) == (400, PROBLEM)


def test_a_body_that_is_too_long_is_refused(api):
    answer = api.post("/api/v1/ask", json={"question": "长" * 10_000})
    assert (answer.status_code, answer.mimetype) == (413, PROBLEM)


def test_errors_outside_the_views_are_problems_too(api):
    assert api.get("/api/v1/nothing").mimetype == PROBLEM
    assert api.post("/api/v1/topics").status_code == 405
    assert api.post("/api/v1/topics").mimetype == PROBLEM
    assert api.get("/api/v2").json["status"] == 404


def test_who_asks_too_fast_is_slowed_down_by_key(make_house, api_house, make_web, now):
    house = make_house(API_RATE="2 per minute")
    slow = ApiHouse(
        house.settings, house.database, api_house.knowledge, api_house.knowledge_desk, api_house.asking
    )
    app = make_web(house, pages=(api_blueprint(slow, lambda: now),))
    with house.database.begin() as session:
        one, other = (ApiKeys(session).add(name, "chief", now) for name in ("甲", "乙"))
    client = app.test_client()
    codes = [client.get("/api/v1/topics", headers={KEY_HEADER: one}).status_code for _ in range(3)]
    assert codes == [200, 200, 429]
    refused = client.get("/api/v1/topics", headers={KEY_HEADER: one})
    assert (refused.mimetype, refused.json["code"]) == (PROBLEM, "api.too_many")
    assert client.get("/api/v1/topics", headers={KEY_HEADER: other}).status_code == 200


def test_a_database_that_is_away_is_told_as_such(api, house):
    def fail(*_):
        raise TimeoutError("gone")

    with house.database.begin() as session:
        session.execute(text("ALTER TABLE api_key RENAME TO api_key_gone"))
    answer = api.get("/api/v1/topics")
    assert (answer.status_code, answer.json["code"]) == (503, "api.unavailable")
    event.listen(house.database.engine, "begin", fail)
    assert api.get("/api/v1/topics").json["code"] == "api.broken"
    event.remove(house.database.engine, "begin", fail)


def test_the_description_is_valid_openapi_and_needs_no_key(app):
    told = app.test_client().get("/api/v1/openapi.json")
    assert told.status_code == 200
    assert told.json == json.loads(json.dumps(openapi()))
    validate(told.json)


def test_the_description_names_every_path_and_no_other(app):
    served = {
        (str(rule.rule).replace("<", "{").replace(">", "}"), method.lower())
        for rule in app.url_map.iter_rules()
        if rule.endpoint.startswith("api.") and rule.endpoint != "api.openapi"
        for method in rule.methods - {"HEAD", "OPTIONS"}
    }
    assert served == {(f"/api/v1{one.path}", one.method) for one in OPERATIONS}


def test_every_answer_fits_its_description(api):
    for one, sent in [
        ("/topics", api.get("/api/v1/topics")),
        ("/entries", api.get("/api/v1/entries?limit=5")),
        ("/entries/{entry_id}", api.get("/api/v1/entries/two_diseases.530000")),
        ("/search", api.get("/api/v1/search?q=异地就医")),
        ("/ask", api.post("/api/v1/ask", json={"question": "济南门诊慢特病怎么认定？"})),
    ]:
        model = next(operation.out for operation in OPERATIONS if operation.path == one)
        assert model.model_validate_json(sent.data)


def test_asking_outside_the_interface(api_house, now: datetime):
    told = api_house.asking.ask("济南门诊慢特病怎么认定？", None, now)
    assert told.reply.act is Act.ANSWER
    assert told.answer is not None
    told = api_house.asking.ask("   ", None, now)
    assert told.answer is None


def test_a_rate_that_makes_no_sense_is_named(make_house, api_house):
    house = make_house(API_RATE="often")
    wrong = ApiHouse(
        house.settings, house.database, api_house.knowledge, api_house.knowledge_desk, api_house.asking
    )
    with pytest.raises(BadSetting, match="API_RATE"):
        api_blueprint(wrong)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@example(words="/0", region="")
@given(words=strategies.text(max_size=320), region=strategies.text(max_size=8))
def test_no_text_breaks_the_interface(quick_api, words, region):
    """Whatever comes, it is answered or refused with its reason."""
    for sent in (
        quick_api.get("/api/v1/search", query_string={"q": words, "region": region}),
        quick_api.get("/api/v1/search", query_string={"q": words}),
        quick_api.post("/api/v1/ask", json={"question": words}),
        # Two slashes in a row are sent on to where one is.
        quick_api.get(f"/api/v1/entries/{quote(words or 'x', safe='')}", follow_redirects=True),
    ):
        assert sent.status_code in (200, 400, 404), sent.text
        assert sent.mimetype == ("application/json" if sent.status_code == 200 else PROBLEM)


@pytest.fixture
def quick_api(make_house, api_house, make_web, now):
    """A client whose calls are not slowed down."""
    house = make_house(API_RATE="100000 per minute")
    ours = ApiHouse(
        house.settings, house.database, api_house.knowledge, api_house.knowledge_desk, api_house.asking
    )
    client = make_web(house, pages=(api_blueprint(ours, lambda: now),)).test_client()
    with house.database.begin() as session:
        client.environ_base["HTTP_X_API_KEY"] = ApiKeys(session).add("x", "chief", now)
    return client

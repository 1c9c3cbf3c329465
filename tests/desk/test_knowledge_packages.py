"""Packages at the desk: looked into, decided on, taken."""

from __future__ import annotations

import base64
import io
import json

import pytest

from knowledge.exchange import pack
from knowledge.publish import Publishing
from knowledge.signing import Signer
from tests.desk.entries import ID, entry, fill

STRANGER = Signer(base64.urlsafe_b64encode(b"2" * 32).decode(), "济南12345")


@pytest.fixture
def chief(house, tmp_path, now, log_in):
    fill(house, tmp_path / "entries", now, entry())
    return log_in("chief")


def packed(now, *entries, history=()):
    return pack([(one, history) for one in entries], now, STRANGER)


def look(visitor, text, **fields):
    data = {
        "package": (io.BytesIO(text.encode()), "package.json"),
        "csrf_token": visitor.token("/password"),
        **fields,
    }
    answer = visitor.client.post("/packages/look", data=data, headers={"Accept": "text/html"})
    return visitor.get(answer.location).text if answer.status_code == 302 else answer.text


def kept(page):
    return page.split('name="package" value="')[1][:64]


def opened(house, entry_id):
    with house.database.read() as session:
        row = Publishing(session).open(entry_id)
        return (row.status, row.body["title"], row.origin) if row else None


def test_agents_have_no_business_here(chief, log_in):
    wang = log_in("wang")
    assert wang.get("/packages").status_code == 403
    assert wang.get("/packages/export").status_code == 403
    assert wang.post("/packages/take", package="0" * 64).status_code == 403
    assert wang.post("/packages/trust", name="x", public_key="y").status_code == 403


def test_what_goes_out_is_known_when_it_comes_back(chief):
    out = chief.get("/packages/export")
    assert json.loads(out.text)["entries"][0]["entry"]["id"] == ID
    page = look(chief, out.text)
    assert "没有被改过" in page
    assert "里面的我们都有" in page
    assert "下载知识包" in chief.get("/audit").text


def test_strangers_are_refused_until_they_are_trusted(house, chief, now):
    text = packed(now, entry(topic="guide_service"))
    assert "不认识的单位签的名" in look(chief, text)
    assert (
        "公钥不对"
        in chief.get(chief.post("/packages/trust", name="济南12345", public_key="abc").location).text
    )
    chief.post("/packages/trust", name="济南12345", public_key=STRANGER.public_key)
    page = look(chief, text)
    assert "济南12345签名，没有被改过" in page
    assert "1 条有变化，0 条不用动" in page
    chief.post("/packages/take", package=kept(page))
    assert opened(house, "guide_service.370100") == ("review", "济南：老年人优先窗口", "package:济南12345")
    chief.post("/packages/trust", name="济南12345", revoke="1")
    assert "不认识的单位签的名" in look(chief, text)


def test_what_was_altered_is_refused_whatever_is_ticked(chief, now):
    text = packed(now, entry(topic="guide_service")).replace("济南：老年人优先窗口", "济南：改过的")
    assert "被人改过" in look(chief, text, unsigned="1")
    assert "不是知识包" in look(chief, "{}")


def test_conflicts_are_chosen_one_by_one(house, chief, now):
    text = packed(now, entry(title="济南：对方的说法"), entry(topic="guide_service"))
    page = look(chief, text, unsigned="1")
    assert "没有信任的单位签名" in page
    assert "1 条有冲突" in page
    name = kept(page)
    again = chief.post("/packages/take", package=name, unsigned="1")
    assert "还有冲突没有选" in again.text
    assert opened(house, "guide_service.370100") is None
    chief.post("/packages/take", package=name, unsigned="1", **{f"choice-{ID}": "theirs"})
    assert opened(house, ID)[:2] == ("review", "济南：对方的说法")
    assert opened(house, "guide_service.370100") is not None
    gone = chief.post("/packages/take", package=name, unsigned="1", **{f"choice-{ID}": "theirs"})
    assert "再上传一次" in chief.get(gone.location).text


def test_a_large_package_gets_in_and_a_large_form_does_not(chief, now):
    text = packed(now, entry(topic="guide_service", written="老人先办。" * 20_000, spoken=["老人先办。"]))
    assert len(text.encode()) > 200_000
    assert "1 条有变化" in look(chief, text, unsigned="1")
    assert chief.post("/knowledge/check", written="长" * 100_000).status_code == 413


def test_a_name_that_is_no_hash_reads_no_file(chief):
    answer = chief.post("/packages/take", package="../../secrets/data_key")
    assert "再上传一次" in chief.get(answer.location).text

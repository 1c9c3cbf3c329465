"""Places by name, as GB/T 2260 codes."""

from __future__ import annotations

import pytest

from nlu.regions import find_regions, is_division, region_name


def codes(text: str) -> list[str]:
    return [e.value for e in find_regions(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("济南", "370100"),
        ("济南的", "370100"),
        ("那济宁呢", "370800"),
        ("山东", "370000"),
        ("我是山东人", "370000"),
        ("云南省", "530000"),
        ("莆田", "350300"),
        ("四川这边", "510000"),
        ("福建", "350000"),
        ("昆明", "530100"),
        ("我在历城", "370112"),
        ("历城区", "370112"),
        ("俺们曲阜", "370881"),
        ("曲阜", "370881"),
        ("仙游", "350322"),
        ("俺是莆田仙游的", "350322"),
        ("仙游县的医保", "350322"),
        ("邹城市", "370883"),
        ("济南市中区", "370103"),
        ("济宁市任城区", "370811"),
        ("福州鼓楼区", "350102"),
        ("北京朝阳区", "110105"),
        ("山东省济南市历城区", "370112"),
        ("山东济南", "370100"),
        ("内蒙古", "150000"),
        ("凉山州", "513400"),
        ("西双版纳", "532800"),
        ("我是凉山的", "513400"),
        ("吉林", "220000"),
        ("吉林市", "220200"),
        ("重庆", "500000"),
        ("住在大理", "532900"),
        ("我们章丘的", "370114"),
        ("儿子在昆山", "320583"),
    ],
)
def test_one_place(text: str, expected: str) -> None:
    assert codes(text) == [expected]


def test_two_places_in_order() -> None:
    assert codes("我户口在云南,现在住济南") == ["530000", "370100"]
    assert codes("从厦门转回莆田") == ["350200", "350300"]


@pytest.mark.parametrize(
    "text",
    ["市中区", "鼓楼区", "朝阳区", "中山路", "济南路的药店", "大理石", "三明治", "晒日照", "来宾请坐", "四川菜", "四川话怎么说",
     "云南白药能报吗", "天桥上", "阿里巴巴", "平安到家", "梁山好汉", "安宁", "我要长治久安", "在天桥下面", "开发区", ""],
)  # fmt: skip
def test_no_place(text: str) -> None:
    assert codes(text) == []


def test_spans_and_names() -> None:
    text = "我爸在成都住院,老家是莆田的"
    assert [text[e.start : e.end] for e in find_regions(text)] == ["成都", "莆田"]
    assert region_name("370112") == "历城区"
    assert region_name("999999") is None
    assert is_division("370000")
    assert not is_division("000000")

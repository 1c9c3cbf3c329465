"""Three versions of an entry: whatever they are, nothing that only one side changed is lost."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from knowledge.merge import FIELDS, changes, merge

_CONTENT = st.fixed_dictionaries(
    {"title": st.sampled_from("甲乙丙")},
    optional={
        "written": st.sampled_from("甲乙丙"),
        "channels": st.lists(st.sampled_from("甲乙"), min_size=1, max_size=2),
        "cost": st.sampled_from("甲乙"),
    },
)


@given(_CONTENT, _CONTENT, _CONTENT)
def test_a_field_comes_from_whoever_changed_it(base, ours, theirs):
    merged = merge(base, ours, theirs)
    for name in FIELDS:
        was, here, there = base.get(name), ours.get(name), theirs.get(name)
        if name in merged.clashes:
            assert here != was != there != here
        elif here == was:
            assert merged.content.get(name) == there
        else:
            assert merged.content.get(name) == here
            assert there in (was, here)


@given(_CONTENT, _CONTENT, _CONTENT)
def test_who_merges_makes_no_difference(base, ours, theirs):
    mine, yours = merge(base, ours, theirs), merge(base, theirs, ours)
    assert mine.clashes == yours.clashes
    if not mine.clashes:
        assert mine.content == yours.content


@given(_CONTENT, _CONTENT)
def test_one_side_alone_is_taken_as_it_is(base, changed):
    assert merge(base, base, changed).content == changed
    assert merge(base, changed, base).content == changed
    assert merge(base, changed, changed).clashes == ()


@given(_CONTENT, _CONTENT)
def test_the_changes_name_exactly_the_fields_that_differ(one, other):
    assert [change.field for change in changes(one, other)] == [
        name for name in FIELDS if one.get(name) != other.get(name)
    ]
    assert changes(one, one) == ()


def test_changes_are_told_as_lines():
    (change,) = changes({"channels": ["大厅", "网上"]}, {})
    assert (change.before, change.after) == ("大厅\n网上", None)

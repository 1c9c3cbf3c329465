"""Knowledge gaps: what citizens asked in vain, grouped by likeness, to become an entry or a training example."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.audit import Audit
from bot.likeness import most_alike, sounds
from bot.ports import YinlingError
from bot.privacy import Vault, mask_name, mask_text
from bot.store.policy_rows import GapGroup, KnowledgeGap

REASONS = ("fallback", "out_of_scope", "no_entry", "unknown_detail", "corrected", "low_confidence")
STATUSES = ("open", "drafted", "trained", "dismissed")
ALIKE = 0.65  # likeness from which two questions count as one; measured in tests/bot/test_gaps.py
LONGEST = 200  # characters kept of a question
_AT_ONCE = 500  # questions sorted in one unit of work: others wait for it no longer than a moment
_TOLD_NAME = re.compile(
    r"((?:我|俺|他|她|名字?|姓名)(?:就?叫|是叫)|姓名(?:就?是|[:：])?|名字(?:就?是|[:：]))([一-鿿]{2,3})(?=$|[^一-鿿]|[想要问的，])"
)


class NoSuchGap(YinlingError):
    """There is no such group, or it was decided on already."""

    code = "gaps.no_such"


@dataclass(frozen=True, slots=True)
class Group:
    """Questions of one kind: how many, since when, and the latest of them (masked)."""

    id: int
    sample: str
    reason: str
    topic: str | None
    region: str | None
    count: int
    status: str
    entry_id: str | None
    first_at: datetime
    last_at: datetime
    decided_by: str | None
    texts: tuple[str, ...]  # the latest ones, newest first, each once


def masked(text: str, names: Iterable[str] = ()) -> str:
    """A question as it may be kept: numbers of persons and names hidden, cut to LONGEST characters."""
    kept = mask_text(" ".join(text.split()))
    for name in sorted(set(names), key=len, reverse=True):
        if len(name) > 1:
            kept = kept.replace(name, mask_name(name))
    return _TOLD_NAME.sub(lambda found: found[1] + mask_name(found[2]), kept)[:LONGEST]


class Gaps:
    """The verbs of one unit of work."""

    def __init__(self, session: Session, vault: Vault) -> None:
        self._session, self._vault = session, vault

    def note(
        self,
        text: str,
        reason: str,
        topic: str | None,
        region: str | None,
        intent: str | None,
        confidence: float | None,
        at: datetime,
        *,
        names: Iterable[str] = (),
    ) -> KnowledgeGap | None:
        """Keep one question that was answered badly; cheap, so that a turn can do it.

        ``reason`` is one of REASONS; ``names`` are the persons' names that understanding found in the text. A text
        without any word is not kept (None). Raises ValueError for an unknown reason.
        """
        if reason not in REASONS:
            raise ValueError(f"unknown reason {reason!r}")
        kept = masked(text, names)
        if not re.search(r"[^\W\d_]", kept):
            return None
        gap = KnowledgeGap(
            text=kept,
            reason=reason,
            topic=topic,
            region=region,
            intent=intent,
            confidence=confidence,
            at=at,
        )
        self._session.add(gap)
        return gap

    def sort(self) -> int:
        """Put new questions into groups, oldest first; how many were sorted.

        A question joins the most alike group that is open or was dismissed; what comes again after it was settled
        opens a group anew.
        """
        waiting = select(KnowledgeGap).where(KnowledgeGap.group_id.is_(None)).order_by(KnowledgeGap.id)
        fresh = self._session.scalars(waiting.limit(_AT_ONCE)).all()
        if not fresh:
            return 0
        known = select(GapGroup).where(GapGroup.status.in_(("open", "dismissed"))).order_by(GapGroup.id)
        groups = list(self._session.scalars(known))
        for gap in fresh:
            group = _home(gap, groups)
            if group is None:
                group = GapGroup(
                    sample=gap.text,
                    reason=gap.reason,
                    topic=gap.topic,
                    region=gap.region,
                    count=0,
                    status="open",
                    first_at=gap.at,
                    last_at=gap.at,
                )
                self._session.add(group)
                groups.append(group)
            group.count += 1
            group.last_at = max(group.last_at, gap.at)
            gap.group = group
        self._session.flush()
        return len(fresh)

    def groups(self, status: str = "open", limit: int = 100, texts: int = 5) -> list[Group]:
        """The groups of a status, the most asked first, with their latest questions."""
        query = (
            select(GapGroup)
            .where(GapGroup.status == status)
            .order_by(GapGroup.count.desc(), GapGroup.last_at.desc(), GapGroup.id)
        )
        return [self._shown(group, texts) for group in self._session.scalars(query.limit(limit))]

    def group(self, group_id: int, texts: int = 50) -> Group:
        """One group. Raises NoSuchGap."""
        group = self._session.get(GapGroup, group_id)
        if group is None:
            raise NoSuchGap("there is no such group of questions")
        return self._shown(group, texts)

    def counts(self) -> dict[str, int]:
        """How many groups there are of each status."""
        rows = self._session.execute(select(GapGroup.status, func.count()).group_by(GapGroup.status))
        found = {status: int(count) for status, count in rows}
        return {status: found.get(status, 0) for status in STATUSES}

    def decide(
        self, group_id: int, status: str, actor: str, now: datetime, entry_id: str | None = None
    ) -> GapGroup:
        """Settle an open group (drafted | trained | dismissed), or open one again; audited. Raises NoSuchGap."""
        group = self._session.get(GapGroup, group_id)
        if group is None or status not in STATUSES or (group.status == status):
            raise NoSuchGap("there is no such group of questions, or it was decided on already")
        if status != "open" and group.status != "open":
            raise NoSuchGap("somebody else has decided on these questions already")
        group.status, group.entry_id = status, entry_id
        group.decided_by, group.decided_at = actor, now
        Audit(self._session).look(actor, f"gap_{status}", f"gap:{group_id}", now)
        return group

    def _shown(self, group: GapGroup, texts: int) -> Group:
        latest = (
            select(KnowledgeGap.text)
            .where(KnowledgeGap.group_id == group.id)
            .order_by(KnowledgeGap.id.desc())
            .limit(texts * 3)
        )
        told = tuple(dict.fromkeys(self._session.scalars(latest)))[:texts]
        return Group(
            id=group.id,
            sample=group.sample,
            reason=group.reason,
            topic=group.topic,
            region=group.region,
            count=group.count,
            status=group.status,
            entry_id=group.entry_id,
            first_at=group.first_at,
            last_at=group.last_at,
            decided_by=group.decided_by,
            texts=told or (group.sample,),
        )


def _home(gap: KnowledgeGap, groups: Sequence[GapGroup]) -> GapGroup | None:
    """The group that a question belongs to: two topics never share one."""
    fitting = [group for group in groups if gap.topic is None or group.topic in (None, gap.topic)]
    place = most_alike(gap.text, [sounds(group.sample) for group in fitting], ALIKE)
    return None if place is None else fitting[place]

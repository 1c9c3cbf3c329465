"""Taking in another installation's package: all of it or nothing, and nothing without a person here looking at it.

What both sides last had in common is known by its hash. Where only they changed an entry, their text is put up for
review; where both did in different fields, both changes together are; where both changed the same field, a person must
say whose text is taken.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.audit import Audit
from bot.entries import (
    BadPackage,
    Choices,
    Content,
    Incoming,
    PackageReport,
)
from bot.store.policy_rows import PolicyVersion, TrustedKey
from knowledge.content import from_body, to_body
from knowledge.exchange import Package, Parcel, pack, unpack
from knowledge.loader import InvalidKnowledge
from knowledge.merge import changes, merge
from knowledge.publish import Publishing
from knowledge.signing import Signer, is_public_key
from knowledge.topics import TopicTable

TAKEN = ("new", "theirs", "merged")


@dataclass(frozen=True, slots=True)
class _Ours:
    """One entry here: what is told or worked on, and all it ever said, by hash."""

    content: Content | None
    content_hash: str | None
    open_hash: str | None
    contents: Mapping[str, Content]


class Packages:
    """The verbs of one unit of work."""

    def __init__(self, session: Session, signer: Signer, topics: TopicTable) -> None:
        self._session, self._signer, self._topics = session, signer, topics
        self._publishing = Publishing(session)

    def pack(self, now: datetime) -> str:
        """All that is told here, with its history, signed."""
        told = [(from_body(row.body), self._earlier(row)) for row in self._publishing.published()]
        return pack(told, now, self._signer)

    def look_into(self, text: str, choices: Choices, *, unsigned: bool) -> PackageReport:
        """What taking a package would do; ``unsigned`` takes it without a trusted signature. Raises BadPackage."""
        package, signer = self._opened(text, unsigned=unsigned)
        entries = tuple(self._compared(parcel, choices)[0] for parcel in package.entries)
        return PackageReport(package.issuer, signer, package.exported_at, entries)

    def take(
        self, text: str, choices: Choices, actor: str, now: datetime, *, unsigned: bool
    ) -> PackageReport:
        """Put a package's news up for review. Raises BadPackage, also for conflicts that nobody has decided on."""
        package, signer = self._opened(text, unsigned=unsigned)
        compared = [self._compared(parcel, choices) for parcel in package.entries]
        report = PackageReport(
            package.issuer, signer, package.exported_at, tuple(incoming for incoming, _ in compared)
        )
        if report.conflicts:
            names = ", ".join(f"{one.entry_id} ({', '.join(one.clashes)})" for one in report.conflicts)
            raise BadPackage(f"both sides changed: {names}; nothing was taken", "package.conflicts")
        taken = []
        for incoming, content in compared:
            if content is None:
                continue
            entry = from_body(dict(content))
            row = self._publishing.save(entry, actor, now, origin=f"package:{package.issuer}"[:96])
            self._publishing.submit(row.id, actor, now)
            taken.append(incoming.entry_id)
        Audit(self._session).look(actor, "package_taken", f"package:{len(taken)}", now)
        return PackageReport(report.issuer, signer, report.exported_at, report.entries, tuple(taken))

    # -- trust

    def trusted(self) -> list[TrustedKey]:
        """The installations whose packages are taken."""
        query = select(TrustedKey).where(TrustedKey.revoked_at.is_(None)).order_by(TrustedKey.id)
        return list(self._session.scalars(query))

    def trust(self, name: str, public_key: str, actor: str, now: datetime) -> TrustedKey:
        """Take packages of one more installation. Raises BadPackage."""
        if not is_public_key(public_key):
            raise BadPackage("this is no public key: 44 characters of URL-safe base64", "package.bad_key")
        known = self._session.scalars(
            select(TrustedKey).where((TrustedKey.name == name) | (TrustedKey.public_key == public_key))
        ).all()
        if any(key.revoked_at is None for key in known):
            raise BadPackage("this name or this key is trusted already", "package.known_key")
        for old in known:
            self._session.delete(old)
        self._session.flush()
        key = TrustedKey(name=name, public_key=public_key, added_at=now, added_by=actor)
        self._session.add(key)
        self._session.flush()
        Audit(self._session).look(actor, "key_trusted", f"trusted_key:{key.id}", now)
        return key

    def distrust(self, name: str, actor: str, now: datetime) -> None:
        """Take no more packages of an installation. Raises BadPackage."""
        key = self._session.scalar(select(TrustedKey).filter_by(name=name, revoked_at=None))
        if key is None:
            raise BadPackage(f"no installation of the name {name} is trusted", "package.unknown_key")
        key.revoked_at = now
        Audit(self._session).look(actor, "key_distrusted", f"trusted_key:{key.id}", now)

    # -- parts

    def _opened(self, text: str, *, unsigned: bool) -> tuple[Package, str | None]:
        try:
            package = unpack(text, "package")
        except InvalidKnowledge as error:
            raise BadPackage(str(error), "package.malformed") from None
        foreign = [one.entry.id for one in package.entries if one.entry.topic not in self._topics]
        if foreign:
            raise BadPackage(f"topics outside the table: {', '.join(foreign)}", "package.malformed")
        signature = package.signature
        name = self._known(signature.public_key) if signature else None
        if name is None and not unsigned:
            if signature is None:
                raise BadPackage("the package is not signed", "package.unsigned")
            raise BadPackage(
                f"the package is signed with a key that is not trusted here: {signature.public_key}",
                "package.foreign",
            )
        return package, name

    def _known(self, public_key: str) -> str | None:
        if public_key == self._signer.public_key:
            return self._signer.name
        return next((key.name for key in self.trusted() if key.public_key == public_key), None)

    def _earlier(self, row: PolicyVersion) -> tuple[str, ...]:
        """The hashes of what an entry said before, the newest first."""
        older = (one for one in self._publishing.history(row.entry_id) if one.number < row.number)
        told = [one.content_hash for one in older if one.published_at is not None]
        return tuple(dict.fromkeys(hash_ for hash_ in told if hash_ != row.content_hash))

    def _here(self, entry_id: str) -> _Ours:
        history = self._publishing.history(entry_id)
        told = next((row for row in history if row.published_of), None)
        opened = next((row for row in history if row.open_of), None)
        ended = next((row for row in history if row.status == "retired"), None)
        ours = told or opened or ended
        return _Ours(
            ours.body if ours else None,
            ours.content_hash if ours else None,
            opened.content_hash if opened else None,
            {row.content_hash: row.body for row in history},
        )

    def _compared(self, parcel: Parcel, choices: Choices) -> tuple[Incoming, Content | None]:
        """What becomes of an incoming entry, and the content to be put up for review; None: nothing is taken."""
        entry_id, ours = parcel.entry.id, self._here(parcel.entry.id)
        theirs: Content = to_body(parcel.entry)
        state, content, clashes = _state(parcel, ours, theirs)
        if state in TAKEN and ours.open_hash not in (None, parcel.content_hash, ours.content_hash):
            state, clashes = "conflict", ("open",)  # somebody here is working on it
        if state == "conflict" and entry_id in choices.ours:
            state, content = "same", None
        elif state == "conflict" and entry_id in choices.theirs:
            state, content = "theirs", theirs
        shown = content if content is not None else theirs
        told = changes(ours.content, shown) if state not in ("same", "older") else ()
        taken = content if state in TAKEN and ours.open_hash != parcel.content_hash else None
        return Incoming(entry_id, parcel.entry.title, state, told, clashes), taken


def _state(parcel: Parcel, ours: _Ours, theirs: Content) -> tuple[str, Content | None, tuple[str, ...]]:
    if ours.content is None:
        return "new", theirs, ()
    if parcel.content_hash == ours.content_hash:
        return "same", None, ()
    if parcel.content_hash in ours.contents:
        return ("same" if parcel.content_hash == ours.open_hash else "older"), None, ()
    if ours.content_hash in parcel.history:
        return "theirs", theirs, ()
    base = next((ours.contents[hash_] for hash_ in parcel.history if hash_ in ours.contents), None)
    if base is None:
        return "conflict", None, tuple(change.field for change in changes(ours.content, theirs))
    merged = merge(base, ours.content, theirs)
    if merged.clashes:
        return "conflict", None, merged.clashes
    return "merged", merged.content, ()

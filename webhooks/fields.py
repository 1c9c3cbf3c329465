"""WeChat's XML, read defensively: one level of named texts below ``<xml>``, no document type, no entities."""

from __future__ import annotations

from xml.parsers.expat import ExpatError, ParserCreate

from webhooks.refusals import Malformed

_MOST_ELEMENTS = 500  # the longest real event (scan results, picture lists) has a few dozen


class _Reader:
    """Collects the texts of the elements directly below the root."""

    def __init__(self) -> None:
        self.fields: dict[str, str] = {}
        self._path: list[str] = []
        self._pieces: list[str] = []
        self._count = 0

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self._count += 1
        if self._count > _MOST_ELEMENTS or (not self._path and name != "xml"):
            raise Malformed
        self._path.append(name)
        if len(self._path) == 2:
            self._pieces = []

    def text(self, data: str) -> None:
        if len(self._path) == 2:
            self._pieces.append(data)

    def end(self, name: str) -> None:
        if len(self._path) == 2:
            if name in self.fields:
                raise Malformed
            self.fields[name] = "".join(self._pieces).strip()
        self._path.pop()

    def refuse(self, *_: object) -> int:
        raise Malformed


def read_fields(body: bytes) -> dict[str, str]:
    """The texts by element name; what lies deeper is left out. Raises Malformed.

    Any document type is refused, which rules out entities, external ones included (XXE), and their expansion.
    The body is UTF-8 whatever its declaration says.
    """
    reader = _Reader()
    parser = ParserCreate("UTF-8")
    parser.buffer_text = True
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.text
    parser.StartDoctypeDeclHandler = reader.refuse
    parser.EntityDeclHandler = reader.refuse
    parser.ExternalEntityRefHandler = reader.refuse
    parser.ProcessingInstructionHandler = reader.refuse
    try:
        body.decode()  # expat would follow another encoding's byte-order mark
        parser.Parse(body, True)
    except (ExpatError, UnicodeError, ValueError) as error:
        raise Malformed from error
    if not reader.fields:
        raise Malformed
    return reader.fields

"""WeChat's flat XML: written for pushed messages, read from passive replies."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from xml.etree import ElementTree

# Characters XML 1.0 cannot carry at all.
_FORBIDDEN = re.compile(r"[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

Fields = Mapping[str, Any]


class BadXml(ValueError):
    """Not a document of the form ``<xml>…</xml>``."""


def cdata(text: str) -> str:
    """Text as CDATA; an inner ``]]>`` is split over two sections."""
    return "<![CDATA[" + _FORBIDDEN.sub("", text).replace("]]>", "]]]]><![CDATA[>") + "]]>"


def write(fields: Fields) -> str:
    """``<xml>`` with one element a field: strings as CDATA, numbers bare, mappings nested."""
    return "<xml>" + "".join(_element(name, value) for name, value in fields.items()) + "</xml>"


def _element(name: str, value: Any) -> str:
    if isinstance(value, Mapping):
        return f"<{name}>" + "".join(_element(n, v) for n, v in value.items()) + f"</{name}>"
    return f"<{name}>{cdata(value) if isinstance(value, str) else value}</{name}>"


def read(text: str) -> dict[str, Any]:
    """The fields below ``<xml>``; raises BadXml, also for any document type."""
    if "<!DOCTYPE" in text:
        raise BadXml("document types are not allowed")
    try:
        root = ElementTree.fromstring(text)  # noqa: S314 without a document type there are no entities
    except ElementTree.ParseError as error:
        raise BadXml("not XML") from error
    if root.tag != "xml" or not len(root):
        raise BadXml("no <xml> with elements")
    fields: dict[str, Any] = _children(root)
    return fields


def _children(element: ElementTree.Element) -> dict[str, Any]:
    """Texts by name, nested elements as mappings, repeated ones as a list."""
    found: dict[str, Any] = {}
    for child in element:
        value = _children(child) if len(child) else (child.text or "")
        if child.tag in found:
            earlier = found[child.tag]
            found[child.tag] = [*earlier, value] if isinstance(earlier, list) else [earlier, value]
        else:
            found[child.tag] = value
    return found

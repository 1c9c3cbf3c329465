"""Writes a policy entry as the YAML that people edit: block text, the fields in reading order, nothing empty."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from knowledge.entry import PolicyEntry
from knowledge.loader import file_of


class _EntryDumper(yaml.SafeDumper):
    """Indents lists, keeps key order, writes several lines as a block."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = "|" if "\n" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_EntryDumper.add_representer(str, _text)


def to_yaml(entry: PolicyEntry) -> str:
    """An entry's file content; loading it gives an equal entry."""
    content = _without_empty(entry.model_dump(mode="python", exclude_none=True))
    content["region"] = entry.region  # null stays visible: a general entry
    content["status"] = entry.status.value
    content["validity"]["certainty"] = entry.validity.certainty.value
    if entry.validity.certainty.value == "certain":
        del content["validity"]["certainty"]
    return yaml.dump(content, Dumper=_EntryDumper, allow_unicode=True, sort_keys=False, width=10_000)


def write(entry: PolicyEntry, folder: Path) -> Path:
    """Put an entry's file into the folder of entries; an existing one is replaced at once, never half."""
    path = folder / file_of(entry)
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(".yaml.new")
    fresh.write_text(to_yaml(entry), encoding="utf-8")
    fresh.replace(path)
    return path


def _without_empty(content: dict[str, Any]) -> dict[str, Any]:
    kept: dict[str, Any] = {}
    for key, value in content.items():
        if isinstance(value, tuple):
            if value:
                kept[key] = [_without_empty(item) if isinstance(item, dict) else item for item in value]
        elif isinstance(value, dict):
            kept[key] = _without_empty(value)
        else:
            kept[key] = value
    return kept

"""Reads knowledge/entries/<topic>/<region>.yaml into policy entries, with file and line for whatever is wrong."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from bot.ports import YinlingError
from knowledge.entry import PolicyEntry
from knowledge.topics import TopicTable, load_topics

ENTRIES_FOLDER = Path(__file__).resolve().parent / "entries"
GENERAL = "general"

Place = tuple[str | int, ...]
_YamlLoader = getattr(
    yaml, "CSafeLoader", yaml.SafeLoader
)  # libyaml where the wheel has it: ten times faster


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a file, and where; ``line`` counts from 1."""

    file: str
    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.message}"


class InvalidKnowledge(YinlingError):
    """The entries cannot be loaded; ``problems`` holds every fault found, not only the first."""

    code = "knowledge.invalid"

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = problems


def load(folder: Path = ENTRIES_FOLDER, topics: TopicTable | None = None) -> tuple[PolicyEntry, ...]:
    """All entries below a folder, sorted by id.

    Raises InvalidKnowledge with every fault: YAML that cannot be read, repeated keys, unknown or missing
    fields, topics outside the table, a file whose folder or name differs from its topic or region, an id
    used twice.
    """
    table = load_topics() if topics is None else topics
    problems: list[Problem] = []
    entries: dict[str, PolicyEntry] = {}
    paths = sorted(folder.rglob("*.yaml")) if folder.is_dir() else []
    if not paths:
        problems.append(Problem(str(folder), 1, "no entries found in this folder"))
    for path in paths:
        name = path.relative_to(folder).as_posix()
        entry, lines, found = _read(path, name)
        problems.extend(found)
        if entry is None:
            continue
        problems.extend(_misplaced(entry, path.relative_to(folder), name, lines, table))
        if entry.id in entries:
            problems.append(Problem(name, lines.line(("id",)), f"id {entry.id!r} is used twice"))
        entries[entry.id] = entry
    if problems:
        raise InvalidKnowledge(tuple(problems))
    return tuple(entries[key] for key in sorted(entries))


def file_of(entry: PolicyEntry) -> str:
    """Where an entry's file belongs, relative to the folder of entries."""
    return f"{entry.topic}/{entry.region or GENERAL}.yaml"


def _read(path: Path, name: str) -> tuple[PolicyEntry | None, _LineMarks, list[Problem]]:
    marks = _LineMarks()
    try:
        content = _parse(path.read_text(encoding="utf-8"), marks)
    except UnicodeDecodeError as error:
        return None, marks, [Problem(name, 1, f"not UTF-8: {error.reason}")]
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        return None, marks, [Problem(name, line, f"not YAML: {error.problem}")]
    except yaml.YAMLError as error:
        return None, marks, [Problem(name, 1, f"not YAML: {error}")]
    repeated = [Problem(name, line, f"{key!r} stands here twice") for key, line in marks.repeated]
    try:
        return PolicyEntry.model_validate(content), marks, repeated
    except ValidationError as error:
        faults = [Problem(name, marks.line(e["loc"]), _sentence(e["loc"], e["msg"])) for e in error.errors()]
        return None, marks, repeated + faults


def _parse(text: str, marks: _LineMarks) -> Any:
    """The content of one YAML document; its line marks are put into ``marks``."""
    loader = _YamlLoader(text)
    try:
        root = loader.get_single_node()
        if root is None:
            return None
        marks.walk(root)
        return loader.construct_document(root)
    finally:
        loader.dispose()


def _sentence(place: Place, message: str) -> str:
    where = ".".join(str(part) for part in place)
    return f"{where}: {message}" if where else message


def _misplaced(
    entry: PolicyEntry, path: Path, name: str, lines: _LineMarks, topics: TopicTable
) -> Iterator[Problem]:
    if entry.topic not in topics:
        yield Problem(name, lines.line(("topic",)), f"topic {entry.topic!r} is not in the table of topics")
    if path.as_posix() != file_of(entry):
        yield Problem(
            name, lines.line(("id",)), f"an entry of this topic and region belongs in {file_of(entry)}"
        )


class _LineMarks:
    """Which line of a YAML text each key and item stands on."""

    def __init__(self) -> None:
        self._lines: dict[Place, int] = {}
        self.repeated: list[tuple[str, int]] = []

    def line(self, place: Place) -> int:
        """The line of a place, or of the nearest place around it that has one."""
        for end in range(len(place), -1, -1):
            if place[:end] in self._lines:
                return self._lines[place[:end]]
        return 1

    def walk(self, node: Any, place: Place = ()) -> None:
        """Note the lines of a node and of all that it holds."""
        self._lines.setdefault(place, node.start_mark.line + 1)
        if isinstance(node, yaml.MappingNode):
            seen: set[str] = set()
            for key, value in node.value:
                name = str(key.value)
                if name in seen:
                    self.repeated.append((name, key.start_mark.line + 1))
                seen.add(name)
                self._lines[(*place, name)] = key.start_mark.line + 1
                self.walk(value, (*place, name))
        elif isinstance(node, yaml.SequenceNode):
            for index, item in enumerate(node.value):
                self.walk(item, (*place, index))

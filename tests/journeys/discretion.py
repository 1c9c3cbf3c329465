"""Whether the logs keep to themselves what people said."""

from __future__ import annotations

import json
from pathlib import Path
from urllib.parse import quote

SHORTEST = 4  # characters; shorter words, as 好 or 转人工, say nothing of anybody


class Discretion:
    """Remembers what was said in an installation, and looks for it in the log files of a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._said: set[str] = set()

    def remember(self, *texts: str) -> None:
        """Words, names, numbers and openids that no log may hold; of long texts every sentence counts."""
        for text in texts:
            parts = text.replace("。", "，").replace("？", "，").replace("\n", "，").split("，")
            self._said |= {part.strip() for part in [text, *parts] if len(part.strip()) >= SHORTEST}

    def betrayed(self, printed: list[str]) -> dict[str, list[str]]:
        """File name → what of it a log (or ``printed``, what the command wrote) holds, in whatever notation."""
        texts = {path.name: path.read_bytes() for path in sorted(self._folder.rglob("*")) if path.is_file()}
        assert len(texts) >= 5, f"only these logs were found: {sorted(texts)}"
        texts["(printed)"] = "\n".join(printed).encode()
        found = {
            name: [word for word in sorted(self._said) if any(form in content for form in _forms(word))]
            for name, content in texts.items()
        }
        return {name: words for name, words in found.items() if words}

    @property
    def count(self) -> int:
        """How many words are looked for."""
        return len(self._said)


def _forms(word: str) -> set[bytes]:
    """A word as UTF-8, as JSON and Python escape it, and as it stands in a URL."""
    escaped = json.dumps(word)[1:-1]
    raw = repr(word.encode())[2:-1]
    return {word.encode(), escaped.encode(), escaped.upper().encode(), raw.encode(), quote(word).encode()}

"""Draws the pictures of an evaluation. Runs in Rasa's environment, which brings matplotlib; started by nlu.report_page.

Reads {"report": …, "names": …} from standard input and writes PNG files into the folder given.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np

_DPI = 110


def risk(report: dict[str, Any], file: Path) -> None:
    """The share acted on wrongly as more is acted on, the surest first."""
    coverage, wrong = zip(*report["risk_coverage"], strict=True)
    figure, axes = plt.subplots(figsize=(6, 4))
    axes.plot(coverage, wrong, color="#1f6f8b")
    axes.set_xlabel("share of all sentences acted on (foreign ones among them)")
    axes.set_ylabel("of these, wrongly")
    axes.set_ylim(bottom=0)
    axes.grid(alpha=0.3)
    _save(figure, file)


def calibration(report: dict[str, Any], file: Path) -> None:
    """Accuracy by confidence; the area of a point is the number of sentences."""
    confidence, right, count = zip(*report["reliability"], strict=True)
    figure, axes = plt.subplots(figsize=(5, 5))
    axes.plot([0, 1], [0, 1], color="grey", linewidth=0.8)
    axes.scatter(confidence, right, s=10 + 300 * np.array(count) / max(count), color="#1f6f8b", alpha=0.8)
    axes.set_xlabel("confidence")
    axes.set_ylabel("right")
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1.03)
    axes.grid(alpha=0.3)
    _save(figure, file)


def confusions(report: dict[str, Any], file: Path) -> None:
    """Every intent meant (rows) by every intent understood, as shares of the row."""
    table = report["confusion_table"]
    intents = sorted({*table, *(seen for row in table.values() for seen in row)})
    shares = np.zeros((len(intents), len(intents)))
    for meant, row in table.items():
        for seen, count in row.items():
            shares[intents.index(meant), intents.index(seen)] = count / sum(row.values())
    figure, axes = plt.subplots(figsize=(15, 14))
    axes.imshow(np.sqrt(shares), cmap="Blues", vmin=0, vmax=1)  # the root shows single mistakes
    names = [intent.replace("ask_", "? ", 1) for intent in intents]
    axes.set_xticks(range(len(intents)), names, rotation=90, fontsize=6)
    axes.set_yticks(range(len(intents)), names, fontsize=6)
    axes.set_xlabel("understood")
    axes.set_ylabel("meant")
    _save(figure, file)


def _save(figure: Any, file: Path) -> None:
    figure.tight_layout()
    figure.savefig(file, dpi=_DPI, metadata={"Software": None})  # the same figures give the same file
    plt.close(figure)


def main() -> None:
    """Draw all pictures."""
    given = json.load(sys.stdin)
    folder = Path(sys.argv[1])
    for draw in (risk, calibration, confusions):
        draw(given["report"], folder / given["names"][draw.__name__])


if __name__ == "__main__":
    main()

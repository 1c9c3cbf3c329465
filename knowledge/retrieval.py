"""Finds passages by their words: BM25 over words, character pairs and characters, scored as a share of the question.

The score is the BM25 sum divided by the most that this question could reach, so that it lies in 0..1 and a
question full of foreign words stays low. Words that no passage holds count as the rarest ones.

A word that is in many passages keeps only the heaviest of each group (champion lists: Manning, Raghavan, Schütze,
"Introduction to Information Retrieval", 7.1.3). So a search looks at a bounded number of passages, however many there
are, and where no word is in more than FEW passages it is exact.
"""

from __future__ import annotations

import logging
import math
import re
import threading
from array import array
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import bm25s  # type: ignore[import-untyped]
import numpy as np
import rjieba
from numpy.typing import NDArray

logging.getLogger("bm25s").setLevel(logging.WARNING)  # bm25s sets itself to DEBUG and tells of every index

K1 = 1.2
B = 0.4  # passages are short questions: length says little
FEW = 1024  # passages that a word may be in before it is pruned: none of today's is in more
KEPT = 8  # passages of one group that it points at from then on
_HAN = re.compile(r"[一-鿿]+")
_WORD = re.compile(r"[一-鿿]+|[A-Za-z]+|\d+")
# Words of asking, politeness and address: they are in every question and tell nothing of its matter.
_ASKING = """
的 了 吗 呢 吧 啊 呀 哦 嘛 么 我 你 您 他 她 它 我们 你们 是 在 有 就 都 也 还 和 与 要 想 去 来 这 那 个 请 问 请问
怎么 怎样 怎么样 怎么办 如何 什么 哪里 哪儿 哪 多少 几 能 可以 能不能 可不可以 行 行不行 是不是 有没有
一下 一个 给 把 被 得 地 着 过 让 说 听说 知道 不 没 没有 咋 咋个 咋办 啥 现在 你好 您好 谢谢 麻烦
"""
_EMPTY = frozenset(_ASKING.split())
_NO_WORD = ""  # stands in for the words of a passage that has none

Numbers = NDArray[np.int32]
Weights = NDArray[np.float32]


def tokens(text: str) -> list[str]:
    """A text's words, character pairs and characters, without the words of asking."""
    found: list[str] = []
    lowered = text.lower()
    for word in rjieba.cut(lowered):
        if _WORD.fullmatch(word) and word not in _EMPTY:
            found.append(word)
    for run in _HAN.findall(lowered):
        found.extend(character for character in run if character not in _EMPTY)
        found.extend(f"{a}{b}" for a, b in pairwise(run) if a + b not in _EMPTY)
    return found


class Match(NamedTuple):
    """The best passage of one group: whose it is, and how well it fits (0..1)."""

    group: int
    owner: int
    score: float


class Passages:
    """An immutable BM25 index over passages. Safe in several threads.

    Each passage belongs to an owner (``owners``, one number a passage) and each owner to a group (``groups``, one
    number an owner). Numbers count from 0.
    """

    def __init__(self, texts: Sequence[str], owners: Sequence[int], groups: Sequence[int]) -> None:
        self._owners = np.asarray(owners, dtype=np.int32)
        self._groups = np.asarray(groups, dtype=np.int32)[self._owners] if len(owners) else self._owners
        self._group_count = max(groups, default=-1) + 1
        self._vocabulary: dict[str, int] = {}
        self._own = threading.local()
        corpus = [array("i", self._numbered(text)) for text in texts]
        count = len(corpus)
        self._rarest = math.log(1 + (count + 0.5) / 0.5)
        if not corpus:
            return
        model = bm25s.BM25(k1=K1, b=B, method="lucene")
        model.index((corpus, self._vocabulary), create_empty_token=False, show_progress=False)
        starts = np.asarray(model.scores["indptr"], dtype=np.int64)
        self._weight = np.log(1 + (count - np.diff(starts) + 0.5) / (np.diff(starts) + 0.5))
        self._champions(starts, model.scores["indices"], model.scores["data"])

    def best(self, text: str) -> list[Match]:
        """For each group with a passage that shares a word with the text its best one; groups in order."""
        asked = tokens(text)
        known = [self._vocabulary[token] for token in asked if token in self._vocabulary]
        if not known:
            return []
        most = float(self._weight[known].sum()) + self._rarest * (len(asked) - len(known))
        sums = self._sums()
        spans = [slice(self._starts[number], self._starts[number + 1]) for number in known]
        for span in spans:
            sums[self._passages[span]] += self._impacts[span]
        touched = np.concatenate([self._passages[span] for span in spans])
        scores = sums[touched]
        sums[touched] = 0
        return self._of_groups(touched, scores, most)

    def _sums(self) -> Weights:
        """This thread's adding machine: one zero a passage; whoever uses it leaves it so."""
        sums: Weights | None = getattr(self._own, "sums", None)
        if sums is None:
            sums = self._own.sums = np.zeros(len(self._owners), dtype=np.float32)
        return sums

    def _of_groups(self, passages: Numbers, scores: Weights, most: float) -> list[Match]:
        """The best of each group; of equals the first passage."""
        groups = self._groups[passages]
        highest = np.zeros(self._group_count, dtype=np.float32)
        np.maximum.at(highest, groups, scores)
        best: dict[int, int] = {}
        for place in np.flatnonzero(scores == highest[groups]).tolist():
            group, passage = int(groups[place]), int(passages[place])
            best[group] = min(passage, best.get(group, passage))
        return [
            Match(group, int(self._owners[passage]), min(1.0, float(highest[group]) / most))
            for group, passage in sorted(best.items())
        ]

    def _numbered(self, text: str) -> list[int]:
        vocabulary = self._vocabulary
        return [vocabulary.setdefault(token, len(vocabulary)) for token in tokens(text) or [_NO_WORD]]

    def _champions(self, starts: NDArray[np.int64], passages: Numbers, impacts: Weights) -> None:
        """Keep each word's heaviest passages of each group."""
        kept_passages, kept_impacts, ends = [], [], [0]
        for start, end in pairwise(starts.tolist()):
            numbers, weights = passages[start:end], impacts[start:end]
            if end - start > FEW:
                chosen = self._heaviest(numbers, weights)
                numbers, weights = numbers[chosen], weights[chosen]
            kept_passages.append(numbers)
            kept_impacts.append(weights)
            ends.append(ends[-1] + len(numbers))
        self._starts = ends
        self._passages = np.concatenate(kept_passages)
        self._impacts = np.concatenate(kept_impacts)

    def _heaviest(self, passages: Numbers, impacts: Weights) -> NDArray[np.int64]:
        """Which of a word's passages are among the KEPT heaviest of their group."""
        groups = self._groups[passages]
        order = np.lexsort((-impacts, groups))
        ordered = groups[order]
        begins = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]])
        rank = np.arange(len(ordered)) - np.repeat(begins, np.diff(np.r_[begins, len(ordered)]))
        return np.sort(order[rank < KEPT])

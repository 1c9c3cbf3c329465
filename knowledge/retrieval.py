"""Finds passages by their words: BM25 over words, character pairs and characters, scored as a share of the question.

The score is the BM25 sum divided by the most that this question could reach, so that it lies in 0..1 and a
question full of foreign words stays low. Words that no passage holds count as the rarest ones.
"""

from __future__ import annotations

import logging
import math
import re
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

import bm25s  # type: ignore[import-untyped]
import numpy as np
import rjieba

logging.getLogger("bm25s").setLevel(logging.WARNING)  # bm25s sets itself to DEBUG and tells of every index

K1 = 1.2
B = 0.4  # passages are short questions: length says little
_HAN = re.compile(r"[一-鿿]+")
_WORD = re.compile(r"[一-鿿]+|[A-Za-z]+|\d+")
# Words of asking, politeness and address: they are in every question and tell nothing of its matter.
_ASKING = """
的 了 吗 呢 吧 啊 呀 哦 嘛 么 我 你 您 他 她 它 我们 你们 是 在 有 就 都 也 还 和 与 要 想 去 来 这 那 个 请 问 请问
怎么 怎样 怎么样 怎么办 如何 什么 哪里 哪儿 哪 多少 几 能 可以 能不能 可不可以 行 行不行 是不是 有没有
一下 一个 给 把 被 得 地 着 过 让 说 听说 知道 不 没 没有 咋 咋个 咋办 啥 现在 你好 您好 谢谢 麻烦
"""
_EMPTY = frozenset(_ASKING.split())


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


class Passages:
    """An immutable BM25 index over passages, each belonging to an owner (any number of passages an owner)."""

    def __init__(self, texts: Sequence[str], owners: Sequence[int]) -> None:
        corpus = [tokens(text) or [""] for text in texts]
        self._owners = np.asarray(owners, dtype=np.int64)
        self._size = int(self._owners.max()) + 1 if len(owners) else 0
        self._model = bm25s.BM25(k1=K1, b=B, method="lucene")
        frequency = Counter(token for passage in corpus for token in set(passage))
        count = len(corpus)
        self._weight = {t: math.log(1 + (count - n + 0.5) / (n + 0.5)) for t, n in frequency.items()}
        self._rarest = math.log(1 + (count + 0.5) / 0.5)
        if corpus:
            self._model.index(corpus, show_progress=False)

    def score(self, text: str) -> np.ndarray:
        """For each owner the best score 0..1 of its passages; all zero where no word is known."""
        best = np.zeros(self._size, dtype=np.float64)
        asked = tokens(text)
        known = [token for token in asked if token in self._weight]
        if not known or not self._size:
            return best
        most = sum(self._weight.get(token, self._rarest) for token in asked)
        raw = np.asarray(self._model.get_scores(known), dtype=np.float64)
        np.maximum.at(best, self._owners, np.clip(raw / most, 0.0, 1.0))
        return best

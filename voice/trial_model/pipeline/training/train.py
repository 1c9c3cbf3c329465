"""Train the network: frames are classified by the sound that is said in them.

    python -m voice.trial_model.pipeline.training.train OUT.pt MINUTES DATA.npz …

Each sentence comes in ever new telephone versions. Writes the network and the sounds' shares (priors).
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional

from voice.trial_model.pipeline.phones import PHONES
from voice.trial_model.pipeline.training.features import BINS
from voice.trial_model.pipeline.training.network import CONTEXT, Network
from voice.trial_model.pipeline.training.telephone import FRAMES_PER_OUTPUT, example

_RATE, _LONGEST = 16_000, 10.0  # Hz and seconds of the training sentences
_BATCH_FRAMES = 6000
_LEARNING_RATE, _WARM_UP_STEPS = 1.5e-3, 200
_POOL = 120  # batches kept: making one costs as much as learning from it, so each is used about twice
_NOTHING = -100  # a label that is not counted

Batch = tuple[Tensor, Tensor]
Sentence = tuple[npt.NDArray[np.int16], npt.NDArray[np.int64]]


class Sentences(torch.utils.data.IterableDataset[Batch]):
    """Endless batches of telephone versions, sentences of like length together."""

    def __init__(self, files: list[str]) -> None:
        self._sentences = [one for file in files for one in _read(file)]

    def __iter__(self) -> Iterator[Batch]:
        rng = np.random.default_rng(0)
        lengths = np.array([len(sound) for sound, _ in self._sentences])
        while True:
            order = np.argsort(lengths * rng.uniform(0.85, 1.15, len(lengths)))
            batches = _grouped(order, lengths)
            rng.shuffle(batches)
            for batch in batches:
                yield self._batch(rng, batch)

    def _batch(self, rng: np.random.Generator, numbers: list[int]) -> Batch:
        made = [self._one(rng, number) for number in numbers]
        longest = max(len(labels) for _, labels in made)
        features = np.zeros((len(made), 2 * CONTEXT + FRAMES_PER_OUTPUT * longest, BINS), np.float32)
        targets = np.full((len(made), longest), _NOTHING, np.int64)
        for row, (frames, labels) in enumerate(made):
            features[row, : len(frames)] = frames
            features[row, len(frames) :] = frames[-1]
            targets[row, : len(labels)] = labels
        return torch.from_numpy(features), torch.from_numpy(targets)

    def _one(
        self, rng: np.random.Generator, number: int
    ) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.int64]]:
        other = self._sentences[rng.integers(len(self._sentences))][0] if rng.random() < 0.2 else None
        frames, labels = example(rng, *self._sentences[number], other)
        outputs = (len(frames) + FRAMES_PER_OUTPUT - 1) // FRAMES_PER_OUTPUT
        after = CONTEXT + FRAMES_PER_OUTPUT * outputs - len(frames)
        frames = np.pad(frames, ((CONTEXT, after), (0, 0)), mode="edge")
        if rng.random() < 0.3:  # hide a short stretch of time
            at, width = rng.integers(0, len(frames)), rng.integers(3, 12)
            frames[at : at + width] = frames[at]
        return frames, labels[:outputs]


def main(out: str, minutes: str, *files: str) -> None:
    """Train for so many minutes on one core, saving as it goes."""
    torch.set_num_threads(1)
    torch.manual_seed(0)
    network = Network()
    batches = iter(
        torch.utils.data.DataLoader(
            Sentences(list(files)), batch_size=None, num_workers=1, prefetch_factor=16
        )
    )
    sample = torch.cat([next(batches)[0].reshape(-1, BINS) for _ in range(20)])
    network.mean.copy_(sample.mean(0))
    network.std.copy_(sample.std(0))
    optimizer = torch.optim.AdamW(network.parameters(), lr=_LEARNING_RATE, weight_decay=1e-3)
    counts = torch.ones(len(PHONES))
    pool: list[Batch] = []
    started, step = time.monotonic(), 0
    while (done := (time.monotonic() - started) / 60 / float(minutes)) < 1:
        rate = _LEARNING_RATE * min(1.0, step / _WARM_UP_STEPS + 0.02) * (1 - done)
        for group in optimizer.param_groups:
            group["lr"] = max(rate, 1e-5)
        features, targets = _next(pool, batches, step)
        loss, right = _learn(network, optimizer, features, targets)
        counts += torch.bincount(targets[targets != _NOTHING], minlength=len(PHONES))
        step += 1
        if step % 100 == 0:
            print(f"{step} steps, {done:.0%}: loss {loss:.3f}, right {right:.3f}", flush=True)
            _save(out, network, counts)
    _save(out, network, counts)


def _learn(
    network: Network, optimizer: torch.optim.Optimizer, features: Tensor, targets: Tensor
) -> tuple[float, float]:
    with torch.autocast("cpu", torch.bfloat16):
        output = network(features)
    output = output[:, : targets.shape[1]].float()
    loss = functional.cross_entropy(
        output.reshape(-1, output.shape[-1]), targets.reshape(-1), ignore_index=_NOTHING, label_smoothing=0.02
    )
    optimizer.zero_grad()
    loss.backward()
    torch.nn.utils.clip_grad_norm_(network.parameters(), 5.0)
    optimizer.step()
    counted = targets != _NOTHING
    return float(loss.detach()), float((output.argmax(-1) == targets)[counted].float().mean())


def _next(pool: list[Batch], batches: Iterator[Batch], step: int) -> Batch:
    """A fresh batch every other time, else one of the pool."""
    if len(pool) >= 20 and step % 2:
        return pool[int(torch.randint(len(pool), ()))]
    batch = next(batches)
    if len(pool) < _POOL:
        pool.append(batch)
    else:
        pool[int(torch.randint(_POOL, ()))] = batch
    return batch


def _grouped(order: npt.NDArray[np.int64], lengths: npt.NDArray[np.int64]) -> list[list[int]]:
    batches: list[list[int]] = [[]]
    longest = 0.0
    for number in order:
        frames = lengths[number] / (_RATE / 100) * 1.2
        if batches[-1] and max(longest, frames) * (len(batches[-1]) + 1) > _BATCH_FRAMES:
            batches.append([])
            longest = 0.0
        batches[-1].append(int(number))
        longest = max(longest, frames)
    return batches


def _read(file: str) -> list[Sentence]:
    with np.load(file) as held:
        sounds = np.split(held["sound"], np.cumsum(held["sound_lengths"])[:-1])
        labels = np.split(held["labels"], np.cumsum(held["label_lengths"])[:-1])
    pairs = zip(sounds, labels, strict=True)
    return [(sound, label) for sound, label in pairs if len(sound) < _LONGEST * _RATE]


def _save(out: str, network: Network, counts: Tensor) -> None:
    torch.save({"net": network.state_dict(), "priors": (counts / counts.sum()).numpy()}, out)


if __name__ == "__main__":
    main(*sys.argv[1:])

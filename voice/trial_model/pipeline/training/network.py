"""The acoustic network: a factorised TDNN over features, one output every third frame, 21 frames of context each side.

Convolutions over time are matrix products of spliced frames, the same form in which Kaldi runs them.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from voice.trial_model.pipeline.phones import PHONES
from voice.trial_model.pipeline.training.features import BINS

CONTEXT = 21  # frames on each side
_FIRST, _WIDTH, _NECK, _BLOCKS = 256, 512, 128, 6


class Network(nn.Module):
    """Features (batch, frames, BINS), padded by CONTEXT frames → logits; output k belongs to frame CONTEXT + 3k."""

    def __init__(self) -> None:
        super().__init__()
        self.blocks = _BLOCKS
        self.register_buffer("mean", torch.zeros(BINS))
        self.register_buffer("std", torch.ones(BINS))
        self.l1, self.b1 = nn.Conv1d(BINS, _FIRST, 5), nn.BatchNorm1d(_FIRST)
        self.l2, self.b2 = nn.Conv1d(_FIRST, _WIDTH, 3, stride=3), nn.BatchNorm1d(_WIDTH)
        self.lin = nn.ModuleList(nn.Conv1d(_WIDTH, _NECK, 2, bias=False) for _ in range(_BLOCKS))
        self.aff = nn.ModuleList(nn.Conv1d(_NECK, _WIDTH, 2) for _ in range(_BLOCKS))
        self.bns = nn.ModuleList(nn.BatchNorm1d(_WIDTH) for _ in range(_BLOCKS))
        self.out = nn.Conv1d(_WIDTH, len(PHONES), 1)

    def forward(self, features: Tensor) -> Tensor:
        x = (features - self.mean) / self.std
        x = functional.relu(_norm(self.b1, _taps(x, self.l1, 5)))
        x = functional.relu(_norm(self.b2, _taps(x, self.l2, 3, 3)))
        for narrow, wide, norm in zip(self.lin, self.aff, self.bns, strict=True):
            y = functional.relu(_norm(norm, _taps(_taps(x, narrow, 2), wide, 2)))
            x = x[:, 1:-1] + y
        return _taps(x, self.out, 1)


def flat(weight: Tensor) -> Tensor:
    """A convolution's weight (out, in, taps) as a matrix over spliced frames in time order."""
    return weight.permute(0, 2, 1).reshape(weight.shape[0], -1)


def folded(convolution: nn.Conv1d, norm: nn.BatchNorm1d) -> tuple[Tensor, Tensor]:
    """Weight and bias of a convolution with the batch norm that follows it taken in."""
    scale = norm.weight.detach().double() / torch.sqrt(norm.running_var.double() + norm.eps)
    bias = convolution.bias.detach().double() - norm.running_mean.double()
    return convolution.weight.detach().double() * scale[
        :, None, None
    ], bias * scale + norm.bias.detach().double()


def _taps(x: Tensor, convolution: nn.Conv1d, taps: int, stride: int = 1) -> Tensor:
    count = (x.shape[1] - taps) // stride + 1
    spliced = torch.cat([x[:, at : at + (count - 1) * stride + 1 : stride] for at in range(taps)], -1)
    return functional.linear(spliced, flat(convolution.weight), convolution.bias)


def _norm(norm: nn.BatchNorm1d, x: Tensor) -> Tensor:
    normed: Tensor = norm(x.reshape(-1, x.shape[-1])).reshape(x.shape)
    return normed

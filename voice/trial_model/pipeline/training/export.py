"""The trained network as Kaldi reads it: am/final.mdl, a TransitionModel followed by an nnet3 AmNnetSimple.

    python -m voice.trial_model.pipeline.training.export NETWORK.pt MODEL/am/final.mdl

Sources: Kaldi's hmm/transition-model.cc, hmm/hmm-topology.cc, nnet3/nnet-nnet.cc, nnet3/am-nnet-simple.cc,
matrix/compressed-matrix.cc (format "CM2").
"""

from __future__ import annotations

import struct
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from voice.trial_model.pipeline.phones import PDF, POSITIONED
from voice.trial_model.pipeline.training.network import CONTEXT, Network, flat, folded

# A sound hardly heard in training must not win by its tiny share; the sound that is no word was learnt from other voices
# too, and must not be found in every new voice.
_LEAST_PRIOR, _NO_WORD_FACTOR = 1e-3, 10.0


class Writer:
    """Kaldi's binary tokens and numbers, each number with its size in front."""

    def __init__(self) -> None:
        self.data = bytearray(b"\0B")

    def tokens(self, *names: str) -> None:
        for name in names:
            self.data += name.encode() + b" "

    def integers(self, *values: int) -> None:
        for value in values:
            self.data += struct.pack("<bi", 4, value)

    def real(self, value: float) -> None:
        self.data += struct.pack("<bf", 4, value)

    def integer_vector(self, values: Iterable[int]) -> None:
        array = np.asarray(list(values), "<i4")
        self.data += struct.pack("<bi", 4, len(array)) + array.tobytes()

    def vector(self, values: npt.ArrayLike) -> None:
        array = np.asarray(values, "<f4")
        self.data += b"FV " + struct.pack("<bi", 4, len(array)) + array.tobytes()

    def matrix(self, values: npt.ArrayLike) -> None:
        """In 16 bits a value, which Kaldi unpacks wherever it reads a matrix; halves the file."""
        array = np.asarray(values, np.float64)
        low, span = array.min(), max(array.max() - array.min(), 1e-10)
        self.data += b"CM2 " + struct.pack("<ffii", low, span, *array.shape)
        self.data += np.round((array - low) / span * 65535).astype("<u2").tobytes()


@dataclass(slots=True)
class Graph:
    """The network as named components and the lines that wire them."""

    lines: list[str]
    affine: dict[str, tuple[Tensor, Tensor]] = field(default_factory=dict)
    plain: dict[str, tuple[str, int]] = field(default_factory=dict)
    order: list[str] = field(default_factory=list)

    def add_affine(self, name: str, source: str, offsets: Iterable[int], weight: Tensor, bias: Tensor) -> str:
        """A matrix over frames of ``source`` spliced at offsets."""
        parts = [f"Offset({source},{at})" if at else source for at in offsets]
        self.affine[name] = (weight, bias)
        return self._wire(name, parts[0] if len(parts) == 1 else f"Append({','.join(parts)})")

    def add(self, name: str, kind: str, source: str, dimension: int) -> str:
        """A component without parameters: RectifiedLinear, LogSoftmax or NoOp."""
        self.plain[name] = (kind, dimension)
        return self._wire(name, source)

    def _wire(self, name: str, source: str) -> str:
        self.order.append(name)
        self.lines.append(f"component-node name={name} component={name} input={source}")
        return name


def network_graph(network: Network) -> Graph:
    """The network's layers, batch norms and the features' mean and spread taken into their weights."""
    graph = Graph([f"input-node name=input dim={network.l1.in_channels}"])
    weight, bias = folded(network.l1, network.b1)
    weight = weight / network.std.double()[None, :, None]
    bias = bias - (weight * network.mean.double()[None, :, None]).sum((1, 2))
    x = graph.add_affine("l1.affine", "input", range(-2, 3), flat(weight), bias)
    x = graph.add("l1.relu", "RectifiedLinear", x, weight.shape[0])
    weight, bias = folded(network.l2, network.b2)
    width = weight.shape[0]
    x = graph.add(
        "l2.relu", "RectifiedLinear", graph.add_affine("l2.affine", x, (-1, 0, 1), flat(weight), bias), width
    )
    for block in range(network.blocks):
        narrow = network.lin[block].weight.detach().double()
        y = graph.add_affine(f"f{block}.linear", x, (-3, 0), flat(narrow), torch.zeros(narrow.shape[0]))
        weight, bias = folded(network.aff[block], network.bns[block])
        y = graph.add_affine(f"f{block}.affine", y, (0, 3), flat(weight), bias)
        y = graph.add(f"f{block}.relu", "RectifiedLinear", y, width)
        x = graph.add(f"f{block}.sum", "NoOp", f"Sum({x},{y})", width)
    last = network.out
    x = graph.add_affine("out.affine", x, (0,), last.weight.detach()[:, :, 0], last.bias.detach())
    graph.add("out.logsoftmax", "LogSoftmax", x, last.out_channels)
    graph.lines.append("output-node name=output input=out.logsoftmax objective=linear")
    return graph


def write_transition_model(out: Writer) -> None:
    """Every phone has one state that stays or leaves with equal chance."""
    count = len(POSITIONED)
    out.tokens("<TransitionModel>", "<Topology>")
    out.integer_vector(range(1, count + 1))
    out.integer_vector([-1, *[0] * count])
    out.integers(1, 2)  # one topology of two states
    out.integers(0, 2, 0)  # the first: pdf class 0, two ways, to itself …
    out.real(0.5)
    out.integers(1)  # … and to the second
    out.real(0.5)
    out.integers(-1, 0)  # the second is the end
    out.tokens("</Topology>", "<Triples>")
    out.integers(count)
    for number, phone in enumerate(POSITIONED, 1):
        out.integers(number, 0, phone.pdf)
    out.tokens("</Triples>", "<LogProbs>")
    out.vector([0.0, *[float(np.log(0.5))] * (2 * count)])
    out.tokens("</LogProbs>", "</TransitionModel>")


def write_network(out: Writer, graph: Graph, priors: npt.NDArray[np.float64]) -> None:
    """The nnet3 part."""
    out.tokens("<Nnet3>")
    out.data += ("\n" + "\n".join(graph.lines) + "\n\n").encode()
    out.tokens("<NumComponents>")
    out.integers(len(graph.order))
    for name in graph.order:
        out.tokens("<ComponentName>", name)
        if name in graph.affine:
            weight, bias = graph.affine[name]
            out.tokens("<FixedAffineComponent>", "<LinearParams>")
            out.matrix(weight.numpy())
            out.tokens("<BiasParams>")
            out.vector(bias.numpy())
            out.tokens("</FixedAffineComponent>")
        else:
            _write_plain(out, *graph.plain[name])
    out.tokens("</Nnet3>", "<LeftContext>")
    out.integers(CONTEXT)
    out.tokens("<RightContext>")
    out.integers(CONTEXT)
    out.tokens("<Priors>")
    out.vector(priors)


def _write_plain(out: Writer, kind: str, dimension: int) -> None:
    out.tokens(f"<{kind}Component>", "<Dim>")
    out.integers(dimension)
    if kind == "NoOp":
        out.tokens("<BackpropScale>")
        out.real(1.0)
    else:
        out.tokens("<ValueAvg>")
        out.vector([])
        out.tokens("<DerivAvg>")
        out.vector([])
        out.tokens("<Count>")
        out.real(0.0)
    out.tokens(f"</{kind}Component>")


def main(trained: str, target: str) -> None:
    """Write the model's file."""
    held = torch.load(trained, map_location="cpu", weights_only=False)
    network = Network()
    network.load_state_dict(held["net"])
    network.eval()
    priors = np.maximum(np.array(held["priors"], np.float64), _LEAST_PRIOR)
    priors[PDF["spn"]] *= _NO_WORD_FACTOR
    out = Writer()
    write_transition_model(out)
    write_network(out, network_graph(network), priors)
    Path(target).write_bytes(bytes(out.data))


if __name__ == "__main__":
    main(*sys.argv[1:3])

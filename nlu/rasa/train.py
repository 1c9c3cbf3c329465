"""Trains one model from prepared files. Runs in Rasa's environment, started by nlu.training.

Writes one progress line per step to standard output: "step <name of component or stage>".
"""

from __future__ import annotations

import argparse
import logging
import sys
import warnings
from pathlib import Path

warnings.filterwarnings("ignore")

import rasa.model_training
from rasa.engine.training import hooks
from rasa.utils.log_utils import configure_structlog

from components.e5_featurizer import E5Featurizer
from components.vector_store import VectorStore


class _Steps(logging.Handler):
    """Turns Rasa's "Starting to train component" messages into progress lines."""

    def emit(self, record: logging.LogRecord) -> None:
        words = record.getMessage().split("'")
        if words[0].startswith("Starting to train component"):
            print(f"step {words[1]}", flush=True)


def main() -> None:
    """Train and write the model; exit status 1 where Rasa made none."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--config", required=True)
    parser.add_argument("--data", required=True, help="a training file in Rasa's format")
    parser.add_argument("--model", required=True, type=Path, help="the .tar.gz to write")
    parser.add_argument(
        "--vectors", type=Path, help=".npz file that keeps sentence vectors between trainings"
    )
    options = parser.parse_args()

    configure_structlog(logging.WARNING)
    hooks.logger.setLevel(logging.INFO)
    hooks.logger.propagate = False
    hooks.logger.addHandler(_Steps())
    if options.vectors:
        E5Featurizer.training_vectors = VectorStore(options.vectors)
    print("step start", flush=True)
    written = rasa.model_training.train_nlu(
        config=options.config,
        nlu_data=options.data,
        output=str(options.model.parent),
        fixed_model_name=options.model.name,
    )
    if not written or not Path(written).exists():
        sys.exit("train.py: Rasa wrote no model")
    print("step done", flush=True)


if __name__ == "__main__":
    main()

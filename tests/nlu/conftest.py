"""What the tests of understanding share."""

from __future__ import annotations

import pytest

from tests.rasa_fixture import TRAINING_SECONDS, rasa, rasa_model  # noqa: F401


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The first test that needs the model may have to wait for its training."""
    for item in items:
        if "rasa_model" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.timeout(TRAINING_SECONDS))

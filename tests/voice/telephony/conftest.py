"""Telephones and hotlines for the stories on real lines."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest

from tests.rasa_fixture import RASA_TOKEN, TRAINING_SECONDS, rasa, rasa_model  # noqa: F401
from tests.voice.telephony.callers import spoken
from tests.voice.telephony.hotline import Hotline
from tests.voice.telephony.telephone import Telephone

_NUMBERS = count(53188000001)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A story on a real line may be the first that needs the trained model."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.timeout(TRAINING_SECONDS))


@pytest.fixture(scope="session")
def nlu(rasa: object) -> tuple[str, str]:  # noqa: F811
    """Address and token of the served model."""
    return rasa.url, RASA_TOKEN  # type: ignore[attr-defined]


@pytest.fixture
def phone(tmp_path: Path) -> Iterator[Telephone]:
    """A caller's telephone, with a landline number of Jinan that nobody had before."""
    made = Telephone(tmp_path / "caller", f"0{next(_NUMBERS)}")
    yield made
    made.close()


@pytest.fixture
def colleague(tmp_path: Path) -> Iterator[Telephone]:
    """An agent's telephone, extension 8001: picks up and hums a tone."""
    made = Telephone(tmp_path / "agent", "8001", hum=440, answers=True)
    yield made
    made.close()


@pytest.fixture
def sentence(tmp_path: Path) -> Callable[[str], Path]:
    """A sentence as a caller's sound."""
    return lambda text: spoken(text, tmp_path / f"{abs(hash(text))}.wav")


@pytest.fixture(scope="module")
def hotline(nlu: tuple[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hotline]:
    """A hotline with its built-in user agent."""
    made = Hotline(tmp_path_factory.mktemp("hotline"), nlu)
    try:
        yield made
        made.close()
    finally:
        made.kill()

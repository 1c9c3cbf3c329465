"""Where Rasa's own Python environment is, and how its processes are to be started."""

from __future__ import annotations

from pathlib import Path

from bot.ports import YinlingError
from bot.settings import ROOT

ENVIRONMENT = ROOT / ".venv-rasa"
RASA_FILES = Path(__file__).resolve().parent / "rasa"


class RasaEnvironmentMissing(YinlingError):
    """Rasa's environment is not installed. The message says what to do."""

    code = "nlu.environment_missing"


def rasa_python(environment: Path = ENVIRONMENT) -> Path:
    """The interpreter of Rasa's environment. Raises RasaEnvironmentMissing."""
    python = environment / "bin" / "python"
    if not python.exists():
        raise RasaEnvironmentMissing(
            f"Rasa's Python environment is not at {environment}. Run `make run` once: it makes it (Python 3.10 is needed)."
        )
    return python


def rasa_variables() -> dict[str, str]:
    """The whole environment of a Rasa process: nothing of ours leaks in, nothing is reported home.

    The sentence encoder gets one thread a process: two made p99 twenty times longer on a busy machine.
    """
    return {
        "PATH": "/usr/bin:/bin",
        "LANG": "C.UTF-8",
        "PYTHONPATH": str(RASA_FILES),
        "PYTHONUNBUFFERED": "1",
        "RASA_TELEMETRY_ENABLED": "false",
        "OMP_NUM_THREADS": "1",
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "LOG_LEVEL_LIBRARIES": "ERROR",
    }

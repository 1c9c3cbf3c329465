"""The speech models this product knows: where they lie and what they are worth."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

TRIAL_MODEL = Path(__file__).resolve().parent / "trial_model" / "model"
TRIAL = "trial"  # its name in VOSK_MODEL


@dataclass(frozen=True, slots=True)
class OfficialModel:
    """A model of alphacephei.com. ``size`` is the archive's in bytes: exact with a hash, else the least and the most.

    Error rates: its page of models (SpeechIO-02, SpeechIO-06, THCHS), as of 2026; they are of read and broadcast speech.
    """

    name: str
    short: str  # its name for `yinling speech fetch`
    size: tuple[int, int]
    sha256: str | None
    errors: tuple[float, float, float]  # % of characters
    remark: str


OFFICIAL = (
    OfficialModel(
        "vosk-model-cn-0.22",
        "large",
        (1_200_000_000, 1_500_000_000),
        None,
        (14.0, 27.3, 7.4),
        "needs 1.3 GB of disk and several GB of memory",
    ),
    # The hash stands in several independent packagings of the archive (an OpenEmbedded recipe, rhasspy's collection).
    OfficialModel(
        "vosk-model-small-cn-0.22",
        "small",
        (43_898_754, 43_898_754),
        "3af8b0e7e0f835ae9d414ce5df580237a3cfb08d586c9fbbb0f7ff29ad5b14ba",
        (23.5, 38.3, 17.2),
        "42 MB",
    ),
)


def model_folder(setting: str, models: Path) -> Path:
    """The folder that VOSK_MODEL names: a path, a name in ``models``, "trial"; empty: the best model there, else trial.

    A name that is nowhere gives the folder where it should be; loading it will say that it is missing.
    """
    if setting == TRIAL:
        return TRIAL_MODEL
    if setting:
        folder = Path(setting)
        return folder.resolve() if folder.is_dir() or folder.is_absolute() else models / setting
    present = (models / official.name for official in OFFICIAL)
    return next((folder for folder in present if folder.is_dir()), TRIAL_MODEL)


def is_trial(path: Path) -> bool:
    """Whether a folder is the trial model, which hears synthetic voices only."""
    return path.resolve() == TRIAL_MODEL


def worth(path: Path) -> tuple[str, str]:
    """What a model is worth, in a sentence for citizens and agents and one for operators."""
    if is_trial(path):
        return (
            "试用模型只听得懂合成语音，听不懂真人说话。请装上正式模型再试真人通话。",
            "trial model: understands synthetic speech only, for trying out; real people come out over 80 % wrong "
            "(get an official model: yinling speech fetch)",
        )
    for official in OFFICIAL:
        if path.name == official.name:
            low, high = min(official.errors), max(official.errors)
            return (
                f"正式模型：听录音，一百个字里大约错{low:.0f}到{high:.0f}个。老人说话、方言会错得更多。",
                f"official model: {low:g} to {high:g} % of characters wrong on its makers' test recordings",
            )
    return ("用的是您安装的语音识别模型。", "a model of your own: measure it with yinling speech evaluate")

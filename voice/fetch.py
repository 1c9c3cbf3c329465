"""Gets an official speech model: over HTTPS, where it broke off before, checked, unpacked beside and only then put in place."""

from __future__ import annotations

import hashlib
import shutil
import stat
import zipfile
from collections.abc import Callable
from pathlib import Path, PurePosixPath

import httpx

from bot.ports import YinlingError
from voice.models import OfficialModel
from voice.recogniser import BadSpeechModel, SpeechModel

SITE = "https://alphacephei.com/vosk/models"
_PIECE = 1 << 16  # bytes written at once; more would be lost when the line breaks
_MOST_UNPACKED = 8 << 30  # bytes; the large model has about 2 GB
_TIMEOUT = httpx.Timeout(30.0)
_ATTEMPTS = 3

Progress = Callable[[str], None]


class CannotFetch(YinlingError):
    """A model that could not be had, or is not what it should be; the message says why and what to do."""

    code = "speech.fetch"


def fetch(model: OfficialModel, models: Path, progress: Progress, site: str = SITE) -> Path:
    """The folder of an official model in ``models``, fetched where it is not there yet.

    ``progress`` is given lines to show. Raises CannotFetch; nothing half-done is left where a model belongs.
    """
    folder = models / model.name
    if folder.is_dir():
        progress(f"{model.name} is there already: {folder}")
        return folder
    models.mkdir(parents=True, exist_ok=True)
    archive = models / f"{model.name}.zip.part"
    _download(f"{site}/{model.name}.zip", archive, model, progress)
    _check(archive, model, progress)
    unpacked = models / f"{model.name}.unpacking"
    shutil.rmtree(unpacked, ignore_errors=True)
    try:
        progress("unpacking")
        _unpack(archive, unpacked, model)
        progress("trying it")
        SpeechModel.load(unpacked / model.name)
        (unpacked / model.name).rename(folder)
    except BadSpeechModel as error:
        archive.unlink()
        raise CannotFetch(f"What came is no usable model: {error}") from error
    finally:
        shutil.rmtree(unpacked, ignore_errors=True)
    archive.unlink()
    return folder


def _download(url: str, archive: Path, model: OfficialModel, progress: Progress) -> None:
    """Get the archive, going on where an earlier attempt ended."""
    for attempt in range(_ATTEMPTS):
        try:
            _attempt(url, archive, model, progress)
            return
        except httpx.HTTPStatusError as error:
            raise CannotFetch(f"The server answered {error.response.status_code} for {url}.") from error
        except httpx.TransportError as error:
            if attempt == _ATTEMPTS - 1:
                raise CannotFetch(
                    f"{url} cannot be reached or breaks off ({type(error).__name__}). Is there internet? What came so far "
                    f"is kept; the same command goes on from there."
                ) from error
            progress("broken off, trying again")


def _attempt(url: str, archive: Path, model: OfficialModel, progress: Progress) -> None:
    have = archive.stat().st_size if archive.exists() else 0
    headers = {"Range": f"bytes={have}-"} if have else {}
    with httpx.stream("GET", url, headers=headers, timeout=_TIMEOUT, follow_redirects=True) as response:
        if response.status_code == httpx.codes.REQUESTED_RANGE_NOT_SATISFIABLE:
            return  # it is all there; the check will tell
        response.raise_for_status()
        goes_on = response.status_code == httpx.codes.PARTIAL_CONTENT
        have = have if goes_on else 0
        total = have + int(response.headers.get("Content-Length", 0))
        told = -1
        with archive.open("ab" if goes_on else "wb") as file:
            for piece in response.iter_bytes(_PIECE):
                file.write(piece)
                have += len(piece)
                if have > model.size[1]:
                    file.close()
                    archive.unlink()
                    raise CannotFetch(
                        f"The archive of {model.name} is larger than it can be; it was thrown away."
                    )
                percent = have * 100 // total if total else 0
                if percent // 5 > told:
                    told = percent // 5
                    progress(f"{have / 1e6:.0f} of {total / 1e6:.0f} MB ({percent} %)")


def _check(archive: Path, model: OfficialModel, progress: Progress) -> None:
    """The archive's size, and its hash where one is known. A wrong archive is thrown away."""
    size = archive.stat().st_size
    low, high = model.size
    if not low <= size <= high:
        archive.unlink()
        raise CannotFetch(
            f"The archive of {model.name} has {size} bytes, not {low}"
            + ("." if low == high else f" to {high}.")
        )
    if model.sha256 is None:
        progress(
            f"no published hash of {model.name} is known here: its size, its parts and loading it are what is checked"
        )
        return
    with archive.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != model.sha256:
        archive.unlink()
        raise CannotFetch(
            f"The archive of {model.name} has the wrong SHA-256 ({found}); it was thrown away. Please try again."
        )
    progress("SHA-256 is right")


def _unpack(archive: Path, target: Path, model: OfficialModel) -> None:
    """Unpack into a folder; every name must lie below the model's own folder, every entry be a file or a folder."""
    try:
        with zipfile.ZipFile(archive) as packed:
            entries = packed.infolist()
            if sum(entry.file_size for entry in entries) > _MOST_UNPACKED:
                raise _thrown_away(archive, "holds more than a model can")
            for entry in entries:
                path = PurePosixPath(entry.filename)
                kind = stat.S_IFMT(entry.external_attr >> 16)
                if (
                    path.is_absolute()
                    or ".." in path.parts
                    or "\\" in entry.filename
                    or path.parts[:1] != (model.name,)
                    or kind not in (0, stat.S_IFREG, stat.S_IFDIR)
                ):
                    raise _thrown_away(archive, "holds a name that leads outside the model's folder")
            packed.extractall(target)
    except (zipfile.BadZipFile, EOFError, NotImplementedError) as error:
        raise _thrown_away(archive, "cannot be unpacked") from error
    except OSError as error:
        raise CannotFetch(f"Unpacking failed: {error.strerror}.") from error


def _thrown_away(archive: Path, why: str) -> CannotFetch:
    archive.unlink(missing_ok=True)
    return CannotFetch(f"The archive {why}; it was thrown away.")

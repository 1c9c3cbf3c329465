"""Getting an official model, from a server on this machine: whole, cut off, broken, hostile, absent."""

from __future__ import annotations

import hashlib
import io
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from bot.cli import main as command_line
from voice.fetch import CannotFetch, fetch
from voice.models import OFFICIAL, TRIAL_MODEL, OfficialModel
from voice.recogniser import SpeechModel

NAME = "vosk-model-tiny-cn-0.1"


def archive(members: dict[str, bytes] | None = None, more: dict[str, bytes] | None = None) -> bytes:
    """A zip as the site offers them; by default the trial model under another name."""
    if members is None:
        files = (p for p in TRIAL_MODEL.rglob("*") if p.is_file())
        members = {f"{NAME}/{p.relative_to(TRIAL_MODEL)}": p.read_bytes() for p in files}
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as file:
        for name, data in {**members, **(more or {})}.items():
            file.writestr(name, data)
    return packed.getvalue()


def described(data: bytes, sha256: str | None = None) -> OfficialModel:
    digest = hashlib.sha256(data).hexdigest() if sha256 is None else sha256
    return OfficialModel(NAME, "tiny", (len(data), len(data)), digest, (1, 2, 3), "")


@dataclass
class Site:
    """A web server; ``cut`` ends an answer after so many bytes, once."""

    data: bytes
    cut: int | None = None
    status: int = 200
    ranges: list[str] = field(default_factory=list)
    address: str = ""


@contextmanager
def serving(site: Site) -> Iterator[Site]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked = self.headers.get("Range", "")
            site.ranges.append(asked)
            start = int(asked.removeprefix("bytes=").removesuffix("-")) if asked else 0
            if site.status != 200:
                self.send_error(site.status)
                return
            if start >= len(site.data):
                self.send_error(416)
                return
            rest = site.data[start:]
            self.send_response(206 if asked else 200)
            self.send_header("Content-Length", str(len(rest)))
            self.end_headers()
            cut, site.cut = site.cut, None
            self.wfile.write(rest if cut is None else rest[:cut])

        def log_message(self, *_: object) -> None:
            """Tests are quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    site.address = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield site
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture(scope="module")
def good() -> bytes:
    return archive()


def test_a_model_is_fetched_checked_and_usable(good: bytes, tmp_path: Path) -> None:
    told: list[str] = []
    with serving(Site(good)) as site:
        folder = fetch(described(good), tmp_path, told.append, site.address)
        assert folder == tmp_path / NAME
        assert SpeechModel.load(folder).sample_rate == 8000
        assert [p.name for p in tmp_path.iterdir()] == [NAME]
        assert any("100 %" in line for line in told)
        assert "SHA-256 is right" in told
        assert fetch(described(good), tmp_path, told.append, site.address) == folder
        assert len(site.ranges) == 1  # the second time nothing is asked for


def test_a_broken_off_download_goes_on_where_it_ended(good: bytes, tmp_path: Path) -> None:
    with serving(Site(good, cut=1_000_000)) as site:
        fetch(described(good), tmp_path, lambda _: None, site.address)
        assert site.ranges[0] == ""
        begun = int(site.ranges[1].removeprefix("bytes=").removesuffix("-"))
        assert 0 < begun <= 1_000_000


def test_what_an_earlier_run_left_is_used(good: bytes, tmp_path: Path) -> None:
    (tmp_path / f"{NAME}.zip.part").write_bytes(good[:123_456])
    with serving(Site(good)) as site:
        fetch(described(good), tmp_path, lambda _: None, site.address)
        assert site.ranges == ["bytes=123456-"]
    (tmp_path / "all").mkdir()
    (tmp_path / "all" / f"{NAME}.zip.part").write_bytes(good)
    with serving(Site(good)) as site:
        assert fetch(described(good), tmp_path / "all", lambda _: None, site.address).is_dir()


def test_a_wrong_hash_is_thrown_away(good: bytes, tmp_path: Path) -> None:
    with serving(Site(good)) as site, pytest.raises(CannotFetch, match="wrong SHA-256"):
        fetch(described(good, "0" * 64), tmp_path, lambda _: None, site.address)
    assert list(tmp_path.iterdir()) == []


def test_a_wrong_size_is_thrown_away(good: bytes, tmp_path: Path) -> None:
    with serving(Site(good[:-5])) as site, pytest.raises(CannotFetch, match="bytes"):
        fetch(described(good), tmp_path, lambda _: None, site.address)
    with serving(Site(good + b"more")) as site, pytest.raises(CannotFetch, match="larger"):
        fetch(described(good), tmp_path, lambda _: None, site.address)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "name", ["../evil", f"{NAME}/../../evil", "/tmp/evil", "elsewhere/file", f"{NAME}\\..\\evil"]
)
def test_an_archive_that_leads_outside_is_refused(tmp_path: Path, name: str) -> None:
    data = archive({f"{NAME}/README": b"x"}, {name: b"evil"})
    models = tmp_path / "models"
    with serving(Site(data)) as site, pytest.raises(CannotFetch, match="outside"):
        fetch(described(data), models, lambda _: None, site.address)
    assert list(models.iterdir()) == []
    assert [p.name for p in tmp_path.iterdir()] == ["models"]


def test_a_link_in_an_archive_is_refused(tmp_path: Path) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as file:
        link = zipfile.ZipInfo(f"{NAME}/am")
        link.external_attr = 0o120777 << 16
        file.writestr(link, "/etc")
    data = packed.getvalue()
    with serving(Site(data)) as site, pytest.raises(CannotFetch, match="outside"):
        fetch(described(data), tmp_path, lambda _: None, site.address)


def test_what_is_no_archive_or_no_model_is_refused(tmp_path: Path) -> None:
    page = b"<html>blocked</html>" * 50
    with serving(Site(page)) as site, pytest.raises(CannotFetch, match="unpacked"):
        fetch(described(page), tmp_path, lambda _: None, site.address)
    empty = archive({f"{NAME}/README": b"nothing"})
    with serving(Site(empty)) as site, pytest.raises(CannotFetch, match="no usable model"):
        fetch(described(empty), tmp_path, lambda _: None, site.address)
    assert list(tmp_path.iterdir()) == []


def test_a_server_that_refuses_is_named(tmp_path: Path) -> None:
    with serving(Site(b"", status=404)) as site, pytest.raises(CannotFetch, match="404"):
        fetch(OFFICIAL[1], tmp_path, lambda _: None, site.address)


def test_without_internet_the_command_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("YINLING_STATE", str(tmp_path))
    with serving(Site(b"")) as site:
        address = site.address
    assert command_line(["speech", "fetch", "small", "--from", address]) == 1
    err = capsys.readouterr().err
    assert "cannot be reached" in err
    assert "internet" in err
    assert command_line(["speech", "fetch", "enormous"]) == 2

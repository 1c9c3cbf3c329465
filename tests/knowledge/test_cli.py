"""`yinling knowledge …` and `yinling api-key …` as an operator types them: output, exit status, what is in the database."""

from __future__ import annotations

import json

import pytest
import yaml

from bot.bootstrap import open_database
from bot.cli import main
from bot.gaps import Gaps
from bot.privacy import Vault
from bot.settings import load_settings
from knowledge.publish import Publishing
from tests.knowledge.test_publish import published


@pytest.fixture(autouse=True)
def state(tmp_path, monkeypatch):
    """An installation of this test's own."""
    monkeypatch.setenv("YINLING_STATE", str(tmp_path / "var"))
    monkeypatch.setenv("INSTALLATION_NAME", "济南12393")
    monkeypatch.delenv("DATABASE_URL", raising=False)
    return tmp_path / "var"


@pytest.fixture
def session():
    database = open_database(load_settings())
    database.upgrade()
    with database.begin() as opened:
        yield opened
    database.close()


def run(capsys, *arguments: str) -> tuple[int, str, str]:
    status = main([str(argument) for argument in arguments])
    out, err = capsys.readouterr()
    return status, out, err


def test_a_package_goes_out_and_comes_back(capsys, tmp_path, entries):
    package = tmp_path / "all.json"
    status, out, _ = run(capsys, "knowledge", "export", package)
    assert (status, out) == (0, f"{len(entries)} entries written to {package}\n")
    assert json.loads(package.read_text(encoding="utf-8"))["issuer"] == "济南12393"
    status, out, _ = run(capsys, "knowledge", "import", package)
    assert status == 0
    assert f"signed by 济南12393: {len(entries)} same" in out
    altered = package.read_text(encoding="utf-8").replace("济南", "济宁")
    package.write_text(altered, encoding="utf-8")
    status, _, err = run(capsys, "knowledge", "import", package, "--allow-untrusted")
    assert (status, err) == (1, "the package was altered after it was signed\n")


def test_what_the_desk_published_is_searched_checked_and_exported(capsys, make_entry, now, tmp_path):
    assert run(capsys, "knowledge", "sync")[0] == 0
    database = open_database(load_settings())
    with database.begin() as opened:
        published(
            opened, make_entry(title="济南：老人先办", questions=["特别的问法", "二", "三", "四", "五"]), now
        )
    database.close()
    status, out, _ = run(capsys, "knowledge", "search", "特别的问法", "--region", "370100")
    assert status == 0
    assert "priority_window.370100  济南：老人先办" in out
    assert run(capsys, "knowledge", "check")[0] == 0
    assert run(capsys, "knowledge", "export-files", "--to", tmp_path / "files")[0] == 0
    file = tmp_path / "files/priority_window/370100.yaml"
    assert yaml.safe_load(file.read_text(encoding="utf-8"))["title"] == "济南：老人先办"


def test_the_files_alone_can_be_checked(capsys):
    for arguments in (("validate",), ("check", "--files")):
        status, out, _ = run(capsys, "knowledge", *arguments)
        assert status == 0
        assert " 0 errors" in out


def test_keys_are_shown_trusted_and_distrusted(capsys):
    status, out, _ = run(capsys, "knowledge", "key", "show")
    name, key = out.strip().split("\t")
    assert (status, name, len(key)) == (0, "济南12393", 44)
    stranger = "A" * 43 + "="
    assert run(capsys, "knowledge", "key", "trust", "别处", stranger)[0] == 0
    assert run(capsys, "knowledge", "key", "trust", "别处", stranger)[0] == 1
    assert f"别处\t{stranger}" in run(capsys, "knowledge", "key", "list")[1]
    assert run(capsys, "knowledge", "key", "distrust", "别处")[0] == 0
    assert run(capsys, "knowledge", "key", "list")[1] == ""
    status, _, err = run(capsys, "knowledge", "key", "distrust", "别处")
    assert status == 1
    assert "no installation of the name 别处" in err


def test_gaps_are_listed_trained_and_dismissed(capsys, session, now):
    settings = load_settings()
    gaps = Gaps(session, Vault(settings.data_key, settings.index_key))
    for text in ("种牙能报销吗", "请问种牙医保给报销吗", "起付线多少钱"):
        gaps.note(text, "fallback", None, None, None, None, now)
    session.commit()
    status, out, _ = run(capsys, "knowledge", "gaps")
    lines = [line.split("\t") for line in out.splitlines()]
    assert status == 0
    assert [(line[1], line[5]) for line in lines] == [("2", "种牙能报销吗"), ("1", "起付线多少钱")]
    status, out, _ = run(capsys, "knowledge", "gaps", "--train", lines[0][0], "out_of_scope")
    assert yaml.safe_load(out)["nlu"][0]["examples"].count("种牙") == 2
    assert run(capsys, "knowledge", "gaps", "--dismiss", lines[1][0])[0] == 0
    assert run(capsys, "knowledge", "gaps")[1] == ""
    assert "起付线多少钱" in run(capsys, "knowledge", "gaps", "--status", "dismissed")[1]
    status, _, err = run(capsys, "knowledge", "gaps", "--dismiss", "4711")
    assert status == 1
    assert "gaps.no_such" in err


def test_nothing_is_due_and_nothing_was_taken_twice(capsys, session):
    assert run(capsys, "knowledge", "sync")[1].endswith("take\n")
    assert run(capsys, "knowledge", "sync")[1] == "nothing changed\n"
    status, out, err = run(capsys, "knowledge", "due")
    assert (status, out, err) == (0, "", "0 entries to look at\n")
    assert Publishing(session).revision() == 1


def test_api_keys_are_added_listed_and_revoked(capsys):
    status, out, _ = run(capsys, "api-key", "add", "12345平台")
    key = out.strip().split("\t")[1]
    assert status == 0
    listed = run(capsys, "api-key", "list")[1]
    assert listed.startswith(f"12345平台\t{key[:12]}…")
    assert key not in listed
    assert run(capsys, "api-key", "add", "12345平台")[0] == 1
    assert run(capsys, "api-key", "revoke", "12345平台")[0] == 0
    assert run(capsys, "api-key", "list")[1].endswith("revoked\n")
    assert run(capsys, "api-key", "revoke", "nobody")[0] == 1


def test_wrong_usage_is_told_as_such(capsys):
    assert run(capsys, "knowledge", "gaps", "--status", "nonsense")[0] == 2
    assert run(capsys, "knowledge", "import")[0] == 2
    assert run(capsys, "api-key", "add")[0] == 2

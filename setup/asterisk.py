"""Puts an Asterisk into a folder, for the telephone tests: Debian stable has none, a newer suite does.

    python3 setup/asterisk.py FOLDER [SUITE]      needs root; about a minute and 270 MB

The mirror and its keys are the machine's own. Asterisk then runs in that folder with chroot.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

SUITE = "sid"
# Without these the hotline cannot be tested.
NEEDED = ("app_audiosocket", "res_audiosocket", "app_queue", "chan_pjsip", "res_pjsip_refer", "res_agi")
_STAMP = "yinling-ready"
# Documentation and translations are most of a package; nobody reads them here.
_LEFT_OUT = ("doc", "man", "locale", "info")


class CannotInstall(Exception):
    """There can be no Asterisk here; the message says why."""


def ready(folder: Path) -> bool:
    """Whether an Asterisk that was put here completely is there."""
    return (folder / _STAMP).exists()


def install(folder: Path, suite: str = SUITE) -> None:
    """Fetch and unpack. Raises CannotInstall; a half-made folder is removed."""
    if os.geteuid() != 0:
        raise CannotInstall("only root may unpack a system folder")
    if shutil.which("mmdebstrap") is None:
        raise CannotInstall("mmdebstrap is missing (apt-get install mmdebstrap)")
    shutil.rmtree(folder, ignore_errors=True)
    folder.parent.mkdir(parents=True, exist_ok=True)
    try:
        _unpack(folder, suite)
        _check(folder)
    except (subprocess.CalledProcessError, CannotInstall) as error:
        shutil.rmtree(folder, ignore_errors=True)
        tail = getattr(error, "stderr", None) or str(error)
        raise CannotInstall(tail.strip().splitlines()[-1]) from error
    (folder / _STAMP).touch()


def _unpack(folder: Path, suite: str) -> None:
    without = [f"--dpkgopt=path-exclude=/usr/share/{name}/*" for name in _LEFT_OUT]
    command = [
        "mmdebstrap",
        "--variant=essential",
        "--keyring=/usr/share/keyrings/debian-archive-keyring.gpg",
        # A mirror may serve a frozen copy of a suite that moves; its signature is checked all the same.
        '--aptopt=Acquire::Check-Valid-Until "false"',
        '--aptopt=Apt::Install-Recommends "false"',
        *without,
        "--include=asterisk,asterisk-modules",
        suite,
        str(folder),
        f"deb {_mirror()} {suite} main",
    ]
    subprocess.run(command, check=True, capture_output=True, text=True)
    # A folder that is only run needs no addresses of mirrors; a name server it would wait for is not there.
    (folder / "etc" / "apt" / "sources.list").write_text("")
    (folder / "etc" / "resolv.conf").write_text("")
    (folder / "etc" / "hosts").write_text(f"127.0.0.1 localhost {os.uname().nodename}\n")


def _mirror() -> str:
    """The mirror of this machine's own suite."""
    listing = subprocess.run(
        [str(shutil.which("apt-get")), "indextargets", "--format", "$(REPO_URI) $(RELEASE)"],
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    code_name = next(
        (
            line.partition("=")[2].strip()
            for line in Path("/etc/os-release").read_text().splitlines()
            if line.startswith("VERSION_CODENAME=")
        ),
        "",
    )
    for line in listing.splitlines():
        address, _, release = line.partition(" ")
        if release == code_name:
            return address
    raise CannotInstall("apt knows no Debian mirror (apt-get update)")


def _check(folder: Path) -> None:
    modules = next(folder.glob("usr/lib/*/asterisk/modules"), None)
    missing = [name for name in NEEDED if modules is None or not (modules / f"{name}.so").exists()]
    if missing:
        raise CannotInstall(f"this Asterisk lacks {', '.join(missing)}")


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        sys.exit("usage: asterisk.py FOLDER [SUITE]")
    try:
        install(Path(sys.argv[1]).resolve(), *sys.argv[2:])
    except CannotInstall as problem:
        sys.exit(f"Asterisk cannot be installed: {problem}")

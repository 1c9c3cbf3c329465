"""Makes a fresh machine ready: both Python environments and, where it may, the system packages.

Runs on the system's own Python 3 with nothing but the standard library. Every step is cached and safe to repeat.

    python3 setup/prepare.py run     what `make run` needs
    python3 setup/prepare.py test    the same, and what `make test` needs (Chromium, PostgreSQL, a softphone, Asterisk …)
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import asterisk

ROOT = Path(__file__).resolve().parent.parent
PRODUCT_ENV, RASA_ENV = ROOT / ".venv", ROOT / ".venv-rasa"
PRODUCT_PYTHONS, RASA_PYTHONS = ("3.11", "3.12"), ("3.10",)
ASTERISK = ROOT / "var" / "asterisk"
# package -> a path that shows it is there
RUN_PACKAGES = {"espeak-ng": ("/usr/bin/espeak-ng",)}  # the hotline's voice
TEST_PACKAGES = {
    **RUN_PACKAGES,
    "baresip-core": ("/usr/bin/baresip",),
    "mmdebstrap": ("/usr/bin/mmdebstrap",),
    "sip-tester": ("/usr/bin/sipp",),
    "chromium": ("/usr/bin/chromium",),
    "postgresql": ("/usr/lib/postgresql",),
    "fonts-noto-cjk": ("/usr/share/fonts/opentype/noto",),
}


class CannotPrepare(Exception):
    """A step that needs the operator; the message says what to do."""


def main(purpose: str) -> None:
    """Prepare everything for a purpose: run | test."""
    if purpose == "test":
        system_packages(TEST_PACKAGES)
        put_asterisk()
    else:
        packages_for_running()
    product, dev = (ROOT / "requirements" / name for name in ("product.txt", "dev.txt"))
    # dev.txt holds all of product.txt at the same versions.
    satisfied = (dev, product) if purpose == "test" else (product,)
    environment(PRODUCT_ENV, PRODUCT_PYTHONS, satisfied, project=True)
    environment(RASA_ENV, RASA_PYTHONS, (ROOT / "requirements" / "rasa.txt",), project=False)


def say(text: str) -> None:
    """One line of progress."""
    print(f"[setup] {text}", flush=True)


def system_packages(packages: dict[str, tuple[str, ...]]) -> None:
    """Install missing Debian packages where we are root; else say the one line to run, and stop."""
    missing = [name for name, paths in packages.items() if not all(Path(p).exists() for p in paths)]
    if not missing:
        return
    line = f"apt-get install -y --no-install-recommends {' '.join(missing)}"
    if shutil.which("apt-get") is None or os.geteuid() != 0:
        raise CannotPrepare(f"These system packages are missing. Please run once:\n    sudo {line}")
    say(f"installing system packages: {' '.join(missing)}")
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    step(["apt-get", "update", "-q"], env=quiet)
    step(line.split(), env=quiet)


def packages_for_running() -> None:
    """The hotline's voice, or word of what is missing: everything but the telephone works without."""
    try:
        system_packages(RUN_PACKAGES)
    except CannotPrepare as problem:
        say(f"the hotline will have no voice. {problem}")


def put_asterisk() -> None:
    """A PBX for the telephone tests; where there can be none, they are skipped, and this says so."""
    if asterisk.ready(ASTERISK):
        return
    say("putting an Asterisk into var/asterisk for the telephone tests (a minute or two)")
    reason = ASTERISK.with_name("asterisk-missing")
    try:
        asterisk.install(ASTERISK)
        reason.unlink(missing_ok=True)
    except asterisk.CannotInstall as problem:
        reason.parent.mkdir(exist_ok=True)
        reason.write_text(f"{problem}\n", encoding="utf-8")
        say(f"WARNING: the tests with Asterisk will be SKIPPED: {problem}")


def environment(folder: Path, versions: tuple[str, ...], locks: tuple[Path, ...], *, project: bool) -> None:
    """A virtual environment with what the first lock file says, which satisfies the others too.

    Nothing is done when it has it already.
    """
    stamp = folder / "locked-by"
    wanted = [hashlib.sha256(lock.read_bytes()).hexdigest() for lock in locks]
    if stamp.exists() and set(wanted) <= set(stamp.read_text().split()):
        return
    started = time.monotonic()
    if not (folder / "bin" / "pip").exists():
        python = find_python(versions)
        say(f"making {folder.name} with {python}")
        shutil.rmtree(folder, ignore_errors=True)
        make_environment(python, folder)
    packages = sum("==" in line for line in locks[0].read_text().splitlines())
    say(f"installing {packages} packages into {folder.name} (the first time takes some minutes)")
    step([str(folder / "bin" / "pip"), "install", "-q", "-r", str(locks[0])])
    if project:
        (site_packages(folder) / "yinling.pth").write_text(f"{ROOT}\n")
        write_command(folder / "bin" / "yinling", folder)
    stamp.write_text("\n".join(wanted) + "\n")
    say(f"{folder.name} is ready after {time.monotonic() - started:.0f} s")


def make_environment(python: str, folder: Path) -> None:
    """python -m venv, with Debian's missing part of it installed where we may."""
    done = subprocess.run([python, "-m", "venv", str(folder)], capture_output=True, text=True, check=False)
    if done.returncode == 0:
        return
    shutil.rmtree(folder, ignore_errors=True)
    version = subprocess.check_output(
        [python, "-c", "import sys; print('%d.%d' % sys.version_info[:2])"], text=True
    ).strip()
    system_packages({f"python{version}-venv": (f"/usr/lib/python{version}/ensurepip",)})
    step([python, "-m", "venv", str(folder)])


def site_packages(folder: Path) -> Path:
    """The environment's folder of installed packages."""
    return next((folder / "lib").glob("python3.*")) / "site-packages"


def write_command(path: Path, folder: Path) -> None:
    """The command `yinling` of this checkout."""
    path.write_text(
        f"#!{folder / 'bin' / 'python'}\nimport sys\n\nfrom bot.cli import main\n\nsys.exit(main())\n"
    )
    path.chmod(0o755)


def find_python(versions: tuple[str, ...]) -> str:
    """An interpreter of one of the versions: on PATH, from pyenv, or through uv. Raises CannotPrepare."""
    for version in versions:
        for candidate in candidates(version):
            if works(candidate, version):
                return candidate
    wanted = " or ".join(versions)
    raise CannotPrepare(
        f"Python {wanted} was not found (looked for python{versions[0]}, pyenv and uv).\n"
        f"Install it in one of these ways, then run the same command again:\n"
        f"    uv python install {versions[0]}\n"
        f"    pyenv install {versions[0]}"
    )


def candidates(version: str) -> list[str]:
    """Where an interpreter of a version may be."""
    found = [shutil.which(f"python{version}") or "", shutil.which("python3") or ""]
    roots = [Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"]
    for root in roots:
        if root.is_dir():
            found += [str(p / "bin" / "python") for p in sorted(root.glob(f"{version}.*"), reverse=True)]
    uv = shutil.which("uv")
    if uv:
        done = subprocess.run([uv, "python", "find", version], capture_output=True, text=True, check=False)
        found.append(done.stdout.strip())
    return [path for path in found if path]


def works(python: str, version: str) -> bool:
    """Whether an interpreter starts and is of that version (a pyenv shim may exist and yet not start)."""
    code = "import sys, venv; print('%d.%d' % sys.version_info[:2])"
    try:
        done = subprocess.run([python, "-c", code], capture_output=True, text=True, check=False, timeout=30)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0 and done.stdout.strip() == version


def step(command: list[str], env: dict[str, str] | None = None) -> None:
    """Run one command; its output is shown only when it fails."""
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        tail = "\n".join((done.stdout + done.stderr).splitlines()[-25:])
        raise CannotPrepare(f"`{' '.join(command)}` failed:\n{tail}")


if __name__ == "__main__":
    if sys.argv[1:] not in (["run"], ["test"]):
        sys.exit("usage: prepare.py run|test")
    try:
        main(sys.argv[1])
    except CannotPrepare as problem:
        sys.exit(f"[setup] {problem}")

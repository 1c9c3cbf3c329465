"""Knowledge between installations: hand out a signed package, look into one that came, take it. Supervisors only."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

from flask import Blueprint, Response, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from bot.audit import Audit
from bot.entries import BadPackage, Choices, PackageReport
from desk.auth import me, supervisors_only
from desk.house import house, now
from desk.knowledge_words import refusal

LARGEST_PACKAGE = 20 * 1024 * 1024  # bytes; three hundred entries with their history are under one million
KEPT_SECONDS = 24 * 3600  # how long a package waits for its decisions

blueprint = Blueprint("package", __name__, url_prefix="/packages")


@blueprint.get("")
@supervisors_only
def index() -> ResponseReturnValue:
    """Hand out, take in, whom we trust."""
    desk = house().knowledge_desk
    return render_template("packages.html", keys=desk.trusted(), own=desk.own_key())


@blueprint.get("/export")
@supervisors_only
def export() -> ResponseReturnValue:
    """All that is told, as a signed package."""
    with house().database.begin() as session:
        Audit(session).look(me().username, "package_exported", "package:all", now())
    headers = {"Content-Disposition": 'attachment; filename="yinling-knowledge.json"'}
    return Response(house().knowledge_desk.pack(now()), mimetype="application/json", headers=headers)


@blueprint.post("/look")
@supervisors_only
def look() -> ResponseReturnValue:
    """What taking a package would do."""
    file = request.files.get("package")
    data = b""
    if file:
        data = file.read()
        file.close()
    try:
        text = data.decode("utf-8")
        report = house().knowledge_desk.look_into(text, unsigned=request.form.get("unsigned") == "1")
    except UnicodeDecodeError:
        return _sent_back("这个文件不是知识包，或者内容不完整。")
    except BadPackage as error:
        return _sent_back(refusal(error))
    return _shown(report, _keep(data))


@blueprint.post("/take")
@supervisors_only
def take() -> ResponseReturnValue:
    """Put a package's news up for review."""
    name = request.form.get("package", "")
    path = _folder() / f"{name}.json"
    if not re.fullmatch("[0-9a-f]{64}", name) or not path.is_file():
        return _sent_back("这个包放得太久了，请再上传一次。")
    chosen = {
        key.removeprefix("choice-"): value for key, value in request.form.items() if key.startswith("choice-")
    }
    choices = Choices(
        frozenset(key for key, value in chosen.items() if value == "theirs"),
        frozenset(key for key, value in chosen.items() if value == "ours"),
    )
    text, unsigned = path.read_text(encoding="utf-8"), request.form.get("unsigned") == "1"
    desk = house().knowledge_desk
    try:
        report = desk.take(text, choices, me().username, now(), unsigned=unsigned)
    except BadPackage as error:
        flash(refusal(error), "warn")
        if error.code != "package.conflicts":
            return redirect(url_for("package.index"))
        return _shown(desk.look_into(text, unsigned=unsigned), name)
    path.unlink(missing_ok=True)
    flash(f"收下了{len(report.taken)}条，都在等人审核。" if report.taken else "没有新的内容要收。", "good")
    return redirect(url_for("knowledge.index", status="review") if report.taken else url_for("package.index"))


@blueprint.post("/trust")
@supervisors_only
def trust() -> ResponseReturnValue:
    """Trust one more installation, or one less."""
    name, key = request.form.get("name", "").strip()[:64], request.form.get("public_key", "").strip()
    if not name:
        abort(400)
    desk = house().knowledge_desk
    try:
        if request.form.get("revoke") == "1":
            desk.distrust(name, me().username, now())
            flash(f"不再收{name}的包。", "good")
        else:
            desk.trust(name, key, me().username, now())
            flash(f"从现在起收{name}的包。", "good")
    except BadPackage as error:
        flash(refusal(error), "warn")
    return redirect(url_for("package.index"))


def _shown(report: PackageReport, name: str) -> str:
    news = [one for one in report.entries if one.state not in ("same", "older")]
    quiet = len(report.entries) - len(news)
    return render_template(
        "package_report.html",
        report=report,
        news=sorted(news, key=lambda one: (one.state != "conflict", one.entry_id)),
        quiet=quiet,
        package=name,
        unsigned=request.form.get("unsigned") == "1",
    )


def _sent_back(words: str) -> ResponseReturnValue:
    flash(words, "warn")
    return redirect(url_for("package.index"))


def _folder() -> Path:
    return house().settings.state_dir / "packages"


def _keep(data: bytes) -> str:
    """Put a package aside until its conflicts are decided on; its name is its hash. Old ones are thrown away."""
    folder = _folder()
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    for old in folder.glob("*.json"):
        if now().timestamp() - old.stat().st_mtime > KEPT_SECONDS:
            old.unlink(missing_ok=True)
    name = hashlib.sha256(data).hexdigest()
    (folder / f"{name}.json").write_bytes(data)
    return name

"""The service points of the configuration file, checked and brought into the database."""

from __future__ import annotations

from datetime import time
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, field_validator
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from bot.places import Places
from bot.ports import YinlingError
from bot.store.models import ServicePoint

SERVICE_POINTS_FILE = Path(__file__).resolve().parent / "config" / "service_points.yaml"

Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
Clock = Annotated[str, StringConstraints(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=64)]


class ServicePointsInvalid(YinlingError):
    """The configuration file of service points cannot be used; the message says where and why."""

    code = "service_points.invalid"


class ServicePointConfig(BaseModel):
    """One service point as the operator writes it; ``opening_hours`` holds pairs of HH:MM a weekday."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    code: Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]{1,32}$")]
    region: Annotated[str, StringConstraints(pattern=r"^\d{6}$")]
    name: Text
    address: Annotated[str, StringConstraints(max_length=128)] | None = None
    phone: Annotated[str, StringConstraints(max_length=32)] | None = None
    opening_hours: dict[Day, list[tuple[Clock, Clock]]]
    slot_minutes: Annotated[int, Field(ge=5, le=240)] = 30
    capacity: Annotated[int, Field(ge=1, le=1000)] = 20
    days_ahead: Annotated[int, Field(ge=1, le=90)] = 14

    @field_validator("opening_hours")
    @classmethod
    def _spans_follow_each_other(cls, hours: dict[Day, list[tuple[Clock, Clock]]]) -> Any:
        for day, spans in hours.items():
            moments = [time.fromisoformat(moment) for span in spans for moment in span]
            if any(later <= earlier for earlier, later in pairwise(moments)):
                raise ValueError(f"{day}: each time must be later than the one before")
        return hours


def load_service_points(file: Path = SERVICE_POINTS_FILE) -> list[ServicePointConfig]:
    """The service points of a file, defaults applied. Raises ServicePointsInvalid."""
    try:
        config = yaml.safe_load(file.read_text(encoding="utf-8"))
        rows = [{**(config.get("defaults") or {}), **row} for row in config["service_points"]]
    except (OSError, yaml.YAMLError, AttributeError, KeyError, TypeError) as error:
        raise ServicePointsInvalid(f"{file.name}: no readable list service_points ({error})") from error
    points = []
    for number, row in enumerate(rows, start=1):
        try:
            points.append(ServicePointConfig.model_validate(row))
        except ValidationError as error:
            first = error.errors()[0]
            place = ".".join(str(part) for part in first["loc"])
            name = row.get("code", number)
            raise ServicePointsInvalid(f"{file.name}: {name}: {place}: {first['msg']}") from error
    codes = [point.code for point in points]
    if len(set(codes)) < len(codes):
        raise ServicePointsInvalid(f"{file.name}: a code stands there twice")
    return points


def seed_service_points(session: Session, file: Path = SERVICE_POINTS_FILE) -> None:
    """Bring the file's service points into the database; the same again changes nothing.

    A changed capacity holds for slots that exist already; a service point that left the file takes no more
    bookings, its booked visits stand. Raises ServicePointsInvalid.
    """
    points = load_service_points(file)
    for config in points:
        _bring(session, config)
    gone = update(ServicePoint).where(ServicePoint.code.not_in([point.code for point in points]))
    session.execute(gone.values(offered=False))


def _bring(session: Session, config: ServicePointConfig) -> None:
    values = config.model_dump(mode="json") | {"offered": True}
    query = select(ServicePoint).filter_by(code=config.code)
    point = session.scalar(query)
    if point is None:
        try:
            with session.begin_nested():
                session.add(ServicePoint(**values))
                session.flush()
        except IntegrityError:  # another process that starts now was first
            point = session.scalars(query).one()
        else:
            return
    for name, value in values.items():
        if getattr(point, name) != value:
            setattr(point, name, value)
    session.flush()
    Places(session).resize(point)

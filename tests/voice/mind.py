"""The whole conversation behind a call: the real assistant; no NLU server runs, so the keyword rules understand."""

from __future__ import annotations

from datetime import timedelta

from bot.assistant import Assistant, Parts
from bot.calendar import ChineseCalendar, OfficeHours
from bot.ephemeral.connection import RedisConnection
from bot.ephemeral.events import RedisEvents
from bot.ephemeral.locks import RedisLocks
from bot.flows.questions import Thresholds
from bot.privacy import Vault
from bot.settings import load_settings
from bot.store.database import Database
from knowledge.index import open_knowledge
from nlu.fallback import LayeredUnderstanding
from nlu.rasa_client import RasaUnderstanding
from nlu.regions import region_name


def assistant(database: Database, vault: Vault) -> Assistant:
    """An assistant over this database."""
    calendar, redis, settings = ChineseCalendar(), RedisConnection(""), load_settings({})
    return Assistant(
        Parts(
            database=database,
            vault=vault,
            understanding=LayeredUnderstanding(RasaUnderstanding("http://127.0.0.1:1", "none", 0.2)),
            knowledge=open_knowledge(region_name),
            calendar=calendar,
            office_hours=OfficeHours(calendar, settings.agent_opens, settings.agent_closes),
            locks=RedisLocks(redis),
            events=RedisEvents(redis),
            thresholds=Thresholds(0.5, 0.3),
            idle=timedelta(minutes=60),
        )
    )

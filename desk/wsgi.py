"""The desk's process for gunicorn: ``gunicorn -c desk/gunicorn.conf.py desk.wsgi:app``."""

from __future__ import annotations

import logging

from bot.bootstrap import bootstrap
from bot.settings import load_settings
from desk.app import create_desk
from desk.canned_views import seed_canned

logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(name)s %(levelname)s %(message)s")
house = bootstrap(load_settings())
with house.database.begin() as session:
    seed_canned(session)
app = create_desk(house)

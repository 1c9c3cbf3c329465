"""The web process for gunicorn: ``gunicorn -c webhooks/gunicorn.conf.py webhooks.wsgi:app``."""

from __future__ import annotations

import logging

from bot.bootstrap import bootstrap
from bot.settings import load_settings
from voice.transcriber import voice_transcriber
from webhooks.api import api_blueprint
from webhooks.app import create_web
from webhooks.phone import phone_blueprint
from webhooks.simulator import simulator_blueprint

logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(name)s %(levelname)s %(message)s")
settings = load_settings()
house = bootstrap(settings)
pages = [api_blueprint(house)]
if settings.tryout:
    pages.append(simulator_blueprint(settings))
if settings.browser_phone:
    pages.append(phone_blueprint(settings))
app = create_web(house, pages=tuple(pages), transcriber=voice_transcriber(settings))

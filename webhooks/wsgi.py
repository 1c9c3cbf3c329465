"""The web process for gunicorn: ``gunicorn -c webhooks/gunicorn.conf.py webhooks.wsgi:app``."""

from __future__ import annotations

from bot.bootstrap import bootstrap
from bot.settings import load_settings
from webhooks.app import create_web
from webhooks.simulator import simulator_blueprint

settings = load_settings()
house = bootstrap(settings)
app = create_web(house, pages=(simulator_blueprint(settings),) if settings.tryout else ())

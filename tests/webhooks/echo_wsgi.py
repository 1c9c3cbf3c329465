"""The web process over the echo house, for gunicorn in tests."""

from tests.webhooks.echo import house_from_environment
from webhooks.app import create_web

app = create_web(house_from_environment())

"""The worker over the echo house, for tests: ``python -m tests.webhooks.echo_worker``."""

import logging
import sys

from tests.webhooks.echo import house_from_environment
from webhooks.worker import run_worker

if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO)
    sys.exit(run_worker(house_from_environment()))

"""A stand-in for WeChat's servers, for tests and for trying the product out without an account.

It signs, encrypts, delivers and retries messages as WeChat does, serves the part of WeChat's API that the product
uses, with its error codes and quotas, and lets a test inject faults. State lives in memory. ``python -m
webhooks.standin`` runs it as a process; ``StandIn`` starts it inside a test.

What it imitates is the public documentation under developers.weixin.qq.com/doc/service/ and /doc/subscription/.
"""

from webhooks.standin.clock import Clock
from webhooks.standin.standin import StandIn

__all__ = ["Clock", "StandIn"]

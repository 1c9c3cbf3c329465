"""The clock of all calls."""

from __future__ import annotations

import asyncio
import logging

import pytest

from voice.ticker import Ticker


def test_sleepers_wake_in_order_of_their_time() -> None:
    async def story() -> None:
        ticker, woken = Ticker(), []

        async def sleep(seconds: float) -> None:
            await ticker.sleep(seconds)
            woken.append(seconds)

        tasks = [asyncio.create_task(sleep(seconds)) for seconds in (0.5, 0.1, 0.3)]
        await asyncio.sleep(0)
        for _ in range(25):
            ticker.tick()
            await asyncio.sleep(0)
        assert woken == [0.1, 0.3, 0.5]
        assert ticker.now == pytest.approx(0.5)
        await asyncio.gather(*tasks)

    asyncio.run(story())


def test_missed_ticks_are_time_but_not_sound() -> None:
    ticker, calls = Ticker(), []
    ticker.every_tick(lambda: calls.append(ticker.now))
    ticker.tick()
    ticker.tick(100)
    assert calls == pytest.approx([0.02, 2.02])


def test_one_failing_call_leaves_the_others_their_sound(caplog: pytest.LogCaptureFixture) -> None:
    ticker, calls = Ticker(), []

    def fail() -> None:
        raise RuntimeError

    ticker.every_tick(fail)
    stop = ticker.every_tick(lambda: calls.append(1))
    with caplog.at_level(logging.CRITICAL):
        ticker.tick()
        ticker.tick()
        stop()
        stop()
        ticker.tick()
    assert calls == [1, 1]


def test_a_cancelled_sleeper_is_forgotten() -> None:
    async def story() -> None:
        ticker = Ticker()
        task = asyncio.create_task(ticker.sleep(10))
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait({task})
        ticker.tick()
        assert not ticker._sleepers

    asyncio.run(story())


def test_it_ticks_in_real_time() -> None:
    async def story() -> None:
        lateness: list[float] = []
        done = asyncio.Event()
        ticker = Ticker(lateness.append)

        def count() -> None:
            if ticker.now >= 0.2:
                done.set()

        ticker.every_tick(count)
        loop = asyncio.get_running_loop()
        started = loop.time()
        running = asyncio.create_task(ticker.run())
        await asyncio.wait_for(done.wait(), 10)
        assert loop.time() - started >= 0.2
        assert len(lateness) >= 1
        running.cancel()
        await asyncio.wait({running})

    asyncio.run(story())

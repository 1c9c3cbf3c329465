"""The children that speak: real pyttsx3 and espeak-ng; killed, hung, talking rubbish, not there."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from tests.voice.orphans import is_over, orphan
from voice.tts_pool import SpeakingUnavailable, SpeechPool, worker_command

TEXT, SYLLABLES = "nin2 hao3, zhe4 li3 shi4 yi1 bao3 re4 xian4.", 9
ESPEAK = worker_command("espeak", "cmn-latn-pinyin")


def played(command: tuple[str, ...], play, size: int = 1, deadline: float = 5.0):
    """Run a scene with a pool of its own."""

    async def scene():
        pool = SpeechPool(command, size, deadline)
        await pool.start()
        try:
            return await play(pool)
        finally:
            await pool.close()

    return asyncio.run(scene())


def children() -> list[psutil.Process]:
    found = []
    for child in psutil.Process().children():
        with suppress(psutil.ZombieProcess):  # another test's, not waited for yet
            found += [child] if "voice.tts_worker" in child.cmdline() else []
    return found


def test_a_text_is_spoken_and_slower_takes_longer():
    async def play(pool):
        return [await pool.speak(TEXT, rate, SYLLABLES) for rate in (109, 181, 250, 109)]

    slow, middle, fast, again = played(ESPEAK, play)
    seconds = [len(sound.pcm) / 2 / sound.sample_rate for sound in (slow, middle, fast, again)]
    assert seconds[0] > 1.4 * seconds[1] > 1.4 * 1.2 * seconds[2]
    assert seconds[3] == pytest.approx(seconds[0], abs=0.15)
    assert any(middle.pcm)


def test_a_child_killed_in_the_middle_is_replaced_and_the_sentence_comes():
    async def play(pool):
        job = asyncio.create_task(pool.speak(TEXT * 40, 100, SYLLABLES * 40))
        await asyncio.sleep(0)
        os.kill(children()[0].pid, signal.SIGKILL)
        sound = await job
        return sound, pool.started

    sound, started = played(ESPEAK, play)
    assert len(sound.pcm) > 100_000
    assert started == 2


def test_a_hung_child_is_killed_and_replaced():
    async def play(pool):
        os.kill(children()[0].pid, signal.SIGSTOP)
        sound = await pool.speak(TEXT, 181, SYLLABLES)
        return sound, pool.killed

    sound, killed = played(ESPEAK, play, deadline=1.0)
    assert sound.pcm
    assert killed == 1


FAULTS = {
    "rubbish": "o.write(b'nonsense ' * 50)",
    "huge": "o.write(H.pack(b'YV', 2, 2**31) + b'{}')",
    "no object": "o.write(H.pack(b'YV', 4, 0) + b'1234')",
    "another job": "w(o, {'job': 999, 'rate': 22050}, bytes(90000))",
    "silence": "w(o, {'job': job['job'], 'rate': 22050}, bytes(90000))",
    "nothing": "w(o, {'job': job['job'], 'rate': 22050})",
    "half a sample": "w(o, {'job': job['job'], 'rate': 22050}, b'1' * 90001)",
    "no rate": "w(o, {'job': job['job'], 'rate': '22050'}, b'1' * 90000)",
    "says it failed": "w(o, {'job': job['job'], 'failed': 'ValueError'})",
    "dies": "sys.exit(3)",
    "does not stop": "o.write(H.pack(b'YV', 2, 2**20) + b'{}' + bytes(2**20)); [o.write(bytes(2**16)) for _ in iter(int, 1)]",
}


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS.keys())
def test_a_child_that_talks_rubbish_is_an_outage_not_a_noise(fault: str):
    code = (
        "import sys; from voice.tts_worker import HEADER as H, read_message as r, write_message as w\n"
        "o = sys.stdout.buffer; w(o, {'ready': 'faulty'})\n"
        f"while (m := r(sys.stdin.buffer)) is not None:\n    job = m[0]; {fault}; o.flush()\n"
    )

    async def play(pool):
        with pytest.raises(SpeakingUnavailable):
            await pool.speak(TEXT, 181, SYLLABLES)

    played((sys.executable, "-c", code), play)


def test_where_no_child_starts_it_says_so_at_once():
    async def play(pool):
        began = asyncio.get_running_loop().time()
        with pytest.raises(SpeakingUnavailable):
            await pool.speak(TEXT, 181, SYLLABLES)
        return asyncio.get_running_loop().time() - began

    assert played((sys.executable, "-c", "raise SystemExit(1)"), play) < 1
    assert played(("/nonexistent/python",), play) < 1


def test_an_unknown_voice_is_no_voice():
    async def play(pool):
        with pytest.raises(SpeakingUnavailable):
            await pool.speak(TEXT, 181, SYLLABLES)

    played(worker_command("espeak", "no-such-voice"), play)


def test_a_caller_who_goes_away_costs_no_child():
    async def play(pool):
        job = asyncio.create_task(pool.speak(TEXT * 20, 100, SYLLABLES * 20))
        await asyncio.sleep(0)
        job.cancel()
        await pool.speak(TEXT, 181, SYLLABLES)
        return pool.started, pool.killed

    assert played(ESPEAK, play) == (1, 0)


def test_closing_leaves_no_child_behind():
    async def play(pool):
        await pool.speak(TEXT, 181, SYLLABLES)
        return [p.pid for p in children()]

    pids = played(ESPEAK, play, size=2)
    assert len(pids) == 2
    assert not any(psutil.pid_exists(pid) for pid in pids)


def test_a_parent_that_is_killed_leaves_no_child_behind(eventually):
    code = (
        "import asyncio\nfrom voice.tts_pool import SpeechPool, worker_command\n"
        "async def main():\n    pool = SpeechPool(worker_command('espeak', 'cmn-latn-pinyin'), 1, 5)\n"
        "    await pool.start()\n    print('ready', flush=True)\n    await asyncio.Event().wait()\n"
        "asyncio.run(main())\n"
    )
    child = orphan(code)
    eventually(lambda: is_over(child))


def test_a_driver_of_ones_own_can_be_plugged_in():
    driver = f"{__package__ or 'tests.voice'}.sine_driver"
    assert (Path(__file__).parent / "sine_driver.py").exists()

    async def play(pool):
        return await pool.speak("四个字呢", 181, 4), pool.engine

    sound, engine = played(worker_command(driver, "mellow"), play)
    assert sound.sample_rate == 16000
    assert any(sound.pcm)
    assert "sine_driver mellow" in engine

"""A pyttsx3 driver of a stranger's making: hums for as long as a text would take. Shows what a driver needs."""

from __future__ import annotations

import wave

import numpy as np


def buildDriver(proxy):
    return SineDriver(proxy)


class SineDriver:
    """Every syllable is a quarter of a second of 220 Hz."""

    def __init__(self, proxy) -> None:
        self._proxy, self._job, self._properties = proxy, None, {"voice": "", "rate": 200, "volume": 1.0}

    def destroy(self) -> None:
        pass

    def getProperty(self, name):
        return self._properties[name]

    def setProperty(self, name, value) -> None:
        self._properties[name] = value

    def save_to_file(self, text, filename) -> None:
        self._job = (text, filename)

    def startLoop(self) -> None:
        self._proxy.setBusy(False)
        if self._job is None:
            return
        text, filename = self._job
        tone = np.sin(np.arange(4000 * len(text)) * 2 * np.pi * 220 / 16000) * 8000
        with wave.open(filename, "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(16000)
            file.writeframes(tone.astype("<i2").tobytes())

    def endLoop(self) -> None:
        self._proxy.setBusy(False)

    def stop(self) -> None:
        pass

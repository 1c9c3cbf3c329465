"""espeak-ng's library: speech together with the times of its words and sounds.

Source of the structures: espeak-ng's speak_lib.h.
"""

from __future__ import annotations

import ctypes as c
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

WORD, PHONEME = 1, 7  # espeak_EVENT_TYPE
_RETRIEVAL, _PHONEME_EVENTS, _UTF8 = 1, 1, 1
_RATE, _PITCH, _RANGE, _GAP = 1, 3, 4, 7  # espeak_PARAMETER

Samples = npt.NDArray[np.int16]


class _Id(c.Union):
    _fields_ = (("number", c.c_int), ("name", c.c_char_p), ("string", c.c_char * 8))


class _Event(c.Structure):
    _fields_ = (
        ("type", c.c_int),
        ("unique_identifier", c.c_uint),
        ("text_position", c.c_int),
        ("length", c.c_int),
        ("audio_position", c.c_int),
        ("sample", c.c_int),
        ("user_data", c.c_void_p),
        ("id", _Id),
    )


_CALLBACK = c.CFUNCTYPE(c.c_int, c.POINTER(c.c_short), c.c_int, c.POINTER(_Event))


@dataclass(frozen=True, slots=True)
class Event:
    """A word or sound begins at a sample; ``phoneme`` is espeak's name of the sound, "_" and the like are pauses."""

    type: int
    sample: int
    phoneme: str


class Espeak:
    """The library, once per process; ``rate`` is its sample rate."""

    def __init__(self) -> None:
        self._library = c.CDLL("libespeak-ng.so.1")
        self.rate: int = self._library.espeak_Initialize(_RETRIEVAL, 0, None, _PHONEME_EVENTS)
        self._callback = _CALLBACK(self._heard)  # kept: the library holds no reference
        self._library.espeak_SetSynthCallback(self._callback)
        self._sound: list[Samples] = []
        self._events: list[Event] = []

    def say(
        self, text: str, voice: str, rate: int = 150, pitch: int = 50, pitch_range: int = 50, gap: int = 0
    ) -> tuple[Samples, list[Event]]:
        """Sound and events of a text. Raises ValueError for a voice that is not there."""
        self._sound, self._events = [], []
        if self._library.espeak_SetVoiceByName(voice.encode()) != 0:
            raise ValueError(voice)
        for parameter, value in ((_RATE, rate), (_PITCH, pitch), (_RANGE, pitch_range), (_GAP, gap)):
            self._library.espeak_SetParameter(parameter, value, 0)
        data = text.encode() + b"\0"
        self._library.espeak_Synth(data, len(data), 0, 0, 0, _UTF8, None, None)
        self._library.espeak_Synchronize()
        sound = np.concatenate(self._sound) if self._sound else np.zeros(0, np.int16)
        return sound, self._events

    def _heard(self, sound: c._Pointer[c.c_short], count: int, events: c._Pointer[_Event]) -> int:
        if count > 0:
            self._sound.append(np.ctypeslib.as_array(sound, (count,)).copy())
        number = 0
        while events[number].type:
            event = events[number]
            if event.type in (WORD, PHONEME):
                phoneme = bytes(event.id.string).decode("latin-1") if event.type == PHONEME else ""
                self._events.append(Event(event.type, event.sample, phoneme))
            number += 1
        return 0

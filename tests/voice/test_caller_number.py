from __future__ import annotations

import pytest

from voice.caller_number import caller_number


@pytest.mark.parametrize(
    ("sent", "number"),
    [
        ("13812345678", "13812345678"),
        ("+8613812345678", "13812345678"),
        ("008613812345678", "13812345678"),
        ("+8653188001234", "053188001234"),
        ("0531-88001234", "053188001234"),
        ("sip:13812345678@10.0.0.1:5060", "13812345678"),
        ('"王" <sip:+8613812345678@trunk.example>;tag=1', "13812345678"),
        ("anonymous", ""),
        ("sip:anonymous@anonymous.invalid", ""),
        ("unknown", ""),
        ("", ""),
        ("'; DROP TABLE call; --", ""),
        ("1" * 40, ""),
    ],
)
def test_what_the_network_sends_becomes_the_number_as_dialled(sent: str, number: str) -> None:
    assert caller_number(sent) == number

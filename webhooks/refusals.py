"""Why a request from outside is turned away: an HTTP status, a code for the log, a sentence for a person."""

from __future__ import annotations


class Refused(Exception):
    """A request that is not answered. ``code`` goes to the log, ``sentence`` to whoever asked."""

    status = 400
    code = "wechat.malformed"
    sentence = "请求的内容不完整，没有办法处理。"


class Malformed(Refused):
    """Not the XML that WeChat sends, or a field is missing or makes no sense."""


class BadSignature(Refused):
    """Not signed with our token."""

    status = 403
    code = "wechat.signature"
    sentence = "签名不对，请求没有处理。"


class Stale(Refused):
    """Signed too long ago, or in the future."""

    status = 403
    code = "wechat.stale"
    sentence = "请求的时间不对，没有处理。"


class Replayed(Refused):
    """A signature that came before with another content."""

    status = 403
    code = "wechat.replay"
    sentence = "签名已经用过，请求没有处理。"


class NotSealed(Refused):
    """A readable message where only encrypted ones are accepted, or one encrypted for somebody else."""

    status = 403
    code = "wechat.not_sealed"
    sentence = "消息没有按约定加密，没有处理。"


class TooLarge(Refused):
    """More than any message of WeChat has."""

    status = 413
    code = "wechat.too_large"
    sentence = "请求的内容太长，没有处理。"

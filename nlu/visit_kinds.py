"""How a visit is wanted: at the hall, at home, by video. Only where it is said outright."""

from __future__ import annotations

import re

from bot.messages import Entity

_PATTERN = re.compile(
    r"(?P<home>上门(?:服务|办理?|来办|来)?|(?:到|来|上)(?:我|俺|老人)?(?:家里?|屋头|厝里)(?:来)?(?:给?办|服务)|派人(?:来|上门|到家))"
    r"|(?P<video>视频(?:办理?|连线|核验|通话|服务)?|远程(?:办理?|视频))"
    r"|(?P<hall>(?:去|到|来|上|在)?(?:你们|恁)?(?:办事|服务|医保|政务)?大厅|(?:去|到)窗口|窗口办|现场办?|当面办|线下办?)"
)


def find_visit_kinds(text: str) -> list[Entity]:
    """Entities ``visit_kind`` in text order."""
    return [
        Entity("visit_kind", m.lastgroup or "", m[0], m.start(), m.end()) for m in _PATTERN.finditer(text)
    ]

"""Full names, and the words that are none."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from nlu.entities import extract
from nlu.normalize import normalize

NOW = datetime(2026, 11, 25, 10, tzinfo=ZoneInfo("Asia/Shanghai"))


def names(text: str) -> list[str]:
    return [e.value for e in extract(normalize(text), NOW) if e.type == "name"]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("我叫张秀英", "张秀英"),
        ("嗯我叫那个张国栋", "张国栋"),
        ("俺叫马凤英", "马凤英"),
        ("姓王叫王建国", "王建国"),
        ("免贵姓王,叫建国", "王建国"),
        ("名字是欧阳建华", "欧阳建华"),
        ("我是李桂兰", "李桂兰"),
        ("我叫司马明,复姓", "司马明"),
        ("我叫王芳电话13812345678", "王芳"),
        ("我是李明想办备案", "李明"),
        ("姓名:周大海", "周大海"),
        ("我爸张德胜要办门慢", "张德胜"),
        ("帮我老伴周淑芬约个号", "周淑芬"),
        ("张秀英", "张秀英"),
        ("王芳", "王芳"),
        ("是陈桂英", "陈桂英"),
        ("张秀英13812345678", "张秀英"),
        ("济南 张秀英", "张秀英"),
        ("我叫徐国庆", "徐国庆"),
        ("我叫章秀英,弓长张", "张秀英"),
        ("耳东陈,我叫程秀兰,耳东陈", "程秀兰"),
        ("我叫阿依古丽", "阿依古丽"),
        ("不对,我叫李明不叫黎明", "李明"),
        ("王建国,国家的国", "王建国"),
        ("黄玉兰玉石的玉", "黄玉兰"),
        ("给柳如海约一个周五的号", "柳如海"),
        ("崔建华预约九月十号上午", "崔建华"),
        ("我妈史桂兰七十六了", "史桂兰"),
        ("王小明,13912345678,后天上午", "王小明"),
    ],
)
def test_names(text: str, name: str) -> None:
    assert names(text) == [name]


@pytest.mark.parametrize(
    "text",
    ["王大妈", "高先生", "我是王大妈", "我姓张", "我是山东人", "我是济南的", "我是高血压", "我叫什么名字", "叫不醒", "叫救护车",
     "我妈高血压", "高兴", "方便吗", "谢谢", "谢谢姐", "马上来", "何时办", "叫我念验证码", "白内障", "安排上", "程序太多", "路太远",
     "孙女", "温度高", "曲阜", "高新区", "石家庄", "成都", "周三", "周五吧", "康复", "于是", "我是单位的", "我爸常年吃药", "欧阳",
     "医保名字和身份证不一样", "我把号码换成孙女的", "金额不对", "包括", "常见", "姜汤", "万一", "任何时候", "段时间"],
)  # fmt: skip
def test_no_names(text: str) -> None:
    assert names(text) == []

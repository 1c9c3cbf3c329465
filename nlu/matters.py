"""What a visit is for, in the citizen's words, without the 办 before it: 异地备案, 补社保卡, 报销."""

from __future__ import annotations

import re

from bot.messages import Entity
from nlu.topic_words import find_topics

_VERB = r"(?:办理|办|补办|补|报|查询?|查一下|改|变更|打印|打|开|交|缴|申请|申报|激活|换|领取?|挂失|转|重置|弄|搞|咨询|做|登记|停|退|取)"
_NOUN = (
    r"(?:医药费?|住院费?用?|医疗费|零星|手工|外伤|大病|门诊|发票|生育)?(?:的)?报销(?:医药费|住院费|药费|材料|单子)?|"
    r"(?:异地(?:就医|安置|长期居住|急诊)(?:的)?(?:备案|登记)?|异地的?(?:备案|登记)|(?:转诊|转院|就医|急诊)备案|备案|转院|转诊|"
    r"(?:门诊|高血压|糖尿病|透析|恶性肿瘤|器官移植|冠心病)?(?:慢特病|慢性病|慢病|门慢门特|门慢|门特|特病|特殊病种|大病|两病)(?:资格)?(?:的)?(?:认定|鉴定|申请|年审|复审|登记|证|本|备案)?|"
    r"(?:社保|医保)卡(?:补办|挂失|激活|领取|改密码|密码重置|密码|换卡)?|补卡|换卡|领卡|挂失|(?:卡)?密码(?:重置)?|"
    r"医保(?:电子)?(?:码|凭证)(?:激活)?|电子凭证|亲情账户|家庭共济|家庭绑定|"
    r"(?:新生儿|居民|职工|城乡居民|单位|灵活就业|新农合|孩子)?(?:医保)?参保(?:登记|证明|信息变更|信息|缴费)?|停保|退费|补缴|缴费(?:证明|记录|查询)?|(?:补?[交缴])?医保费|补?[交缴](?:医保|新农合)(?:费)?|新农合(?:缴费)?|"
    r"(?:医保)?(?:账户)?(?:关系)?转移(?:接续)?|(?:个人|参保|基本)?信息(?:变更|修改|修正|更正)|"
    r"权益单|缴费记录|消费明细|医疗救助(?:申请)?|长期处方(?:备案)?|上门服务|授权(?:委托|代办)?|代办授权|"
    r"生育(?:登记|津贴|报销)?|定点(?:变更|申请)?|一站式结算|退休(?:医保)?(?:手续)?|年审|(?:上|入)医保|新生儿医保|职工医保转居民(?:医保)?|(?:申请)?救助|政策咨询|咨询政策|查账|异地安置)"
)
_AFTER_VERB = (
    r"(?:手机号码?|银行卡号|银行账号|证明|余额|密码|地址|姓名|名字)"  # matters only as 改手机号, 开证明
)
_PHRASE = re.compile(
    rf"(?:(?P<verb>{_VERB})(?:一下|个|一个|那个|下|的|我的|我妈的|我爸的|老人的)?(?:{_AFTER_VERB}|{_NOUN})|{_NOUN})"
)
_PLAIN_DO = re.compile(r"^(?:办理|办|弄|搞|做|登记(?=一下))(?:一下|个|一个|那个|下|我的)?")
# After a wish to come or to book, 办 takes whatever follows.
_AFTER_WISH = re.compile(
    r"(?:约|预约|挂号|去|来|想|要|替|给|帮)[^,。?!]{0,12}?(?:办理|办)(?:一下|个|一个|那个|点)?(?P<what>[\u4e00-\u9fffA-Za-z]{2,12})"
)
_CUT = re.compile(
    r"(?:的?手续|的事情?|业务)?(?:吧|吗|嘛|呢|啊|呀|的话|行吗|行不行|可以吗|可不可以|要|怎么|咋|的?号|,|,|时间|能|了|帮我|给我|预约|约|,).*$"
)
_NO_MATTER = re.compile(
    r"^(?:事|业务|手续|理|公|法|成|好|完|不|什么|啥|哪|点事|医保$|下|医保业务|医保的事|事情|些)|(?:什么|啥|怎么)"
)


def find_matters(text: str) -> list[Entity]:
    """Entities ``matter`` in text order: phrases that name one, else topics, else what follows 办 after a wish."""
    phrases = [(m.start(), m.end()) for m in _PHRASE.finditer(text)]
    phrases = phrases or [(e.start, e.end) for e in find_topics(text) if e.value not in _NOT_BOOKED]
    if phrases:
        return [_entity(text, start, end) for start, end in phrases]
    wish = _AFTER_WISH.search(text)
    if wish:
        what = _CUT.sub("", wish["what"])
        if len(what) >= 2 and not _NO_MATTER.search(what):
            return [_entity(text, wish.start("what"), wish.start("what") + len(what))]
    return []


# Topics that tell how things are done, not what for.
_NOT_BOOKED = frozenset(
    {
        "appointment_service", "online_channels", "video_service", "hotline_numbers", "home_service", "nearby_service",
        "priority_window", "guide_service", "hall_facilities", "hall_emergency_plan", "health_code_alternative",
        "service_rating_complaint", "privacy_protection", "fraud_protection", "fund_fraud_report", "payment_reform",
    }
)  # fmt: skip


def _entity(text: str, start: int, end: int) -> Entity:
    plain = _PLAIN_DO.match(text[start:end])
    start += plain.end() if plain and plain.end() < end - start else 0
    start += len(text[start:end]) - len(text[start:end].lstrip("的"))
    end -= len(text[start:end]) - len(text[start:end].rstrip("的"))
    return Entity("matter", text[start:end], text[start:end], start, end)

"""What is caught before any model: danger, despair, swindlers, "a person, please", and the phone's own words.

Each rule is a set of patterns that must be found and one of patterns that must not. A question about policy that
mentions an illness or a swindle is left to the model (心脏病能报销吗, 怎么防骗).
"""

from __future__ import annotations

import re

from bot.messages import Intent
from nlu.despair import in_despair
from nlu.emergencies import HARMED, in_danger
from nlu.swindles import is_swindle
from nlu.whole_utterances import match_whole, match_wish

_OUTRIGHT = re.compile(
    r"(?<!不用)(?<!不要)(?<!不需要)(?<!不想)转(?:接)?(?:到)?人工(?!费|.{0,3}(?:几点|电话|多少))"
)
_AGENT = re.compile(
    r"^(?:请|快|麻烦|帮我|给我|我要|我想|能不能|可以|直接|还是|赶紧)*(?:转|接|找|要|叫|换|喊|拿|来|请|转接|转到|接通|帮我转|给我转|给我接|有没有|有)?(?:个|一下|一个|到)*(?:人工|真人|活人|人)(?:客服|服务|座席|坐席|接听|来)?(?:那边)?(?:去)?(?:吧|啊|呢|吗|嘛|谢谢|,|。|!|快点|行不行|行吗|好吗|转人工|人工)*$|"
    r"(?:电话|话筒)(?:给|交给|拿给|递给)(?:你们?)?(?:的)?(?:领导|经理|主任|负责人|管事的|真人|人工)|转(?:接)?(?:到)?(?:一下)?(?:窗口)?(?:人工|客服|坐席|座席|真人|工作人员)|(?:接|要|找|换|叫|喊|给我)(?:个|一个|一下)?(?:你们的?)?(?:人工(?!费)|真人|活人|客服(?!电话|热线)|坐席|座席|接线员|话务员|工作人员|值班(?:的|人员|同志)?|管事的|懂(?:行|政策)的)(?!.{0,6}(?:态度|电话是|号码))|"
    r"(?:不|别|莫)(?:想|要|愿意|爱)?(?:再)?(?:跟|和|同|与)?(?:你|这个?)?(?:机器人?|电脑|语音|智能)(?:说|讲|聊|打交道|糊弄)?(?:话|我)?(?:了)?|"
    r"(?:找|叫|喊|换|让|拿|来|派)(?:个|一个)?(?:会说话的|能说话的|明白|真)?人(?:来)?(?:跟|和|同|给|接|听)?(?:我|俺|阮|我们|他|她|老人)?(?:说|讲|聊|谈|接|通|听|解释)|"
    r"让(?:工作人员|你们的人|真人|客服|值班的)(?:来)?(?:跟|和|给|接)(?:我|俺)?(?:说|讲|接|聊)?|(?:跟|和|同|与)(?:真人|活人|工作人员|客服|人工|经办人员)(?:说|讲|聊|谈|通话|直接)|(?:我|俺|阮)?(?:想|要)(?:跟|和|同)人(?:说|讲|聊)|"
    r"(?:叫|让)你们(?:领导|经理|主任|负责人)(?:来|接)|人工在(?:吗|不)|^你是机器[^。?!]{0,3}我不|接通(?:工作人员|客服|人工)|找(?:个|一个)?(?:懂|明白|管事|会说)[^。?!]{0,4}人?(?:来|$)|找个?人帮我$|^请找人|(?:和|跟)你们的?人(?:谈|说|讲)|"
    r"(?:给|帮)?(?:我|俺)(?:找|换|叫|喊)(?:个|一个)人(?:来)?(?:$|[,。!吧嘛呗])|有没有(?:活人|真人|人工)|找个人来|拿个人来|叫人来|(?:你)?(?:解决|帮)不了(?:我)?[,]?(?:换|叫|找|把)|"
    r"(?:转|接|要|找)(?:个|一下|到)?人(?:来)?(?:吗|吧|嘛|,|。|!|$)|让[^。]{0,8}(?:人|同志|师傅)(?:来)?(?:跟|和|$)|^人呢|要求人工|接线员|话务员|客服客服|找(?:个)?会说|说话算数|我要人(?:跟|$)|找医保局的人|(?:跟|和|找)(?:你们)?(?:领导|经理|主任)(?:说|讲|谈|来|$)|喊你们的?人|按(?:哪个|几|什么)键是?(?:人工|转人工)"
)
_NO_AGENT = re.compile(
    r"^你有没有(?:真人|人工)|人工(?:费|登记|流产|授精|晶体|耳蜗|关节|智能|审核|肝|透析|髋|膝)|不(?:用|要|需要|想)(?:转|找|叫)?(?:人工|真人|客服)|(?:人工|客服)(?:电话|热线|几点|什么时候|上班|号码|态度|在哪|多少)|"
    r"(?:打|给我|回|再)(?:个)?(?:回)?(?:电话|过来)|联系我|打(?:给|过来|回来)|投诉|(?:工作人员|客服|人工)(?:态度|会不会|会急救|帮|能帮|领|带|陪)|有(?:没有)?(?:工作人员|人)(?:帮|领|带|陪|接待|教|指导)|大厅|窗口(?:的)?(?:人|工作人员)(?:态度|对|骂|不)|"
    r"你(?:是|不是)?(?:真人|人工|机器)|(?<!键)是(?:不是)?(?:人工|真人|机器人?)(?:还是|吗|不|啊|在|$|,)|机器人还是|还是机器|代办|替我办|(?:手机|屏幕|镜头)[^。?!]{0,12}(?:办|业务)|派(?:个)?人(?:来|上门|到家)|上门|视频|取消"
)


def match(text: str) -> Intent | None:
    """The intent of a normalised text that needs no model, with confidence 1.0; None for all else."""
    name = _urgent(text) or match_whole(text)
    if name is None:
        name = "request_agent" if _wants_person(text) else match_wish(text)
    return Intent(name, 1.0) if name else None


def _urgent(text: str) -> str | None:
    if HARMED.search(text) and in_danger(text):
        return "emergency"
    if in_despair(text):
        return "distress"
    if in_danger(text):
        return "emergency"
    return "report_scam" if is_swindle(text) else None


def _wants_person(text: str) -> bool:
    """人工 in every form, but not 人工费, not a call-back, not a complaint about staff."""
    return bool(_OUTRIGHT.search(text)) or (bool(_AGENT.search(text)) and not _NO_AGENT.search(text))

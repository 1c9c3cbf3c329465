"""What callers ask next and no document of the knowledge base tells: amounts, shares, years, lapses, cash.

Understanding takes such a question for its matter (两病用药一年能报多少钱 is about 两病用药), so it is caught here, by what is
asked about the matter. Each kind has an honest sentence of its own; the matter's rule is not stated in its place.
Other offices' matters and what is nobody's business are caught likewise, where no matter of ours is named.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from bot.decision import Context, Decision
from bot.flows.gaps import noted
from bot.messages import Act, PolicyAnswer
from bot.speech import speakable
from bot.wording import PERSON_OFFER, say

_SURE = 0.7  # confidence of an intent that outweighs a word of another office's
WHO_KNOWS = "您可以打医保热线12393问。"
_MONEY = r"(?:钱|块钱?|元|万|千块?|费)"
_PAID = r"(?:报销?|补贴?|救助|自付|自费|自负|自己?(?:要|得)?掏|打(?:到?卡)?|返|划|交|缴|给|领|发|收|花|掏|付|减|少报|降|涨|刷)"


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of such questions: how it is asked, what is said to it."""

    name: str
    asked: re.Pattern[str]
    sentence: str
    ours: bool = True  # a question on medical insurance; another office's otherwise


# What else is to be found around a place. A bank may do insurance matters too.
_PLACES = (
    r"饭[馆店堂]|餐馆|食堂|超市|菜市场|商场|商店|酒店|宾馆|旅馆|加油站|公园|电影院|理发店|澡堂|公交站|地铁|取款机|"
    r"(?:附近|旁边|周围|边上)[^。?？办]{0,6}银行(?!(?:能|可以)?办)"
)

KINDS = (
    Kind(
        "years",
        re.compile(
            r"(?:交|缴)[^。?？好]{0,6}(?:满|够|几|多少)[^。?？]{0,3}年(?!底|前|初)|退休[^。?？]{0,8}(?:差|满|够)[^。?？]{0,3}年|(?:最低)?(?:缴费)?年限(?!证明|怎么查|在哪查)|"
            r"几岁(?:以上|以后|起|开始)?[^。?？]{0,4}(?:不用|免|不)(?:交|缴)|(?:退休|终身)[^。?？]{0,6}不用(?:再)?(?:交|缴)"
        ),
        "要交满多少年、几岁不用再交，我这里的文件没有写，不能乱说。",
    ),
    Kind(
        "lapse",
        re.compile(
            r"断(?:了)?(?:缴|交|保)(?!怎么防)|漏(?:了)?(?:缴|交)|欠费|清零|(?:医保|中间)断了|等待期|停保|中断(?:缴费|参保)"
        ),
        "断交以后怎么算、多久能再用，我这里的文件没有写，不能乱说。",
    ),
    Kind(
        "cash",
        re.compile(
            r"(?:钱|余额|账户|卡)[^。?？]{0,6}(?:取(?:出来?|现|款|走)|提(?:出来|现)|变(?:成|作)?现金?|套现|继承|退给)|"
            r"取现|提现|(?:借给|借(?:我|别人|他|她)|给别人用)|家庭共济|怎么共济|共济(?:账户|给|$)|"
            r"(?:钱|余额|个人账户|个账)[^。?？]{0,6}给(?:老伴儿?|家(?:里)?人|孩子|儿女|儿子|女儿|闺女|父母|爸妈|爹娘|孙子|孙女|亲戚|媳妇|老婆|老公|对象)(?:用|刷|花|买药|看病)"
        ),
        "医保里的钱能不能取出来、能不能借给别人用，我这里的文件没有写，不能乱说。",
    ),
    Kind(
        "amount",
        re.compile(
            rf"比例|百分之(?:几|多少)|百分比|几成(?!新)|{_PAID}(?:得|到|了|的|给|销)?(?:多少|几|好多|几多)(?!个?(?:工作日|天|月|次|家|种|年|人|号|回|趟|遍|样))|"
            rf"(?:多少|好多|几|几多)[十百千万]{{0,2}}(?:{_MONEY})|(?:每|一)个?(?:人|月|年|份|级|档)(?:是|要|得|收|交|缴)?(?:多少|好多|几[百千])(?!次|回|家|天|种)|"
            r"(?:缴费|交费|报销|医保|基数|定额|津贴|标准)[^。?？电号热]{0,6}(?:多少|好多)(?:呢|啊|呀|嘛|哦)?$|起付|封顶|(?:报销?|最高|年度|支付)?(?:限额|额度|上限|顶格)|最[高多](?:能)?(?:报|给|补|领|救助|付|刷)|"
            r"(?:缴费|交费|报销|收费|补贴|补助|待遇)(?:的)?标准|工本费|跑腿费|手续费|(?:要|收|用|花)(?:不要|不收)?(?:钱|费)(?:吗|不|么|嘛|没|呢|$|[?？])|"
            r"免费(?:吗|不|么|的吗)|(?:报|补)(?:得|的)(?:多|少|高|低)(?:一?[点些])?(?:吗|不|么|没|还是|呢|$|[?？])|(?:哪|谁|更|会)[^。?？]{0,6}(?:报|补)(?:得|的)(?:多|少|高|低)|报销?(?:比例)?(?:会|是不是|降不降|会不会)?(?:降低|减少|少报|变少|一样)|少报(?:百分|多少|几)|报几|贵不贵"
        ),
        "能报多少、要花多少钱，我这里的文件没有写，不能乱说。",
    ),
    Kind(
        "illnesses",
        re.compile(
            r"^(?!.*(?:集中|随时|即时|当天|当场|当日|马上)).*(?:(?:慢特?性?病|门慢|门特|特病|病种|特殊病|特殊疾病)[^。?？,，]{0,8}(?:多少|好多|几|哪些|哪几)(?:个)?(?:种|类|病)?(?:$|[?？呢啊嘛])|"
            r"(?:多少|好多|哪些|哪几)(?:个|种)?(?:种病|病种?|疾病)(?:能|可以|算|属于|在|才|办|给|是|纳入))"
        ),
        "哪些病算慢特病，我这里的文件没有写全，不能乱说。",
    ),
    Kind(
        "choice",
        re.compile(
            r"(?:职工|居民|惠民保|商业)[^。?？]{0,10}(?:区别|哪个(?:好|划算)|值不值|划不划算|同时(?:交|参|缴))|同时(?:交|参加|缴|参)(?:保)?[^。?？]{0,6}(?:职工|居民|两)"
        ),
        "哪种更合算、能不能同时参加，我这里的文件没有写，不能乱说。",
    ),
    Kind(
        "scope",
        re.compile(
            r"(?:工伤|车祸|交通事故|打架|自杀|美容|整[容形]|针灸|推拿|按摩|(?:种植?|镶|洗|拔|补|烤瓷)牙|牙齿|眼镜|近视|助听器|疫苗|体检|试管|护工|养老院|殡葬|丧葬|"
            r"国外(?!回)|境外|出国|海外|香港|澳门|台湾|救护车|罕见病|靶向药|进口药|保健品|阿胶|离婚|美国)[^。?？]{0,14}(?:报|医保|保险|刷卡|管)|"
            r"(?:医保|报)[^。?？]{0,8}(?:工伤|车祸|种植牙|镶牙|洗牙|眼镜|助听器|疫苗|体检|试管)|[甲乙丙]类|(?:医保|药品)目录"
        ),
        "这一项医保管不管，我这里的文件没有写，不能乱说。",
    ),
    Kind(
        "elsewhere",
        re.compile(
            r"(?:水|电|燃气|煤气|天然气|暖气|物业|话|停车|学)费|燃气|煤气|自来水|养老金|退休金|养老保险|公积金|失业(?:金|保险)|工伤认定|"
            r"(?:申请|想吃|办|领)低保|低保(?:怎么|咋|申请)|身份证(?:丢|掉|补办|过期|换(?!了新))|户口(?:迁|怎么)|护照|签证|驾照|驾驶证|结婚|营业执照|房产|宅基地|"
            r"社保局|居家养老|优待证|公交卡|退休证|出生证明?[^。?？]{0,6}(?:错|改|丢|补)|暖气|宽带|电动车|驾校|限行|漏水|婚姻|迁坟|拖欠|工资|邻居|高铁|火车|机票|书法|种地|种粮|抖音|广场舞|足浴|"
            rf"{_PLACES}|"
            r"挂(?:个|一个)[^。?？]{0,8}(?:号|专家)|专家号|饭前|饭后"
        ),
        "这件事不归医保管，我不知道，不能乱说。",
        ours=False,
    ),
    Kind(
        "secret",
        re.compile(
            r"管理员|数据库|系统(?:提示|指令|设置)|提示词|训练数据|(?:所有|之前|以上|上面)的?(?:指令|规则|设定)|源代码|内部[^。?？]{0,6}(?:电话|手机|号码|联系|人)|"
            r"联系人|(?:姓.的|哪个人|谁|领导|局长)的?(?:私人)?(?:手机|电话|微信|号码)|假装|扮演|编(?:一个|个)|无视|unrestricted|instructions"
        ),
        "这个我不能说。我只回答医保办事的问题。",
        ours=False,
    ),
)

# What another office does, whatever way it is done in.
_OTHER_OFFICES = re.compile(
    r"公积金|养老金|退休金|养老保险|失业|护照|签证|驾照|驾驶证|身份证(?:丢|补|过期|换)|户口(?:迁|怎么)|公交卡|结婚|房产|宅基地|营业执照|"
    rf"{_PLACES}"
)
_WAYS = frozenset(
    {
        "proxy_service", "online_channels", "video_service", "home_service", "nearby_service", "cross_province_service",
        "appointment_service", "priority_window", "guide_service", "commitment_system",
    }
)  # fmt: skip
# Matters whose own rule is about sums and figures, so that asking for one is no question of an amount to be told.
OF_FIGURES = ("rights_info_query", "payment_reform", "fraud_protection", "fund_fraud_report")


def kind_asked(text: str) -> Kind | None:
    """The kind of question that no document answers, or None."""
    return next((kind for kind in KINDS if kind.asked.search(text)), None)


def unanswered(ctx: Context, topic: str | None = None, found: PolicyAnswer | None = None) -> Kind | None:
    """The kind asked in this utterance, where neither the matter nor its entry (if there is one) answers it."""
    kind = kind_asked(ctx.parse.text)
    if kind is None or (kind.ours and topic in OF_FIGURES):
        return None
    if not kind.ours and (_names_ours(ctx) or (topic and _is_beside_the_point(ctx, kind))):
        return None
    return None if kind.name == "amount" and found is not None and found.aspect("cost") else kind


def _names_ours(ctx: Context) -> bool:
    """Whether a matter of ours is named; a mere way of doing things (代办, 网上办) may be another office's: 公积金能代办吗."""
    text = ctx.parse.text
    elsewhere = _OTHER_OFFICES.search(text) is not None and "医保" not in text
    return any(topic not in _WAYS or not elsewhere for topic in ctx.parse.values("topic"))


def _is_beside_the_point(ctx: Context, kind: Kind) -> bool:
    """Whether another office's word (邻居, 工资) only stands in a question that says of itself it is about 医保."""
    return kind.name == "elsewhere" and "医保" in ctx.parse.text and ctx.parse.intent.confidence >= _SURE


def tell(ctx: Context, kind: Kind, topic: str | None, found: PolicyAnswer | None = None) -> Decision:
    """Say that it is not known here, and who knows. No rule is stated and none is cited."""
    topic = topic if kind.ours else None
    region = (found.asked_region or found.region) if found else None
    who = WHO_KNOWS if kind.ours else ""
    act = Act.FALLBACK if topic else Act.OUT_OF_SCOPE
    written = f"{kind.sentence}{who}{PERSON_OFFER}"
    spoken = speakable(f"{kind.sentence}{PERSON_OFFER}")  # who hears it has rung that number already
    reply = say(act, written, spoken, topic=topic, region=region)
    state = ctx.state if ctx.state.flow not in ("region", "topic") else ctx.state.idle()
    state = state.with_(offer="agent", failures=0, topic=topic or ctx.state.topic)
    reason = "unknown_detail" if topic else "out_of_scope"
    return noted(ctx, Decision(state, reply), reason, topic=topic, region=region)

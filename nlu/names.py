"""Persons' full names: after 我叫, 姓名, 我妈 and the like, or where a clause is nothing but a plausible name.

A surname with a title (王大妈, 高先生) is no full name. How a surname is explained (弓长张, 耳东陈) corrects one that was
written with another character of the same sound.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from bot.messages import Entity
from nlu.homophones import sounds_of
from nlu.lexicon import is_ordinary

_COMPOUND = (
    "欧阳|司马|上官|诸葛|东方|皇甫|尉迟|公孙|慕容|令狐|长孙|宇文|司徒|司空|夏侯|轩辕|南宫|独孤|端木|西门|东郭|百里|呼延|澹台|"
    "濮阳|淳于|单于|太史|申屠|公冶|钟离|鲜于|闻人|赫连|拓跋|完颜|纳兰|叶赫"
)
_SINGLE = (
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟汪田"
    "任姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎易常武乔贺赖龚文庞樊兰殷施陶洪翟安颜倪严牛温芦季俞"
    "章鲁葛伍韦申尤毕聂丛焦向柳邢路岳齐沿梅莫庄辛管祝左涂谷祁耿牟卜路詹关苗凌费纪靳盛童欧甄项曲成游阳裴席卫查屈鲍位覃霍翁隋"
    "植甘景薄单包司柏宁柯阮桂闵解强柴华车冉房边辜吉饶刁瞿戚丘古米池滕晋苑邬臧畅宫来嵺苟全褚廉简娄盖符奚木穆党燕郎邸冀谈姬屠"
    "连郜晏栾郁商蒙计喻揭窦迟宇敖糜鄢冷卓花仇艾蓝都巩稽井练仲乐虞卞封竺冼原官衣楚佟栗匡宗应巫鞠僧桑荆谌银扬明沙薄伏岑习胥"
    "蔺杭梅麦农危闫肖冯岩尚闻储臧亓綦逄矫由国郇孛邝麻骆玉占区扶杞刀"
)
# Characters of the list above that begin too many everyday words to be trusted without 叫 or 姓名 before them.
_DOUBTFUL = frozenset(
    "阮强都全来明来和保查有能应党计国由起普拉阿区位路车花成向到玉古米连解单台银木原沙姓扬商阳盖畅植沿由农起"
)
_SURNAMES = frozenset(_SINGLE)
SURNAMES: tuple[str, ...] = tuple(
    dict.fromkeys((*_SINGLE, *_COMPOUND.split("|")))
)  # all that are known, without repetition

_NEVER_IN_NAME = frozenset(
    "的了吗呢吧啊呀嘛不没怎么谁哪这你我他她您们什啥几个很太说叫姓就也还都别俺咱喂请号码"
)
_SELDOM_IN_NAME = frozenset(
    "那是在和跟要想能会去来给把被从到有多少问办费卡药钱上下里点些先再为让得过可以看病证查"
)
_TITLE = re.compile(
    r"大妈|大爷|大娘|大叔|大姐|大哥|大嫂|大夫|阿姨|阿婆|叔叔?|师傅|老师|先生|女士|医生|主任|经理|局长|科长|院长|同志|奶奶|爷爷|"
    r"嫂子?|婶|伯伯?|总(?!$)|书记|小姐|护士|太太|哥|姐|姨|律师|警官|工(?=$|[,。])|某|家(?=的|里|$)"
)
_NEXT = re.compile(
    r"$|[^\u4e00-\u9fff]|的?电话|手机|身份证|号码|联系|今年|现在|家住|住在?|户口|想|要|约|预约|办|来办|来取|去办|要办|七十|八十|九十|六十|五十|都|也|去|刚才|刚刚|为|男|女(?!儿)|是我|是(?=男|女|\d)|"
    r"在(?=家|这|济|外|大厅|医院)|不[叫是]|[的]|老人|老师|患者|病人|吧|啊|呀|呢|哈|就行|报销|补|查|打印|改|退|取消|复姓|一个"
)

_CUE = re.compile(
    r"(?:大名|全名|姓名|名字|名儿)(?:(?:就?是|叫|为|写(?![成错])|改成|:)(?:那个)?[:,]?|(?<=大名|全名|姓名),?)"
    r"|(?:名叫|叫做|叫作|叫个|叫)(?:那个|:|,)?"
    r"|(?<![\u4e00-\u9fff])本人(?:是|叫)?"
)
_WEAK_CUE = re.compile(
    r"(?:我|俺|阮|他|她|老人|我这边|这里)就?是(?:那个)?"
    r"|(?:爸爸?|妈妈?|老伴儿?|儿子|女儿|闺女|婆婆|公公|父亲|母亲|老人|奶奶|爷爷|姥姥|姥爷|岳父|岳母|老婆|老公|媳妇|爱人|患者|病人|老娘|老爹|俺娘|俺爹)"
    r"(?:是|叫)?"
    r"|(?:改成|换成|写|登记|名字|给|替|帮我?|预约人|填|应该是|不对,?是|错了,?是|错啦,?是)"
)
_SURNAME_AND_GIVEN = re.compile(
    rf"姓(?P<s>{_COMPOUND}|[\u4e00-\u9fff])[,。]?(?:名字?|名叫|叫)(?P<g>[\u4e00-\u9fff]{{1,3}})"
)
_START = re.compile(r"^|(?<=[,。])")
_BOOKS = re.compile(r"想?要?(?:预约|约)|[来要去]办|老人")
_CLAUSE = re.compile(r"[^,。、?!;:]+")
_CLAUSE_LEAD = re.compile(r"^(?:就是|是|叫|写|换成|改成|登记)")
_CLAUSE_TAIL = re.compile(r"(?:吧|啊|呀|哈|就行|就好|老人)$")

# How people spell their surname: the last character is meant. 弓长张, 木子李, 耳东陈 …
_SPELT = re.compile(
    r"弓长(张)|木子(李)|十八子(李)|耳东(陈)|立早(章)|古月(胡)|口天(吴)|双口(吕)|两个口的?(吕)|言午(许)|草头(黄)|大肚(黄)|三横一?竖?的?(王)|"
    r"三点水的?(汪)|文刀(刘)|卯金刀(刘)|双木(林)|禾口王(程)|禾呈(程)|人可(何)|两点水的?(冯)|双人旁?的?(徐)|言身寸(谢)|美女(姜)|羊女(姜)|走之旁?的?(边)|"
    r"田心(思)|山今(岑)|十口(古)|刀口(邵)|西早(覃)|西土(垔)|人未(余)|人禾(余)|干勾(于)|竖心旁?的?(惠)|草字头的?(蒋)|草办(苏)|木易(杨)"
)
# What the dictionary does not hold, or holds as a name.
_NOT_NAMES = (
    "谢谢",
    "谢啦",
    "谢了",
    "孙女",
    "康复",
    "文明",
    "姜汤",
    "王八",
    "白痴",
    "汪汪",
    "高兴",
    "万岁",
    "古怪",
    "安宁",
    "安康",
    "包子",
    "毛病",
)
_NOT_GIVEN = (
    "时间",
    "地方",
    "问题",
    "手续",
    "材料",
    "医院",
    "政策",
    "大厅",
    "窗口",
    "电话",
    "服务",
    "多少",
    "报销",
)


def find_names(text: str, taken: list[tuple[int, int]] | None = None) -> list[Entity]:
    """Entities ``name`` in text order.

    ``taken`` are spans that mean something else (places, dates); only after 我叫 or 姓名 a name goes before them
    (我叫徐国庆).
    """
    spans = taken or []
    found: dict[int, Entity] = {}
    sure = (*_given_apart(text), *_after_cues(text, _CUE, []))
    likely = (*_after_cues(text, _WEAK_CUE, spans), *_at_start(text, spans), *_alone(text, spans))
    for entity in (*sure, *likely):
        if not any(entity.start < e.end and e.start < entity.end for e in found.values()):
            found[entity.start] = entity
    spelt = next((m[m.lastindex or 0] for m in _SPELT.finditer(text)), None)
    return [_respelt(found[start], spelt) for start in sorted(found)]


def is_plausible(name: str) -> bool:
    """Whether 2 to 4 characters can be a person's full name and are no everyday word."""
    surname = _surname(name)
    given = name[len(surname) :]
    if not surname or not 1 <= len(given) <= 2 or surname in _DOUBTFUL:
        return False
    if any(c in _NEVER_IN_NAME or c in _SELDOM_IN_NAME for c in given) or _TITLE.match(given):
        return False
    if (
        is_ordinary(name)
        or re.fullmatch(_COMPOUND, name)
        or name.startswith(_NOT_NAMES)
        or name.endswith(_NOT_GIVEN)
    ):
        return False
    return len(name) == 2 or len(surname) == 2 or not is_ordinary(name[:2], 150)


def _surname(text: str) -> str:
    compound = re.match(_COMPOUND, text)
    if compound and len(text) > 2:
        return compound[0]
    return text[0] if text and text[0] in _SURNAMES else ""


def _given_apart(text: str) -> Iterator[Entity]:
    """姓王叫建国, 免贵姓王,名建国."""
    for match in _SURNAME_AND_GIVEN.finditer(text):
        if match["g"].startswith(match["s"]):
            continue
        given = _cut_given(text, match.start("g"), strict=False)
        if given:
            end = match.start("g") + len(given)
            yield Entity("name", match["s"] + given, text[match.start("s") : end], match.start("s"), end)


def _after_cues(text: str, cue: re.Pattern[str], taken: list[tuple[int, int]]) -> Iterator[Entity]:
    for match in cue.finditer(text):
        name = _name_at(text, match.end(), strict=cue is _WEAK_CUE)
        if name and not _overlaps(match.end(), match.end() + len(name), taken):
            yield Entity("name", name, name, match.end(), match.end() + len(name))


def _name_at(text: str, start: int, strict: bool) -> str | None:
    surname = _surname(text[start : start + 4])
    if not surname:
        return None if strict else _foreign_name(text, start)
    given = _cut_given(text, start + len(surname), strict)
    name = surname + given
    if not given or _TITLE.match(text, start + len(surname)):
        return None
    if surname in _DOUBTFUL and not _NEXT.match(text, start + len(name)):
        return None
    if strict:
        return name if is_plausible(name) and _NEXT.match(text, start + len(name)) else None
    return None if is_ordinary(name) and not _NEXT.match(text, start + len(name)) else name


def _cut_given(text: str, start: int, strict: bool) -> str:
    """One or two characters of a given name: two, unless what follows the first begins something else."""
    never = _NEVER_IN_NAME | _SELDOM_IN_NAME if strict else _NEVER_IN_NAME
    given = ""
    for position in range(start, min(start + 2, len(text))):
        character = text[position]
        if not "\u4e00" <= character <= "\u9fff" or character in never:
            break
        if given and _NEXT.match(text, position) and not _NEXT.match(text, position + 1):
            break
        given += character
    return given


def _foreign_name(text: str, start: int) -> str | None:
    """A name without a Han surname (阿依古丽, 扎西次仁), only up to the end of the clause."""
    match = re.compile(r"[\u4e00-\u9fff]{3,8}(?=$|[,。])").match(text, start)
    if not match or any(c in _NEVER_IN_NAME | _SELDOM_IN_NAME for c in match[0]):
        return None
    return None if any(is_ordinary(match[0][i : i + 2], 30) for i in range(len(match[0]) - 1)) else match[0]


def _at_start(text: str, taken: list[tuple[int, int]]) -> Iterator[Entity]:
    """崔建华预约明天上午; 黄玉兰玉石的玉兰花的兰."""
    for match in _START.finditer(text):
        name = _name_at(text, match.end(), strict=True)
        end = match.end() + len(name or "")
        if name and len(name) >= 3 and _BOOKS.match(text, end) and not _overlaps(match.end(), end, taken):
            yield Entity("name", name, name, match.end(), end)
            return
    for size in (3, 2, 4):
        spelt_out = re.match(r"[\u4e00-\u9fff]{1,4}的(.)", text[size:])
        name = text[:size]
        if spelt_out and spelt_out[1] in name[1:] and name[-1] not in "一二两三四" and is_plausible(name):
            yield Entity("name", name, name, 0, size)
            return


def _alone(text: str, taken: list[tuple[int, int]]) -> Iterator[Entity]:
    """Clauses that are nothing but a name, with what else was found taken out."""
    blanked = list(text)
    for start, end in taken:
        blanked[start:end] = "," * (end - start)
    masked = "".join(blanked)
    clauses = list(_CLAUSE.finditer(masked))
    for clause in clauses:
        lead = _CLAUSE_LEAD.match(clause[0])
        start = clause.start() + (lead.end() if lead else 0)
        body = (
            _CLAUSE_TAIL.sub("", masked[start : clause.end()])
            if clause.end() - start > 3
            else masked[start : clause.end()]
        )
        least = 2 if len(clauses) == 1 else 3
        if least <= len(body) <= 4 and is_plausible(body):
            yield Entity("name", body, body, start, start + len(body))


def _overlaps(start: int, end: int, spans: list[tuple[int, int]]) -> bool:
    return any(start < e and s < end for s, e in spans)


def _respelt(entity: Entity, surname: str | None) -> Entity:
    """The name with the surname as it was spelt out, where that sounds the same."""
    first = entity.value[0]
    if surname and surname != first and sounds_of(surname)[:1] == sounds_of(first)[:1]:
        return Entity(entity.type, surname + entity.value[1:], entity.text, entity.start, entity.end)
    return entity

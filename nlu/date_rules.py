"""The words people use for dates, as patterns, the most telling first; nlu.date_words knows what they mean."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date

from nlu import date_words as words
from nlu import festivals
from nlu.numerals import NUMBER as N

Resolver = Callable[[re.Match[str], words.Today], words.Span | date | None]

_DIGITS = "零〇一二三四五六七八九"
_ALONE = rf"(?<![\d{_DIGITS}十百千幺两第])"  # no numeral goes on to the left
_AFTER = r"(?:以后|之后|过后|后)"
_DAY = r"(?:号|日)"
_WEEK = r"(?:周|星期|礼拜)"
# Numbers with 号 that are no day: windows, buildings, bus lines, documents; and 三日内, 十日游.
_NOT_A_DAY = (
    r"(?!窗|楼|线|柜|门|院|厅|桌|病|房|屋|车|机|公告|令|床|台|单元|位|药|码|文|店|叫|排|队|卡|票|工作|坐席|客服|"
    r"内|之内|以内|游|均|常|子|元)"
)
# 出院三天后 asks about a deadline, not about a day from now.
_NO_EVENT = "".join(f"(?<!{event})" for event in (
    "出院", "住院", "手术", "缴费", "参保", "断保", "停保", "备案", "申请", "提交", "受理", "断缴", "退休", "转移",
))  # fmt: skip
_NOT_TWICE = r"(?![\d点:个次回天万千百块元张年岁种家十分])"

_HAZY = {"十一", "五一"}  # also plain numbers
_FESTIVAL = "|".join(sorted((n for n in festivals.NAMES if n not in _HAZY), key=len, reverse=True))
_WHEN = (
    r"(?P<when>节?放?假期?(?:完了?|过后|之后|以后|后|期间)|节?假期|节?放完假|节?(?:之|以|过)?后|节?(?:之|以)?前|节?过完了?|"
    r"节?期间|长假|黄金周)"
)
_NOT_NEW_YEAR = rf"(?<![\d{_DIGITS}十百两几多半明去今前后当整每学成青少中老晚生周月来近])"

_PATTERNS: tuple[tuple[str, Resolver], ...] = (
    # 2026年12月3日, 二零二六年十二月三号, 2026-12-03, 20261203
    (
        rf"(?P<year>(?<!\d)(?:19|20)\d\d|[{_DIGITS}]{{4}})年(?P<month>{N})月(?P<day>{N}){_DAY}?",
        words.year_month_day,
    ),
    (
        r"(?<![\d.])(?P<year>(?:19|20)\d\d)[-/.](?P<month>\d{1,2})[-/.](?P<day>\d{1,2})(?!\d)",
        words.year_month_day,
    ),
    (r"(?<!\d)20\d\d[01]\d[0-3]\d(?!\d)", words.compact),
    # 农历八月十五, 腊月初八, 五月初五, 大年初三
    (rf"(?:农历|阴历|旧历|老历)的?(?P<month>正|冬|腊|{N})月(?P<day>初?{N}){_DAY}?", words.lunar),
    (rf"(?P<month>正|冬|腊)月(?P<day>初?{N}){_DAY}?", words.lunar),
    (rf"{_ALONE}(?P<month>{N})月(?P<day>初{N}|廿[一二三四五六七八九]?){_DAY}?", words.lunar),
    (rf"(?:大年|新年)初(?P<day>{N})", words.new_years_day),
    # (明年)12月3日, 下个月5号
    (
        rf"(?<!每年)(?P<year>{'|'.join(words.YEARS)})?的?{_ALONE}(?P<month>{N})月份?的?(?P<day>{N})"
        rf"(?:{_DAY}{_NOT_A_DAY}|{_NOT_TWICE})",
        words.month_day,
    ),
    # 2025年12月, 去年十月份
    (
        rf"(?P<year>(?<!\d)(?:19|20)\d\d年|[{_DIGITS}]{{4}}年|{'|'.join(words.YEARS)})的?(?P<month>{N})月份?(?![\d{_DIGITS}十初])",
        words.month_of_year,
    ),
    (rf"(?P<which>下下|下|上|这|本|当)个?月的?(?P<day>{N}){_DAY}{_NOT_A_DAY}", words.day_of_named_month),
    # 月底, 下个月初, 12月中旬
    (
        rf"(?:(?P<which>下下|下|上|这|本)个?|{_ALONE}(?P<month>{N}))?月(?:份的?)?"
        rf"(?P<part>上旬|中旬|下旬|初(?![{_DIGITS}十])|底|末|尾|中(?!央|国|午|间))",
        words.part_of_month,
    ),
    # 国庆后, 春节前, 过了十五一, 过完年, 年前
    (rf"(?P<past>过了|过完|等过了?)?(?P<name>{_FESTIVAL}){_WHEN}?(?![路街])", words.festival),
    (
        rf"(?P<past>过了|过完)?{_ALONE}(?P<name>五一|十一)(?:{_WHEN}|(?P<bare>(?=节|放|上班|开门|休|那天)|$))",
        words.festival,
    ),
    (rf"(?P<past>过了|过完)(?P<name>五一|十一|年)(?P<when>)(?![{_DIGITS}十点月号个岁])", words.festival),
    (rf"(?P<past>){_NOT_NEW_YEAR}(?P<name>年)(?P<when>前|后)(?![年天期头面边来悔续])", words.festival),
    # 三天后, 过两天, 一个星期后, 半个月后
    (rf"{_NO_EVENT}{_ALONE}(?:再?过)?(?P<n>{N})[天日]{_AFTER}", words.after_days),
    (rf"{_NO_EVENT}再?过(?P<n>{N})天", words.after_days),
    (rf"{_NO_EVENT}{_ALONE}(?P<n>{N})个?{_WEEK}{_AFTER}", words.after_weeks),
    (rf"{_NO_EVENT}再?过(?P<n>{N})个?{_WEEK}(?![一二三四五六日天])", words.after_weeks),
    (rf"{_NO_EVENT}{_ALONE}(?P<n>{N}|半)个月{_AFTER}", words.after_months),
    (rf"{_NO_EVENT}再?过(?P<n>{N}|半)个月", words.after_months),
    # 周末, 周六日; 下周三, 礼拜天
    (
        rf"(?<!每)(?P<which>下下|下|上|这|本)?个?(?:周末|{_WEEK}六(?:和|跟|、)?{_WEEK}?[日天])",
        words.weekend,
    ),
    (
        rf"(?<!每)(?<!每个)(?<![\d{_DIGITS}两几半]个){_ALONE}(?<![几半])(?P<which>下下下|下下|下|上上|上|这|本)?个?{_WEEK}"
        r"(?P<day>[一二三四五六日天]|[1-7](?!\d))(?![次回遍年岁期天])",
        words.weekday,
    ),
    # 今明两天; 今天, 后儿, 大后天; 明早
    (r"今明(?:两|2)?天|明后(?:两|2)?天", words.two_days),
    (
        r"(?<![以之随然最])(?P<which>大后|大前|前|昨|今|明|后)(?:天(?![气性生])|儿个?|日(?![本报常子])|个儿)",
        words.relative_day,
    ),
    (r"(?<![说声证表发查文聪])(?P<which>今|明|昨)(?=早|晚|晨|上午|下午|中午)", words.relative_day),
    # 12/3, 12.3 (the latter only where a date is meant)
    (
        rf"(?<![\d./:])(?P<year>)(?P<month>\d{{1,2}})/(?P<day>\d{{1,2}}){_DAY}?(?![\d./:%])",
        words.month_day,
    ),
    (
        r"(?:(?<=[在到去约改定是要就,。号换])|^)(?P<year>)(?P<month>\d{1,2})\.(?P<day>\d{1,2})"
        r"(?:号|日|(?=上午|下午|早|中午|去|来|办|约|行|可以|吧|的|那天|,|。|$))(?![\d.])",
        words.month_day,
    ),
    # 3号; 初八
    (
        rf"(?<!每月)(?<!每个月)(?<![第年月期楼路院线.\-/挂取])(?<![\d{_DIGITS}十百千幺])(?P<day>{N}){_DAY}{_NOT_A_DAY}",
        words.day_alone,
    ),
    (rf"(?<![月年最当起])初(?P<day>{N})(?![中期学级年步次]|的?学生|毕业|诊)", words.lunar_day_alone),
    # 下周, 下个月, 12月份, 年底
    (rf"(?P<which>下下|下|这|本)个?{_WEEK}(?![一二三四五六日天岁期\d])", words.whole_week),
    (
        rf"(?<!每年)(?:(?P<which>下下|下|这|本)个?|{_ALONE}(?P<month>{N}))月份?(?![\d{_DIGITS}十初底末中上下])",
        words.whole_month,
    ),
    (r"年底|年末|年尾", words.year_end),
)

RULES: tuple[tuple[re.Pattern[str], Resolver], ...] = tuple((re.compile(p), r) for p, r in _PATTERNS)

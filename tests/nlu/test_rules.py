"""What must be caught without a model, and above all what must not."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlu.normalize import normalize
from nlu.rules import match


def name(text: str) -> str | None:
    found = match(normalize(text))
    assert found is None or found.confidence == 1.0
    return found.name if found else None


CAUGHT = {
    "emergency": """
        我胸口疼得厉害|老头子喘不上气了|我妈晕倒了快来人|摔倒了起不来|我吃错药了|厨房煤气漏了人发晕,煤气中毒|救命啊|老伴昏过去了叫不醒|
        他嘴歪了说不出话|我爸突然抽搐|流了好多血止不住|快打120|帮我叫救护车|心脏病犯了|我要自杀吃了一瓶药|孩子噎住了|
        老人没呼吸了|人快不行了|半边身子突然麻了不能动|我爸中风了怎么办|现在胸闷得慌喘不过气来|从楼梯上摔下来头破了|
        俺娘晕倒咧|老汉倒在地上不动了
    """,
    "distress": """
        我不想活了|活着没意思|死了算了|我想死|没人管我|我真的撑不下去了|活着就是拖累儿女|俺不活了|活起没得意思|我想一了百了|
        药吃不起了不想治了
    """,
    "report_scam": """
        有人打电话说我医保卡被冻结要我转账|刚才有个人问我要验证码我说了|我被骗了|骗子让我把钱转到安全账户|收到短信说医保异常让我点链接|
        有个自称医保局的让我念验证码|我把卡号告诉对方了|我妈被人骗走两千块|电话里说我医保卡涉案要我打钱|我给骗子转了三千
    """,
    "request_agent": """
        转人工|人工|我要人工|人工服务|找个人跟我说|不跟机器说|我不想跟机器人讲话|给我接工作人员|叫个真人来|转接客服|请转人工坐席|
        喊个人来跟我说嘛|还是让工作人员跟我说吧|有没有活人|转人工转人工|我要跟真人说话|你解决不了换个人
    """,
    "repeat": "再说一遍|没听清|你说什么|刚才说的啥|麻烦重复一下|啥?|没记住,再念一遍|你说啥来着|再讲一道嘛|什么",
    "slower": "说慢点|慢一点|太快了|你慢慢说|别那么快|我老了,说慢点|慢些讲噻|语速放慢|跟不上,你慢点",
    "louder": "大声点|声音大一点|听不见|大点声|我耳朵背,大声点|声音太小了|再大点声|音量调大",
    "go_on": "继续|接着说|往下说|然后呢|还有呢|你接着讲|请继续",
    "greet": "你好|您好|喂|喂喂|早上好|在吗|有人吗|哈喽|你好啊",
    "goodbye": "再见|拜拜|挂了|没事了|那就这样挂了啊|好,再见|下次再说",
    "thank": "谢谢|谢谢您|多谢多谢|好的谢谢|辛苦了|麻烦恁了",
    "affirm": "好|好的|行|中|要得|得行|好嘞|对对对|是的|可以|没错|嗯|管|成|OK|对头|会使|好的好的|可以,就这样",
    "deny": "不|不用|不是|不要|莫得|不消|冇|不中|要不得|算了|不对不对|不用了|毋免|没有|先不约了吧",
}
POSITIVE = [
    (intent, text.strip()) for intent, texts in CAUGHT.items() for text in texts.replace("\n", "").split("|")
]


@pytest.mark.parametrize(("intent", "text"), POSITIVE)
def test_caught(intent: str, text: str) -> None:
    assert name(text) == intent


LEFT_TO_THE_MODEL = (
    """
心脏病能报销吗|急诊费用能报吗|去年摔倒住院怎么报销|我爸中风后遗症能办慢特病吗|脑梗住院报多少|脑出血算不算大病|心梗支架医保报吗|
摔伤了医保给报吗|煤气中毒住院能报销吗|自杀的医保报不报|120救护车的钱医保报吗|急救箱在大厅哪里|大厅里晕倒了有人管吗|
万一在大厅摔倒了怎么办|老人怕排队时犯病,你们会急救吗|前年喝农药住院的单子还能报吗|高血压吃什么药能报|血透能报多少|
流血能不能报|验血能用医保吗|血压高怎么办慢病|抽血检查报销吗|透析病人怎么备案|我妈以前中过风|车祸住院能报吗|
怎么防骗|怎么识别医保诈骗|医保局会打电话要验证码吗|老年人怎么防医保诈骗|举报骗保有奖励吗|药店骗保去哪举报|
医保局会不会让我转账|短信是真是假怎么分辨|密码忘了怎么办|验证码收不到|医保卡被冻结了怎么办|卡里的钱转到哪了|医保关系怎么转移|
人工晶体能报销吗|人工关节报多少|人工费是多少|大厅的工作人员态度不好|有没有人帮着填表|人工客服几点上班|热线有人接吗|
你是人工还是机器人|你是真人吗|能不能让人给我回个电话|派人上门来办|代办要找谁|找个人替我去行吗|不用转人工|
大字版在哪|声音版怎么开|公众号的字太小|办得太慢了|审核太慢了|报销太快了吧|系统听不见|老人听不见又走不了能上门吗|
你好,我想问异地备案|好的,那要带什么|可以在网上办吗|行不行啊网上办|不是济南,是济宁|不用带身份证吗|没有健康码能进吗|
对了,还要户口本吗|再说一遍材料要在大厅交吗|还有什么材料要交到窗口|中午能办吗|成都的医保|管不管报销|行程码还要吗|
气死我了,排了半天队|急死人了|累死我了,跑三趟|我头都晕了,这表太难填|等死了也没人接|笑死我了|
没有钱看病能申请救助吗|日子困难有什么救助政策|一个人住能上门办吗|今天天气怎么样|
""".replace("\n", "")
    .strip("|")
    .split("|")
)


@pytest.mark.parametrize("text", LEFT_TO_THE_MODEL)
def test_left_to_the_model(text: str) -> None:
    assert name(text) is None


@pytest.mark.parametrize(
    "text", ["", " ", "?", "。。。", "12345", "😀", "医保" * 3000, "救" * 5000, "好" * 5000]
)
def test_odd_text_is_no_rule(text: str) -> None:
    assert name(text) in {None, "affirm"}


@given(st.text(max_size=80))
@settings(max_examples=300, deadline=None)
def test_any_text_is_borne(text: str) -> None:
    match(text)

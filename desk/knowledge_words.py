"""The knowledge pages' Chinese: fields, steps, what is to be mended."""

from __future__ import annotations

from difflib import SequenceMatcher

from bot.entries import Finding
from bot.ports import YinlingError

FIELDS = {
    "title": "标题",
    "written": "微信上的回答",
    "spoken": "电话里怎么说",
    "steps": "怎么办（一步一行）",
    "materials": "要带什么",
    "channels": "去哪里办",
    "time_limit": "多久办好",
    "eligibility": "谁能办",
    "cost": "要花多少钱",
    "unknowns": "文件里没写的",
    "citations": "依据（文号和条款）",
    "validity": "什么时候有效",
    "questions": "市民会怎么问",
    "topic": "事项",
    "region": "地区",
    "id": "编号",
    "open": "这里有人正在改",
}
HINTS = {
    "title": "一句话，带上地方，比如：济南：门诊慢特病怎么认定",
    "written": "先说答案，再解释。短句子。不照抄公文。",
    "spoken": "一行是电话里说的一句，最多80个字。不写数字、字母、括号、符号，比如写“二十个工作日”。最要紧的放前面。",
    "steps": "一行一步。",
    "materials": "一行一样。文件没写就空着。",
    "channels": "一行一处。",
    "time_limit": "市民这件事要等多久。不是机关自己的期限。",
    "eligibility": "",
    "cost": "",
    "unknowns": "市民接着会问、文件又没写的，告诉他问谁。",
    "citations": "一行一条：文号，空一格，条款。比如：济医保发〔2021〕1号 二(四)",
    "questions": "一行一句，至少五句，用老人和家里人的话。",
}
LINES = ("spoken", "steps", "materials", "channels", "questions")  # one item a line
TEXTS = ("title", "time_limit", "eligibility", "cost", "unknowns")
FORM_ORDER = (
    "title",
    "written",
    "spoken",
    "steps",
    "materials",
    "channels",
    "time_limit",
    "eligibility",
    "cost",
    "unknowns",
    "citations",
    "questions",
)

STATUSES = {
    "draft": "草稿",
    "review": "等人审核",
    "approved": "审核通过，等发布",
    "published": "正在用",
    "replaced": "被新的换掉了",
    "retired": "已停用",
    "dropped": "放弃了",
}
FILTERS = {
    "published": "正在用",
    "draft": "草稿",
    "review": "等人审核",
    "approved": "等发布",
    "retired": "已停用",
    "conflict": "文件和坐席都改过",
}
DUES = {
    "expired": "已经到期",
    "ends_soon": "快到期",
    "review_due": "早该核对了",
    "review_soon": "快该核对了",
}
GAP_REASONS = {
    "fallback": "没听懂",
    "out_of_scope": "当成不归医保管",
    "no_entry": "没有这条内容",
    "unknown_detail": "问的细节没有写",
    "corrected": "市民说答错了",
    "low_confidence": "没有把握",
}
GAP_STATUSES = {"open": "没处理", "drafted": "写成草稿了", "trained": "拿去训练了", "dismissed": "不用管"}
INCOMING = {
    "new": "新的",
    "same": "一样，不用动",
    "older": "我们的更新，不用动",
    "theirs": "对方改过",
    "merged": "两边改的地方不同，合在一起",
    "conflict": "两边改了同一处",
}

ORIGINS = {"files": "文件", "desk": "坐席", "gap": "没答上的问题"}
ACTIONS = {
    "entry_saved": "存知识草稿",
    "entry_submitted": "把知识交去审核",
    "entry_approved": "审核通过一条知识",
    "entry_rejected": "退回一条知识",
    "entry_published": "发布一条知识",
    "entry_retired": "停用一条知识",
    "entry_dropped": "放弃知识草稿",
    "entry_file_taken": "用文件里的知识",
    "entry_file_left": "不用文件里的知识",
    "package_taken": "收下知识包",
    "package_exported": "下载知识包",
    "key_trusted": "信任一个单位的公钥",
    "key_distrusted": "不再信任一个公钥",
    "gap_open": "把没答上的问题放回去",
    "gap_drafted": "把没答上的问题写成草稿",
    "gap_trained": "把没答上的问题拿去训练",
    "gap_dismissed": "没答上的问题不用管",
    "api_key_added": "新增接口密钥",
    "api_key_revoked": "停用接口密钥",
    "api_entries": "外部系统看知识目录",
    "api_entry": "外部系统看一条知识",
    "api_search": "外部系统搜知识",
    "api_ask": "外部系统提问",
    "api_topics": "外部系统看事项",
}

_FINDINGS = {
    "no_citation": "没有写依据",
    "unknown_document": "文件表里没有这个文号",
    "wrong_date": "文件的日期和文件表不一样",
    "wrong_end": "这份文件有截止日，依据里没写或写错了",
    "not_national": "写成了全国的，可这件事各地不一样",
    "internal_contact": "写了内部的联系人、电话或邮箱，不能给市民看",
    "no_reviewer": "没有审核的人和日子",
    "own_reviewer": "写的人和审核的人是同一个",
    "few_questions": "市民的问法太少",
    "long_turn": "电话里这一句太长",
    "much_to_say": "电话里要说的太多，听不到最后",
    "unspeakable": "电话里读不出来",
    "hard_word": "老人听不懂的词",
    "long_sentence": "句子太长",
    "half_width": "标点要用全角",
    "number_not_told": "写了数字，电话里和细节里都没说",
    "expired": "已经到期",
    "ends_soon": "快到期了",
    "no_review_date": "没有写哪天前要再核对",
    "review_due": "早该核对了",
    "review_soon": "快该核对了",
    "too_early": "生效的日子早过文件发布的日子",
    "shared_question": "同一个问法写在两件事里",
    "repeated_question": "同一个问法写了两遍",
    "contradicts": "和别的内容说得不一样",
    "tells_two_things": "写的和说的不一样",
}
_REFUSALS = {
    "knowledge.wrong_step": "别人刚刚已经处理过，请看最新的。",
    "knowledge.own_work": "自己写过、改过的，要请另一个人审核。",
    "knowledge.overtaken": "别人刚刚改过这一条。请对照最新的，再改一次。",
    "knowledge.unfit": "还有错没改，不能往下走。请先改好。",
    "package.unsigned": "这个包没有签名，不能确定是谁给的。",
    "package.foreign": "这个包是不认识的单位签的名。请先核对对方的公钥，再加为信任。",
    "package.altered": "这个包签名以后被人改过，不能用。",
    "package.malformed": "这个文件不是知识包，或者内容不完整。",
    "package.conflicts": "还有冲突没有选，一条都没有收。",
    "package.bad_key": "公钥不对。应当是44个字符。",
    "package.known_key": "这个名字或者这个公钥已经信任了。",
    "package.unknown_key": "没有信任过这个单位。",
    "gaps.no_such": "别人刚刚已经处理过，请看最新的。",
}


def origin(code: str) -> str:
    """Where a version came from: package:济南12393 → 济南12393的知识包."""
    kind, _, who = code.partition(":")
    return f"{who}的知识包" if kind == "package" else ORIGINS.get(kind, kind)


def finding(found: Finding) -> str:
    """What is to be mended, as an editor reads it."""
    said = _FINDINGS.get(found.code, found.message)
    return f"{said}：{found.detail}" if found.detail else f"{said}。"


def refusal(error: YinlingError) -> str:
    """Why a step was refused."""
    return _REFUSALS.get(error.code, "没有做成，请再试一次。")


def problem(field: str, message: str) -> str:
    """Why fields make no entry: 标题：不能空着."""
    name, _, place = field.partition(".")
    label = FIELDS.get(name, name).split("（")[0]
    where = f"第{int(place.split('.')[0]) + 1}行" if place.split(".")[0].isdigit() else ""
    return f"{label}{where}：{_wrong(message)}"


def _wrong(message: str) -> str:
    if "not in the table of documents" in message:
        return f"文件表里没有{message.partition(' is ')[0]}"
    if "at most 80" in message:
        return "超过80个字，请分成两句"
    if "at least 3" in message:
        return "至少写三句"
    if "at least 1" in message or "required" in message or "valid string" in message:
        return "不能空着"
    if "date" in message:
        return "日子不对，要写成2027-12-31这样"
    return "写得不对"


def marked(before: str | None, after: str | None) -> list[tuple[str, str]]:
    """A text with what was taken out and put in: pieces of kind same | out | in."""
    one, other = before or "", after or ""
    pieces: list[tuple[str, str]] = []
    for kind, a, b, c, d in SequenceMatcher(None, one, other, autojunk=False).get_opcodes():
        if kind == "equal":
            pieces.append(("same", one[a:b]))
            continue
        if one[a:b]:
            pieces.append(("out", one[a:b]))
        if other[c:d]:
            pieces.append(("in", other[c:d]))
    return pieces

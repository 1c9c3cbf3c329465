"""What a caller hears of an agent's coming, staying away and going. Fixed sentences: see voice.prompts."""

COMING = "工作人员来接您的电话了，请稍等。"
ON_HOLD = "工作人员正在查，请您稍等，电话没有断。"
STILL_ON_HOLD = "还在查，请您再等一下，电话没有断。"
LINE_LOST = "工作人员那边的线断了，正在重新接，请您别挂。"
BACK_TO_QUEUE = "工作人员的线接不上了，实在对不起。您还排在原来的位置，下一位工作人员接您的电话。"
PUTTING_THROUGH = "现在把您的电话转过去，请别挂。"
NOT_PUT_THROUGH = "电话没有转过去，工作人员还在，请您接着说。"
AGENT_DONE = "工作人员已经办完了。谢谢您的来电，再见。"
BACK_TO_ASSISTANT = "工作人员那边办完了，我是机器人助手。您还有别的事就接着说，没有就可以挂电话了。"

ALL = (
    COMING,
    ON_HOLD,
    STILL_ON_HOLD,
    LINE_LOST,
    BACK_TO_QUEUE,
    PUTTING_THROUGH,
    NOT_PUT_THROUGH,
    AGENT_DONE,
    BACK_TO_ASSISTANT,
)

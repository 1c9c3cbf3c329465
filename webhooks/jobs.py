"""One WeChat message on its way through the house."""

from __future__ import annotations

import logging
from dataclasses import replace

from bot.messages import Act, Reply, Utterance, UtteranceKind
from bot.ports import Transcriber, TranscriptionUnavailable, YinlingError
from webhooks.deliveries import Deliveries
from webhooks.house import Answers
from webhooks.media import SAMPLE_RATE, BadVoice, decode_amr
from webhooks.trouble import report
from webhooks.weixin import Weixin

log = logging.getLogger(__name__)

_NOT_HEARD = "这条语音我没有听清。请您再说一遍，或者打字给我。"


class Listening:
    """Voice messages to words: fetched through WeChat's API, decoded, transcribed."""

    def __init__(self, weixin: Weixin, transcriber: Transcriber) -> None:
        self._weixin, self._transcriber = weixin, transcriber

    def hear(self, media_id: str) -> str:
        """The words of a voice message; raises TranscriptionUnavailable, BadVoice, WeixinError and the like."""
        samples = decode_amr(self._weixin.media(media_id))
        return self._transcriber.transcribe(samples, SAMPLE_RATE).text.strip()


class MessageJob:
    """See webhooks.budget.Job. ``for_own_desk``: a hand-off is answered by passing the chat to WeChat's desk."""

    def __init__(
        self,
        utterance: Utterance,
        media_id: str,
        assistant: Answers,
        deliveries: Deliveries,
        listening: Listening,
        *,
        for_own_desk: bool = False,
    ) -> None:
        self.key, self.owner = utterance.external_id, utterance.user_id
        self._utterance, self._media_id = utterance, media_id
        self._assistant, self._deliveries, self._listening = assistant, deliveries, listening
        self._for_own_desk = for_own_desk

    def answer(self) -> Reply:
        """The conversation's reply; a voice message is heard first, or honestly declined."""
        if self._utterance.kind is not UtteranceKind.VOICE:
            return self._assistant.handle(self._utterance)
        try:
            text = self._listening.hear(self._media_id)
        except TranscriptionUnavailable as error:
            return self._deliveries.answer_plainly(self._utterance, error.spoken)
        except (BadVoice, YinlingError) as error:
            report(log, "voice.not_heard", error, logging.WARNING)
            text = ""
        if not text:
            return self._deliveries.answer_plainly(self._utterance, _NOT_HEARD)
        return self._assistant.handle(replace(self._utterance, text=text))

    def keep(self) -> None:
        """See Job."""
        self._deliveries.keep(self._utterance)

    def claim(self, reply: Reply) -> bool:
        """See Job."""
        return self._deliveries.claim(reply, whole=not self.goes_to_own_desk(reply))

    def send_later(self, reply: Reply) -> None:
        """See Job."""
        self._deliveries.send_later(reply)

    def goes_to_own_desk(self, reply: Reply) -> bool:
        """Whether WeChat's own desk takes the chat from here; for messages only, not for events."""
        spoken = self._utterance.kind not in (UtteranceKind.MENU, UtteranceKind.FOLLOW)
        return self._for_own_desk and spoken and reply.act is Act.HANDOFF

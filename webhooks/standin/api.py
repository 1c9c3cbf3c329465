"""The part of WeChat's API that the product uses, under cgi-bin/ and customservice/.

Every answer is HTTP 200 with errcode and errmsg, as WeChat's are.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response, jsonify, request

from webhooks.standin import custom, menu
from webhooks.standin.account import User
from webhooks.standin.errors import ApiError, result
from webhooks.standin.faults import ApiFault

if TYPE_CHECKING:
    from webhooks.standin.standin import StandIn

Answer = dict[str, Any] | Response
View = Callable[[], Answer]


def api_blueprint(wechat: StandIn) -> Blueprint:
    """All API routes over one stand-in."""
    blueprint = Blueprint("wechat_api", __name__)
    api = _Api(wechat)
    routes: list[tuple[str, str, View, bool]] = [
        ("GET", "cgi-bin/token", api.token, False),
        ("POST", "cgi-bin/stable_token", api.stable_token, False),
        ("POST", "cgi-bin/message/custom/send", api.custom_send, True),
        ("POST", "cgi-bin/message/custom/typing", api.typing, True),
        ("POST", "cgi-bin/message/template/send", api.template_send, True),
        ("POST", "cgi-bin/media/upload", api.media_upload, True),
        ("GET", "cgi-bin/media/get", api.media_get, True),
        ("POST", "cgi-bin/menu/create", api.menu_create, True),
        ("GET", "cgi-bin/menu/get", api.menu_get, True),
        ("GET", "cgi-bin/menu/delete", api.menu_delete, True),
        ("GET", "cgi-bin/user/info", api.user_info, True),
        ("GET", "cgi-bin/user/get", api.user_get, True),
        ("GET", "cgi-bin/customservice/getkflist", api.desk_accounts, True),
        ("POST", "customservice/kfsession/create", api.desk_create, True),
        ("POST", "customservice/kfsession/close", api.desk_close, True),
        ("GET", "customservice/kfsession/getsession", api.desk_session, True),
    ]
    for method, path, view, needs_token in routes:
        blueprint.add_url_rule(
            f"/{path}",
            endpoint=path.replace("/", "_"),
            methods=["GET", "POST"],
            view_func=_answering(wechat, method, path, view, needs_token),
        )
    return blueprint


def _answering(
    wechat: StandIn, method: str, path: str, view: View, needs_token: bool
) -> Callable[[], Response]:
    """A view with method and token checked, errors as WeChat says them, and ordered faults."""

    def work() -> Answer:
        if request.method != method:
            raise ApiError(43002 if method == "POST" else 43001)
        if needs_token:
            with wechat.account.lock:
                wechat.account.tokens.check(request.args.get("access_token"))
        return view()

    def answer() -> Response:
        fault = wechat.faults.take_api(path.removeprefix("cgi-bin/"))
        errcode = 0
        try:
            if fault is not None and not fault.after:
                return _broken(wechat, fault)
            done = work()
            response = done if isinstance(done, Response) else jsonify(done)
        except ApiError as error:
            errcode, response = error.errcode, jsonify(result(error.errcode))
        wechat.calls.append({"path": path, "errcode": errcode, "at": wechat.clock()})
        return response if fault is None else _broken(wechat, fault)

    return answer


def _broken(wechat: StandIn, fault: ApiFault) -> Response:
    if fault.hang:
        wechat.stopping.wait(fault.hang)
    if fault.status is not None:
        return Response("<html>Bad Gateway</html>", status=fault.status, mimetype="text/html")
    return jsonify(result(-1 if fault.errcode is None else fault.errcode))


class _Api:
    """The verbs; each reads the current request and gives a JSON answer or raises ApiError."""

    def __init__(self, wechat: StandIn) -> None:
        self._wechat = wechat
        self._account = wechat.account

    # -- tokens
    def _check_client(self, given: Mapping[str, Any]) -> None:
        identity = self._wechat.identity
        if given.get("grant_type") != "client_credential":
            raise ApiError(40002)
        if not given.get("appid"):
            raise ApiError(41002)
        if given.get("appid") != identity.app_id:
            raise ApiError(40013)
        if identity.secret and not given.get("secret"):
            raise ApiError(41004)
        if identity.secret and given.get("secret") != identity.secret:
            raise ApiError(40125)

    def token(self) -> Answer:
        """获取接口调用凭据."""
        self._check_client(request.args)
        with self._account.lock:
            token, seconds = self._account.tokens.refresh()
        return {"access_token": token, "expires_in": seconds}

    def stable_token(self) -> Answer:
        """获取稳定版接口调用凭据."""
        body = _json()
        self._check_client(body)
        with self._account.lock:
            token, seconds = self._account.tokens.stable(body.get("force_refresh") is True)
        return {"access_token": token, "expires_in": seconds}

    # -- messages
    def custom_send(self) -> Answer:
        """发送客服消息."""
        body = _json()
        kind = str(body.get("msgtype"))
        with self._account.lock:
            user = self._account.user(str(body.get("touser")))
            fields = custom.shown(self._account, kind, body.get(kind))
            user.quota.spend(self._wechat.clock())
            self._account.add_line(user, "account", kind, via="custom", **fields)
        return result()

    def typing(self) -> Answer:
        """客服输入状态."""
        body = _json()
        command = body.get("command")
        if command not in ("Typing", "CancelTyping"):
            raise ApiError(45072)
        with self._account.lock:
            user = self._account.user(str(body.get("touser")))
            if not user.quota.left(self._wechat.clock()):
                raise ApiError(45015)
            self._account.set_typing(user, command == "Typing")
        return result()

    def template_send(self) -> Answer:
        """发送模板消息; afterwards the event TEMPLATESENDJOBFINISH is pushed."""
        body = _json()
        data = body.get("data")
        with self._account.lock:
            user = self._following(str(body.get("touser")))
            template = self._account.templates.get(str(body.get("template_id")))
            if template is None:
                raise ApiError(40037)
            text = _filled(template.content, data)
            msg_id = self._account.next_msg_id()
            self._account.add_line(
                user,
                "account",
                "template",
                via="template",
                title=template.title,
                text=text,
                url=body.get("url", ""),
            )
        self._wechat.push_event(user.openid, "TEMPLATESENDJOBFINISH", MsgID=msg_id, Status="success")
        return {**result(), "msgid": msg_id}

    # -- media
    def media_upload(self) -> Answer:
        """新增临时素材."""
        file = request.files.get("media")
        if file is None:
            raise ApiError(41005)
        with self._account.lock:
            media = self._account.media.add(request.args.get("type", ""), file.read())
        return {"type": media.kind, "media_id": media.media_id, "created_at": int(media.created_at)}

    def media_get(self) -> Answer:
        """获取临时素材: the file itself; for a video an address."""
        with self._account.lock:
            media = self._account.media.get(request.args.get("media_id"))
        if media.kind == "video":
            return {"video_url": f"{self._wechat.url}standin/media/{media.media_id}"}
        return Response(
            media.data,
            mimetype=media.content_type,
            headers={"Content-Disposition": f'attachment; filename="{media.media_id}.{media.format}"'},
        )

    # -- menu
    def menu_create(self) -> Answer:
        """创建自定义菜单."""
        buttons = menu.checked(_json())
        with self._account.lock:
            self._account.menu = buttons
        return result()

    def menu_get(self) -> Answer:
        """查询自定义菜单."""
        with self._account.lock:
            if self._account.menu is None:
                raise ApiError(46003)
            return {"menu": {"button": self._account.menu}}

    def menu_delete(self) -> Answer:
        """删除自定义菜单."""
        with self._account.lock:
            self._account.menu = None
        return result()

    # -- users
    def user_info(self) -> Answer:
        """获取用户基本信息: since 2021 neither nickname nor picture come with it."""
        with self._account.lock:
            user = self._account.user(request.args.get("openid", ""))
            if not user.follows:
                return {"subscribe": 0, "openid": user.openid}
            return {
                "subscribe": 1,
                "openid": user.openid,
                "language": "zh_CN",
                "subscribe_time": user.followed_at,
                "remark": "",
                "groupid": 0,
                "tagid_list": [],
                "subscribe_scene": "ADD_SCENE_OTHERS",
            }

    def user_get(self) -> Answer:
        """获取用户列表."""
        with self._account.lock:
            ids = [user.openid for user in self._account.users.values() if user.follows]
        next_id = ids[-1] if ids else ""
        return {"total": len(ids), "count": len(ids), "data": {"openid": ids}, "next_openid": next_id}

    # -- WeChat's own desk
    def desk_accounts(self) -> Answer:
        """获取所有客服账号."""
        with self._account.lock:
            accounts = self._account.desk_accounts
            return {"kf_list": [{"kf_account": a, "kf_nick": nick} for a, nick in accounts.items()]}

    def desk_create(self) -> Answer:
        """创建会话."""
        body = _json()
        account = str(body.get("kf_account"))
        with self._account.lock:
            if account not in self._account.desk_accounts:
                raise ApiError(65401)
        self._wechat.desk(str(body.get("openid")), "accept", account=account)
        return result()

    def desk_close(self) -> Answer:
        """关闭会话."""
        body = _json()
        self._wechat.desk(str(body.get("openid")), "close", account=str(body.get("kf_account")))
        return result()

    def desk_session(self) -> Answer:
        """获取客户会话状态."""
        with self._account.lock:
            user = self._account.user(request.args.get("openid", ""))
            return {**result(), "kf_account": user.desk_account or "", "createtime": 0}

    def _following(self, openid: str) -> User:
        user = self._account.user(openid)
        if not user.follows:
            raise ApiError(43004)
        return user


def _json() -> dict[str, Any]:
    raw = request.get_data()
    if not raw.strip():
        raise ApiError(44002)
    try:
        body = json.loads(raw)
    except ValueError as error:
        raise ApiError(47001) from error
    if not isinstance(body, dict):
        raise ApiError(47001)
    return body


def _filled(content: str, data: Any) -> str:
    """A template's text; raises ApiError 47003 where a field is missing."""

    def value(match: re.Match[str]) -> str:
        field = data.get(match[1]) if isinstance(data, dict) else None
        if not isinstance(field, dict) or not str(field.get("value", "")).strip():
            raise ApiError(47003)
        return str(field["value"])

    return re.sub(r"\{\{(\w+)\.DATA\}\}", value, content)

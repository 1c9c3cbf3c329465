"""A real Asterisk with the product's own dialplan, on free ports of this machine."""

from __future__ import annotations

import re
import shutil
import socket
import subprocess
import time
from pathlib import Path

from tests.conftest import free_port

ROOT = Path(__file__).resolve().parents[3]
FOLDER = ROOT / "var" / "asterisk"
DEPLOY = ROOT / "deploy" / "asterisk"
SECRET = "manager-of-the-tests"
_MODULES = (
    "chan_pjsip res_pjproject res_pjsip res_pjsip_session res_pjsip_sdp_rtp res_pjsip_rfc3326 "
    "res_pjsip_caller_id res_pjsip_refer res_pjsip_pubsub res_pjsip_dtmf_info res_pjsip_nat "
    "res_pjsip_endpoint_identifier_ip res_pjsip_endpoint_identifier_user res_pjsip_registrar "
    "res_pjsip_authenticator_digest res_rtp_asterisk res_timing_timerfd res_sorcery_config "
    "res_sorcery_memory res_sorcery_astdb bridge_simple bridge_native_rtp bridge_softmix "
    "bridge_holding bridge_builtin_features codec_alaw codec_ulaw codec_resample format_wav "
    "format_pcm pbx_config app_dial app_exec app_queue app_verbose app_audiosocket res_audiosocket "
    "res_speech res_agi res_musiconhold res_stasis res_pjsip_outbound_registration "
    "res_pjsip_outbound_authenticator_digest func_uuid func_channel func_callerid func_strings "
    "func_logic func_global "
)


class Asterisk:
    """One running PBX. ``agent``: SIP URI of the only agent's telephone, extension 8001.

    Rings 12393 reach the dialplan of deploy/asterisk, with the bot's ports as given.
    """

    def __init__(self, name: str, agent: str, audiosocket_port: int, fastagi_port: int) -> None:
        self.sip_port, self.manager_port = free_port(), free_port()
        self._home = FOLDER / "srv" / name
        shutil.rmtree(self._home, ignore_errors=True)
        self._etc = self._home / "etc"
        self._etc.mkdir(parents=True)
        self._write(agent, audiosocket_port, fastagi_port)
        self._log = (self._home / "log.txt").open("wb")
        self._process = subprocess.Popen(
            ["chroot", str(FOLDER), "/usr/sbin/asterisk", "-C", f"/srv/{name}/etc/asterisk.conf", "-f", "-n"],
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=subprocess.STDOUT,
        )
        self._wait_until_booted()

    @property
    def hotline(self) -> str:
        """Where a telephone rings the hotline."""
        return f"sip:12393@127.0.0.1:{self.sip_port}"

    def log(self) -> str:
        """What it has said."""
        return (self._home / "log.txt").read_text(errors="replace")

    def close(self) -> None:
        """Stop it."""
        self._process.terminate()
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(5)
        self._log.close()

    def _wait_until_booted(self) -> None:
        deadline = time.monotonic() + 30
        while True:
            assert self._process.poll() is None, self.log()
            assert time.monotonic() < deadline, self.log()
            try:
                with socket.create_connection(("127.0.0.1", self.manager_port), timeout=0.2) as manager:
                    # The manager listens only once all modules are loaded and greets then.
                    if manager.recv(64).startswith(b"Asterisk Call Manager"):
                        return
            except OSError:
                self._process.poll()

    def _write(self, agent: str, audiosocket_port: int, fastagi_port: int) -> None:
        home = "/" + str(self._home.relative_to(FOLDER))
        modules = next(FOLDER.glob("usr/lib/*/asterisk/modules")).relative_to(FOLDER)
        places = {
            "astetcdir": "etc",
            "astdbdir": "db",
            "astspooldir": "spool",
            "astrundir": "run",
            "astlogdir": "log",
        }
        for folder in places.values():
            (self._home / folder).mkdir(exist_ok=True)
        directories = "".join(f"{key} => {home}/{folder}\n" for key, folder in places.items())
        self._file(
            "asterisk.conf",
            f"[directories]\n{directories}astmoddir => /{modules}\nastvarlibdir => /var/lib/asterisk\n"
            "astkeydir => /var/lib/asterisk\nastdatadir => /usr/share/asterisk\n"
            "[options]\nverbose = 3\nnocolor = yes\n",
        )
        loads = "".join(f"load={name}.so\n" for name in _MODULES.split())
        self._file("modules.conf", f"[modules]\nautoload=no\n{loads}")
        self._file("logger.conf", "[general]\n[logfiles]\nconsole => notice,warning,error,verbose(3)\n")
        self._file("rtp.conf", "[general]\nrtpstart=31000\nrtpend=31999\n")
        self._file("pjsip.conf", _pjsip(self.sip_port, agent))
        self._file("queues.conf", "[general]\n" + (DEPLOY / "queues.conf").read_text())
        self._file("extensions.conf", self._dialplan(audiosocket_port, fastagi_port))
        manager = (DEPLOY / "manager.conf").read_text()
        manager = manager.replace("port=5038", f"port={self.manager_port}").replace("MANAGER_SECRET", SECRET)
        self._file("manager.conf", manager)
        for empty in (
            "acl",
            "cdr",
            "cel",
            "ccss",
            "features",
            "pjproject",
            "stasis",
            "udptl",
            "indications",
            "musiconhold",
            "codecs",
        ):
            self._file(f"{empty}.conf", "")

    def _dialplan(self, audiosocket_port: int, fastagi_port: int) -> str:
        text = (DEPLOY / "extensions.conf").read_text().replace("[globals](+)", "[globals]")
        text = text.replace("127.0.0.1:9092", f"127.0.0.1:{audiosocket_port}")
        text = text.replace("127.0.0.1:4573", f"127.0.0.1:{fastagi_port}")
        assert not re.search(r":(9092|4573)\b", text)
        return "[general]\nstatic=yes\n" + text

    def _file(self, name: str, text: str) -> None:
        (self._etc / name).write_text(text, encoding="utf-8")


def _pjsip(port: int, agent: str) -> str:
    """Callers from anywhere on this machine, one agent."""
    endpoint = "type=endpoint\ndisallow=all\nallow=alaw,ulaw\ndtmf_mode=rfc4733\ndirect_media=no\n"
    return (
        "[global]\ntype=global\nendpoint_identifier_order=ip,username\n"
        f"[udp]\ntype=transport\nprotocol=udp\nbind=127.0.0.1:{port}\n"
        f"[trunk]\n{endpoint}context=yinling-hotline\naors=trunk\n"
        "[trunk]\ntype=aor\nmax_contacts=10\n[trunk]\ntype=identify\nendpoint=trunk\nmatch=127.0.0.1\n"
        f"[8001]\n{endpoint}context=yinling-internal\naors=8001\n[8001]\ntype=aor\ncontact={agent}\n"
    )

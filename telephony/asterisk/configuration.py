"""Asterisk's whole configuration as text, made from settings: nobody edits it by hand.

Trunks and phones are not in it: `lines` hands them over while Asterisk runs, and they live in its memory only.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from telephony.asterisk.modules import MODULES
from telephony.asterisk.prompts import keep_waiting_music
from telephony.asterisk.settings import AsteriskSettings

FROM_TRUNK, FROM_PHONE, FROM_WEB = "axd-trunk", "axd-phone", "axd-web"
FAX_RECEIVE, FAX_SEND, FAX_DONE = "axd-fax-receive", "axd-fax-send", "axd-fax-done"
# A gateway that restarts is back within seconds: so long a new caller hears ringing, then congestion.
PATIENCE_S = 20
WILDCARDS = frozenset({"0.0.0.0", "::"})  # noqa: S104 - compared with, not listened on
# What a channel carries for the next process: its leg, the bridge that it was taken out of, the mark of its fax.
FAX_MARK = "AXD_FAX"
LEG_VARIABLES = ("AXD_LEG", "AXD_HELD", FAX_MARK)
FAX_PARTS = "status", "pages", "error", "remotestationid"
# What a citizens' page dials, at first and back into its call, and the header that carries its `telephony.web_pass`.
WEB_CALL, WEB_BACK, PASS_HEADER = "hotline", "back", "X-AXD-Pass"


@dataclass(frozen=True, kw_only=True)
class Places:
    """Folders of one Asterisk. `modules` and `data`: where they are not where Debian's package puts them."""

    configuration: Path
    state: Path
    modules: Path | None = None
    data: Path | None = None


def files(settings: AsteriskSettings, password: str, places: Places) -> dict[str, str]:
    """File name to text. `password`: of the ARI user."""
    return {
        "asterisk.conf": _asterisk(settings, places),
        "modules.conf": _section("modules", {"autoload": "no"}) + "".join(f"load={name}.so\n" for name in MODULES),
        "logger.conf": _section("general", {}) + _section("logfiles", {"console": "warning,error"}),
        "http.conf": _http(settings),
        "ari.conf": _ari(settings, password),
        "sorcery.conf": _SORCERY,
        "pjsip.conf": _pjsip(settings),
        "pjproject.conf": _section("startup", {"log_mappings": "log_mappings"}),
        "rtp.conf": _rtp(settings),
        "udptl.conf": _section("general", {"udptlstart": str(settings.rtp_from), "udptlend": str(settings.rtp_to)}),
        "musiconhold.conf": _section("default", {"mode": "files", "directory": str(settings.music_dir)}),
        "res_fax.conf": _section("general", {"maxrate": "14400", "minrate": "2400", "ecm": "yes"}),
        "stasis.conf": _section("threadpool", {}),
        "cdr.conf": _section("general", {"enable": "no"}),
        "cel.conf": _section("general", {"enable": "no"}),
        "indications.conf": _INDICATIONS,
        **{f"{name}.conf": _section("general", {}) for name in ("ccss", "features", "websocket_client")},
        "acl.conf": "",
        "extensions.conf": _extensions(settings),
    }


def write(settings: AsteriskSettings, password: str, places: Places) -> None:
    """Lay out the folders, the waiting music and every file, readable by its owner only. Repeating is harmless."""
    for folder in (places.configuration, *_state_folders(places), *_shared_folders(settings)):
        folder.mkdir(parents=True, exist_ok=True)
    keep_waiting_music(settings.music_dir)
    for name, text in files(settings, password, places).items():
        path = places.configuration / name
        path.touch(mode=0o600)
        path.write_text(text, "utf-8")


def _state_folders(places: Places) -> list[Path]:
    return [places.state / name for name in ("lib", "run", "log", "lib/keys")]


def _shared_folders(settings: AsteriskSettings) -> list[Path]:
    return [settings.prompts_dir, settings.recordings_dir, settings.fax_dir, settings.music_dir]


def _section(name: str, values: Mapping[str, str]) -> str:
    return f"[{name}]\n" + "".join(f"{key}={value}\n" for key, value in values.items())


def _asterisk(settings: AsteriskSettings, places: Places) -> str:
    lib, run, log, _ = _state_folders(places)
    # Debian's own file has `[directories](!)`, a template, and is therefore not obeyed: no mark here.
    folders = {
        "astetcdir": places.configuration,
        "astvarlibdir": lib,
        "astdbdir": lib,
        "astkeydir": lib,
        "astspooldir": settings.shared / "spool",
        "astrundir": run,
        "astlogdir": log,
    }
    if places.modules is not None:
        folders["astmoddir"] = places.modules
    if places.data is not None:
        folders["astdatadir"] = places.data
    options = {"verbose": "0", "hideconnect": "yes", "dontwarn": "yes", "transmit_silence": "yes"}
    # Keys shorter than this are stretched, which swallows the pause to the next one: at 60 ms of tone and of pause
    # Asterisk's own 80 doubled keys on a busy machine.
    options["mindtmfduration"] = "40"
    return _section("directories", {key: str(path) for key, path in folders.items()}) + _section("options", options)


def _http(settings: AsteriskSettings) -> str:
    values = {
        "enabled": "yes",
        "bindaddr": settings.ari_host,
        "bindport": str(settings.ari_port),
        "sessionlimit": "4000",
    }
    return _section("general", values)


def _ari(settings: AsteriskSettings, password: str) -> str:
    general = {"enabled": "yes", "websocket_write_timeout": "5000", "channelvars": ",".join(LEG_VARIABLES)}
    user = {"type": "user", "password": password, "password_format": "plain"}
    return _section("general", general) + _section(settings.ari_user, user)


_SORCERY = """[res_pjsip]
endpoint=memory
auth=memory
aor=memory
contact=memory
[res_pjsip_endpoint_identifier_ip]
identify=memory
[res_pjsip_outbound_registration]
registration=memory
"""


def _pjsip(settings: AsteriskSettings) -> str:
    address = f"[{settings.sip_address}]" if ":" in settings.sip_address else settings.sip_address
    outside = {}
    if settings.external_address:
        outside = {
            "external_media_address": settings.external_address,
            "external_signaling_address": settings.external_address,
        }
    nat = "".join(f"local_net={network}\n" for network in settings.local_networks)
    return (
        _section("global", {"type": "global", "user_agent": "AXD", "endpoint_identifier_order": "ip,username"})
        + _section("system", {"type": "system", "threadpool_initial_size": "5", "threadpool_max_size": "100"})
        + _section("udp", {"type": "transport", "protocol": "udp", "bind": f"{address}:{settings.sip_port}", **outside})
        + nat
        + _section("ws", {"type": "transport", "protocol": "ws", "bind": address, **outside})
        + nat
    )


def _rtp(settings: AsteriskSettings) -> str:
    values = {
        "rtpstart": str(settings.rtp_from),
        "rtpend": str(settings.rtp_to),
        "strictrtp": "yes",
        "icesupport": "yes",
    }
    if not settings.external_address or settings.sip_address in WILDCARDS:
        return _section("general", values)
    # Browsers are told addresses of their own, which no transport of SIP translates.
    known_as = f"{settings.sip_address} => {settings.external_address},include_local_address"
    return _section("general", values) + f"[ice_host_candidates]\n{known_as}\n"


# China's call progress tones (450 Hz, GB/T 3380).
_INDICATIONS = """[general]
country=cn
[cn]
description=China
ringcadence=1000,4000
dial=450
busy=450/350,0/350
ring=450/1000,0/4000
congestion=450/700,0/700
callwaiting=450/400,0/4000
dialrecall=450
record=950/400,0/10000
info=450/100,0/100,450/100,0/100,450/100,0/100,450/400,0/400
stutter=450+425
"""


def _extensions(settings: AsteriskSettings) -> str:
    ways = {FROM_TRUNK: "trunk", FROM_PHONE: "phone"}
    entries = "".join(
        f"[{context}]\n"
        f"exten => fax,1,Stasis({settings.application},fax-tone)\n same => n,Hangup()\n"
        + "".join(_entry(pattern, settings.application, way) for pattern in ("_[0-9a-zA-Z+*#].", "_[0-9+*#]", "s"))
        for context, way in ways.items()
    )
    return entries + _web(settings) + _fax(settings)


def _web(settings: AsteriskSettings) -> str:
    """Anybody may knock here: who brings nothing that could be a pass does not even reach our application."""
    known = f"{FROM_WEB}-known"
    knocks = "".join(
        f"exten => {number},1,Set(PASS=${{FILTER(0-9A-Z,${{PJSIP_HEADER(read,{PASS_HEADER})}})}})\n"
        f' same => n,GotoIf($["${{PASS}}"!=""]?{known},{number},1)\n'
        " same => n,Hangup(21)\n"
        for number in (WEB_CALL, WEB_BACK)
    )
    entries = "".join(_entry(number, settings.application, "web", ",${PASS}") for number in (WEB_CALL, WEB_BACK))
    return f"[{FROM_WEB}]\n{knocks}[{known}]\n{entries}"


def _entry(pattern: str, application: str, way: str, more: str = "") -> str:
    """Into our application; while nobody listens there, ring and try again, then say congestion."""
    return f"""exten => {pattern},1,Set(TRIES=0)
 same => n(try),Stasis({application},{way},${{CHANNEL(endpoint)}}{more})
 same => n,GotoIf($["${{STASISSTATUS}}"!="FAILED"]?end)
 same => n,GotoIf($[${{INC(TRIES)}}>{PATIENCE_S}]?busy)
 same => n,Ringing()
 same => n,Wait(1)
 same => n,Goto(try)
 same => n(busy),Congestion(5)
 same => n(end),Hangup()
"""


def _fax(settings: AsteriskSettings) -> str:
    """Outside of our application: there the channel reads and writes tones; a user event brings the end back.

    No header line is printed on what is sent: it arrives dot by dot as it is.

    The end stands in a variable, too, until it is taken note of: nobody may be listening when it comes.

    The handler runs in every case; an `h` extension would not, where we made the call and the other side hangs up.
    """
    begin = (
        f"exten => s,1,Set(CHANNEL(hangup_handler_push)={FAX_DONE},s,1)\n"
        " same => n,Set(FAXOPT(ecm)=yes)\n"
        f" same => n,Set(FAXOPT(localstationid)={settings.fax_station})\n"
    )
    kept = "|".join(f"${{FAXOPT({part})}}" for part in FAX_PARTS)
    return (
        f"[{FAX_RECEIVE}]\n{begin} same => n,ReceiveFAX(${{AXD_FAX_FILE}},f)\n same => n,Hangup()\n"
        f"[{FAX_SEND}]\n{begin} same => n,SendFAX(${{AXD_FAX_FILE}},f)\n same => n,Hangup()\n"
        f"[{FAX_DONE}]\n"
        f"exten => s,1,Set(GLOBAL({FAX_MARK}_${{{FAX_MARK}}})={kept})\n"
        " same => n,UserEvent(FaxDone,status: ${FAXOPT(status)},error: ${FAXOPT(error)},"
        "pages: ${FAXOPT(pages)},station: ${FAXOPT(remotestationid)},rate: ${FAXOPT(rate)})\n"
        " same => n,Return()\n"
    )

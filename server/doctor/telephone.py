"""Checks of the telephone: Asterisk, what it is allowed to write, and the gateway that leads it."""

import os
from http import HTTPStatus

import httpx

from kit.access import Access
from kit.errors import Unavailable
from kit.secret_box import SecretBox
from server.asterisk import password
from server.default_workspace import WORKSPACE_ID
from server.doctor.finding import Finding, good, warning, without_database, wrong
from server.doctor.services import opened
from server.doctor.sip_pages import sip_pages
from server.settings import Settings
from server.speech import Say
from telephony.asterisk.settings import AsteriskSettings
from telephony.lines.book import Book
from telephony.lines.service import book

TIMEOUT_S = 5.0
OLDEST = 22


async def telephone(settings: Settings, say: Say) -> list[Finding]:
    asterisk = settings.asterisk
    if not asterisk.is_used:
        what = say("电话由内置引擎承载(浏览器之间)", "calls are carried by the embedded engine, between browsers")
        return [good(what)]
    findings = [_shared_folder(asterisk, say)]
    base = f"http://{asterisk.ari_host}:{asterisk.ari_port}/ari"
    login = (asterisk.ari_user, password(settings))
    async with httpx.AsyncClient(base_url=base, auth=login, timeout=TIMEOUT_S, trust_env=False) as http:
        try:
            about = await http.get("/asterisk/info", params={"only": "system"})
            findings += [_version(about, say)]
            findings.append(await sip_pages(settings, say))
            if about.is_success:
                findings += [await _gateway(http, asterisk, say), await _lines(http, settings, say)]
        except httpx.HTTPError as error:
            what = say(f"Asterisk 无应答({error})", f"Asterisk does not answer ({error})")
            mend = say("先运行 axd asterisk 目录,再启动 Asterisk", "run axd asterisk FOLDER, and start Asterisk")
            findings.append(wrong(what, mend))
    return findings


def _shared_folder(asterisk: AsteriskSettings, say: Say) -> Finding:
    folder = asterisk.shared
    if not (folder.is_dir() and os.access(folder, os.W_OK | os.X_OK)):
        what = say(f"共享目录 {folder} 不可写", f"the shared folder {folder} cannot be written")
        return wrong(what, say("运行 axd asterisk 目录,并检查权限", "run axd asterisk FOLDER, and look at its rights"))
    return good(say(f"与 Asterisk 共享的目录 {folder}", f"the folder shared with Asterisk: {folder}"))


def _version(about: httpx.Response, say: Say) -> Finding:
    if about.status_code == HTTPStatus.UNAUTHORIZED:
        what = say("Asterisk 不接受密码", "Asterisk does not accept the password")
        return wrong(what, say("用 axd asterisk 重新生成配置并重启", "write its configuration anew and restart it"))
    if not about.is_success:
        what = say(f"Asterisk 回答 {about.status_code}", f"Asterisk answers {about.status_code}")
        return wrong(what, say("查看 Asterisk 的日志", "look at Asterisk's log"))
    version = str(about.json()["system"]["version"])
    if int(version.split(".")[0]) < OLDEST:
        return wrong(f"Asterisk {version}", say(f"需要 {OLDEST} 或更新版本", f"version {OLDEST} or newer is needed"))
    return good(f"Asterisk {version}")


async def _gateway(http: httpx.AsyncClient, asterisk: AsteriskSettings, say: Say) -> Finding:
    found = await http.get(f"/applications/{asterisk.application}")
    if not found.is_success:
        what = say(
            "没有 gateway 与 Asterisk 相连,来电只听到振铃", "no gateway leads Asterisk: callers only hear ringing"
        )
        return wrong(what, say("运行 axd up,或 axd gateway", "run axd up, or axd gateway"))
    return good(say("gateway 已与 Asterisk 相连", "a gateway leads Asterisk"))


async def _book(settings: Settings) -> Book:
    access = Access.system(WORKSPACE_ID)
    async with opened(settings) as database, database.unit_of_work(access, read_only=True) as uow:
        return await book(uow, SecretBox(settings.secret()))


async def _lines(http: httpx.AsyncClient, settings: Settings, say: Say) -> Finding:
    try:
        lines = await _book(settings)
    except Unavailable:
        return without_database(say)
    found = await http.get("/endpoints/PJSIP")
    known = {item["resource"] for item in found.json()} if found.is_success else set()  # 404: it knows none
    missing = [trunk.name for trunk in lines.trunks if f"trunk-{trunk.id}" not in known]
    missing += [phone.number for phone in lines.phones if f"phone-{phone.id}" not in known]
    if missing:
        names = ", ".join(missing[:10])
        what = say(f"Asterisk 尚不知道的线路:{names}", f"lines that Asterisk does not know: {names}")
        return wrong(what, say("查看 gateway 的日志", "look at the gateway's log"))
    what = say(
        f"中继 {len(lines.trunks)} 条,话机 {len(lines.phones)} 部",
        f"{len(lines.trunks)} trunks, {len(lines.phones)} phones",
    )
    if not lines.trunks:
        return warning(what, say("在工作台的“管理”中添加中继", "add a trunk in the desk's administration"))
    return good(what)

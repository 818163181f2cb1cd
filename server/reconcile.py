"""`axd reconcile`: compare the ledger with what mail servers and providers say they had for us."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from channels.adapter import Comparison
from channels.reconciliation import ChannelReport, reconcile
from kit.errors import AppError
from kit.logs import configure_logs
from server.settings import Settings, read_settings
from server.speech import Say, speaker
from server.wiring import build

DAYS = 7
# An item may be on its way between the other side and the ledger: it is looked for again before it counts as missing.
LOOKS = 5
BETWEEN_LOOKS_S = 2.0
WRONG, NOT_ASKED = 1, 2
SHOWN_IDS = 100
COMPARED = {
    Comparison.LISTED: ("已与对方清单逐件核对", "compared with the other side's list"),
    Comparison.NUMBERED: ("已按对方的连续编号核对", "compared with the other side's running numbers"),
    Comparison.RECEIPTS: (
        "对方无清单，已核对 {submitted} 条提交应答与送达报告",
        "no list there: {submitted} answers to what we handed over compared with delivery reports",
    ),
    Comparison.OWN_BOOKS: ("只核对了台账与会话", "only ledger and conversations compared"),
}

command = typer.Typer(add_completion=False)


@command.command()
def main(
    since: Annotated[
        str, typer.Option(help="从此日起，如 2026-11-01；缺省七天 / from this day; default: seven days")
    ] = "",
    as_json: Annotated[bool, typer.Option("--json", help="逐行 JSON / JSON lines")] = False,
) -> None:
    """台账与各渠道对账 / Compare the ledger with the channels.

    0: 一致；1: 有缺失或重复；2: 有渠道查不到 / 0: all is there once; 1: something is missing or doubled; 2: a channel
    could not be asked.
    """
    settings = read_settings()
    configure_logs("WARNING")
    reports = asyncio.run(look(settings, _moment(since, settings)))
    say = speaker(settings.language)
    for report in reports:
        typer.echo(json.dumps(report.as_json(), ensure_ascii=False) if as_json else _in_words(report, say))
    if not reports and not as_json:
        typer.echo(say("台账中没有记录", "the ledger is empty"))
    raise typer.Exit(exit_code(reports))


async def look(settings: Settings, since: datetime) -> list[ChannelReport]:
    """The reports, once nothing is missing or the last look is done."""
    services = build(settings)
    try:
        for left in reversed(range(LOOKS)):
            reports = await reconcile(services.database, services.access, services.adapters, since)
            if left == 0 or not any(report.missing for report in reports):
                return reports
            await asyncio.sleep(BETWEEN_LOOKS_S)
        return []
    except AppError as error:
        raise SystemExit(error.detail) from error
    finally:
        await services.close()


def exit_code(reports: list[ChannelReport]) -> int:
    if any(report.is_wrong for report in reports):
        return WRONG
    return NOT_ASKED if any(report.fault for report in reports) else 0


def _moment(text: str, settings: Settings) -> datetime:
    zone = ZoneInfo(settings.time_zone)
    if not text:
        return datetime.now(UTC) - timedelta(days=DAYS)
    try:
        given = datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter("2026-11-01, 2026-11-01T08:00") from None
    return given if given.tzinfo else given.replace(tzinfo=zone)


def _in_words(report: ChannelReport, say: Say) -> str:
    asked = say("对方无法查询", "cannot be asked") if report.provider is None else str(report.provider)
    zh, en = COMPARED[report.compared]
    head = say(
        f"{report.channel}：对方 {asked}，台账 {report.ledger}，待处理 {report.waiting}；{zh}",
        f"{report.channel}: provider {asked}, ledger {report.ledger}, waiting {report.waiting}; {en}",
    ).format(submitted=report.submitted)
    kinds = (
        (say("缺失", "missing"), report.missing),
        (say("重复", "doubled"), report.doubled),
        (say("已分配而无内容", "routed without its message"), report.lost),
        (say("有内容而无台账", "message without its item"), report.unexplained),
        (say("隔离", "quarantined"), report.quarantined),
        (say("已提交而逾期无送达报告", "submitted, no report in time"), report.unreported),
        (say("有送达报告而无提交应答", "reported, never acknowledged as submitted"), report.unsubmitted),
    )
    lines = [f"  {word} {len(ids)}: " + ", ".join(ids[:SHOWN_IDS]) for word, ids in kinds if ids]
    lines += [f"  {say('查询失败', 'could not be asked')}: {report.fault}"] if report.fault else []
    return "\n".join((head, *lines))


if __name__ == "__main__":
    command()

"""The receipt in the words of an approved template, where the account has one."""

from collections.abc import Mapping

from channels.sms import store
from channels.sms.templates import fill
from kit.unit_of_work import UnitOfWork

NAMES: Mapping[str, tuple[str, ...]] = {
    "number": ("number", "编号", "1"),
    "pin": ("pin", "查询密码", "密码", "2"),
    "due": ("due", "日期", "期限", "3"),
    "url": ("url", "网址", "4"),
    "hotline": ("hotline", "电话", "5"),
    "name": ("name", "单位", "6"),
}
"""What variables of receipt templates may be called; providers that only count them take them in this order."""


async def receipt_text(uow: UnitOfWork, number: str, language: str, words: Mapping[str, str]) -> str | None:
    """The filled template of the account that sends for our line `number`; None without one for this language."""
    account = await store.sending_account(uow, number)
    if account is None:
        return None
    values = {name: words[word] for word, names in NAMES.items() for name in names}
    for template in await store.templates(uow, account.id):
        if template.approved and template.purpose == "receipt" and template.language == language:
            text = fill(template.text, values)
            if text is not None:
                return text
    return None

"""What the telephone can tell in a new workspace: general enough to be true, meant to be written anew."""

from collections.abc import Iterator

Item = tuple[str, str, str, str, str]
"""Key, title and text in Chinese, title and text in English."""

ITEMS: tuple[Item, ...] = (
    (
        "policies",
        "科技政策",
        "科技政策以本局公布的文件为准。需要了解具体政策，请按0转人工，或在网上咨询。",
        "Science policies",
        "The texts published by this bureau apply. For a particular policy, press 0 for an agent, or ask on our page.",
    ),
    (
        "guides",
        "办事指南",
        "办理事项前，请备齐申请表、身份证明和相关材料。办事指南可以传真索取，也可以由短信发送。",
        "How to apply",
        "Before you apply, please have the form, proof of identity and your papers ready. Guides are sent by fax or "
        "text message.",
    ),
    (
        "duties",
        "部门职责",
        "本局负责科技计划、高新技术、成果转化、科技奖励、外国专家和科研诚信等工作。",
        "Duties",
        "This bureau is in charge of science programmes, high technology, technology transfer, awards, foreign experts "
        "and research integrity.",
    ),
    (
        "convenience",
        "便民措施",
        "您可以通过电话、短信、邮件、传真、网页和信函联系我们。登记后凭编号和查询密码可随时查询进度。",
        "Services for the public",
        "You can reach us by telephone, text message, mail, fax, web page and letter. With number and PIN you can ask "
        "at any time how your matter stands.",
    ),
    (
        "scope",
        "受理范围",
        "本热线受理科技工作方面的咨询、求助、投诉、举报、建议和业务申请。不属于本局职责的事项，我们会告诉您向哪里反映。",
        "What we handle",
        "This hotline takes questions, requests, complaints, reports, suggestions and applications about science and "
        "technology. For other matters we tell you whom to ask.",
    ),
    (
        "addresses",
        "地址与办公时间",
        "办公时间为工作日上午九点至下午五点。地址请见本局网页，或按0转人工。",
        "Addresses and office hours",
        "We are open on workdays from nine to five. You find our address on our page, or press 0 for an agent.",
    ),
)


def default_items() -> Iterator[tuple[str, str, str, str]]:
    """Key, language, title, text."""
    for key, title, text, title_en, text_en in ITEMS:
        yield key, "zh-CN", title, text
        yield key, "en", title_en, text_en

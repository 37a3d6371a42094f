"""Footers as they are written, rightly and wrongly."""

from __future__ import annotations

from collections.abc import Callable

from icpcrawl.demo.sites.company import Company

MIIT = "https://beian.miit.gov.cn/"
MPS = "https://beian.mps.gov.cn/#/query/webSearch?code="
OLD_MPS = "http://www.beian.gov.cn/portal/registerSystemInfo?recordcode="

Style = Callable[[Company, str], str]


def link(text: str, href: str) -> str:
    """A link as footers have it."""
    return f'<a href="{href}" target="_blank" rel="nofollow noopener">{text}</a>'


def filing(number: str, href: str = MIIT) -> str:
    """A filing number within its link."""
    return link(number, href)


def police(number: str, href: str = "") -> str:
    """A public security number with its shield, linked to its own record."""
    digits = "".join(sign for sign in number if sign.isdigit())
    shield = '<img src="/static/images/ghs.png" width="18" height="18" alt="">'
    return f'<a target="_blank" href="{href or MPS + digits}">{shield}<span>{number}</span></a>'


def modern(company: Company, numbers: str) -> str:
    """Columns above, the legal line at the very bottom."""
    columns = "".join(
        f"<dl><dt>{head}</dt>{''.join(f'<dd><a href=/{head_id}/{n}>{word}</a></dd>' for n, word in enumerate(words))}</dl>"
        for head, head_id, words in (
            ("产品", "p", ("全部产品", "选型手册", "资料下载")),
            ("服务", "s", ("售后网点", "常见问题", "在线留言")),
            ("关于", "a", ("企业文化", "发展历程", "资质荣誉")),
        )
    )
    return (
        f'<footer class="footer"><div class="foot-top">{columns}<div class="qr"><img src="/static/images/qr.png" alt="微信公众号"></div></div>'
        f'<div class="copyright">Copyright © {company.founded}-2026 {company.name} 版权所有 <a href="/sitemap.xml">网站地图</a> {numbers}</div></footer>'
    )


def centred(company: Company, numbers: str) -> str:
    """Centred lines in a div called footer."""
    return (
        f'<div id="footer"><div class="w1000" align="center"><p>地址：{company.city}经济技术开发区创业路{company.founded % 97 + 3}号　邮编：3{company.founded}0</p>'
        f"<p>版权所有 &copy; {company.name}　技术支持：云帆网络</p><p>{numbers}</p></div></div>"
    )


def table(company: Company, numbers: str) -> str:
    """A last table without any class, as old pages end."""
    return (
        '<table width="778" border="0" align="center" cellpadding="0" cellspacing="0" bgcolor="#EEEEEE"><tr><td height="60" align="center">'
        f'<font size="2">{company.name} 版权所有<br>地址：{company.city}工业园区　电话：{company.area_code}-82{company.founded}66<br>{numbers}</font></td></tr></table>'
    )


def plain_english(company: Company, numbers: str) -> str:
    """The footer of a page for customers abroad."""
    return f'<footer><p>&copy; {company.founded}&ndash;2026 {company.english}. All rights reserved. <a href="/privacy">Privacy</a> {numbers}</p></footer>'

"""Rows whose homepage is not to be seen, and rows that are no site at all."""

from __future__ import annotations

from icpcrawl.demo.sites import footers, pages
from icpcrawl.demo.sites.company import Company
from icpcrawl.demo.sites.sample import SampleSite, at, home, non_compliant, not_assessed, rejected, site
from icpcrawl.demo.zone import Answer, Ending, Host, Name, NameTrouble, Tls, redirect

_OWNER = "信息中心"

_BEAVER = b"""<html><head><meta http-equiv="Content-Type" content="text/html; charset=utf-8"><title>Non-compliance ICP Filing</title></head>
<body style="margin:0"><iframe id="mainFrame" src="" width="100%" height="100%" frameborder="0"></iframe>
<script>document.getElementById("mainFrame").src = "http://www.aliyun.com/beian/beian-block?id=2043187745";</script></body></html>"""

_WEBBLOCK = """<html><head><meta charset="utf-8"><title>网站暂时无法访问</title></head><body>
<script>location.href="https://dnspod.qcloud.com/static/webblock.html?d={domain}"</script></body></html>"""

_JIASULE = b"""<script>document.cookie=('_')+('_')+('j')+('s')+('l')+('_')+('c')+'learance_s=1700000000.1|-1|abcdefghijk%3D;Max-age=3600';location.href=location.pathname+location.search</script>"""

_ARG1 = b"""<html><script>
var arg1='4F7A1C9E03B25D68AA17F0C3E94B7D2651809E3C';
var _0x4818=['\\x63\\x6f\\x6f\\x6b\\x69\\x65'];function setCookie(name,value){document.cookie=name+'='+value;}
setCookie('acw_sc__v2',arg1);document.location.reload();</script></html>"""

_NGINX = b"""<!DOCTYPE html>
<html><head><title>Welcome to nginx!</title><style>body{width:35em;margin:0 auto;font-family:Tahoma,Verdana,Arial,sans-serif;}</style></head>
<body><h1>Welcome to nginx!</h1><p>If you see this page, the nginx web server is successfully installed and working. Further configuration is required.</p>
<p>For online documentation and support please refer to <a href="http://nginx.org/">nginx.org</a>.</p><p><em>Thank you for using nginx.</em></p></body></html>"""

_PARKED = """<!DOCTYPE html><html><head><meta charset="utf-8"><title>域名停放页</title></head>
<body><div class="box"><h1>此域名正在出售</h1><p>如果您对该域名感兴趣，请联系我们的域名经纪人。</p><p>This domain is for sale.</p></div></body></html>"""

_SHELL = """<!DOCTYPE html><html lang="zh-CN"><head><meta charset="utf-8"><title>云帆工单</title>
<script defer src="/js/chunk-vendors.4b1d.js"></script><script defer src="/js/app.90c2.js"></script></head>
<body><noscript></noscript><div id="app"></div></body></html>"""

_ERROR_500 = b"<html><head><title>500 Internal Server Error</title></head><body><center><h1>500 Internal Server Error</h1></center><hr><center>nginx/1.18.0</center></body></html>"


def _intercepted_by_alibaba() -> SampleSite:
    """Unfiled: plain http gets the provider's page, https is reset once the name is known."""
    company = Company(
        "浙江瓯越鞋材有限公司", "瓯越鞋材", "Ouyue Shoe Materials", "textile", "温州市", "0577", 2013
    )
    blocked = Answer(_BEAVER, 403, headers=(("Server", "Beaver"), ("Cache-Control", "no-cache")))
    return site(
        "intercepted-alibaba",
        "ouyue-demo.com",
        company,
        non_compliant("fetch-blocked-unfiled", never=("filing-number-missing",)),
        host=Host({"*": blocked}, tls=Tls.RESET),
        name=at("47.104.22.10"),
        owner="法务部",
    )


def _intercepted_by_tencent() -> SampleSite:
    company = Company(
        "广东湾畔电商有限公司", "湾畔电商", "Wanpan Commerce", "logistics", "广州市", "020", 2019
    )
    blocked = Answer(_WEBBLOCK.format(domain="wanpan-demo.cn").encode(), 566)
    return site(
        "intercepted-tencent",
        "wanpan-demo.cn",
        company,
        non_compliant("fetch-blocked-unfiled", never=("filing-number-missing",)),
        host=Host({"*": blocked}, tls=Tls.RESET),
        name=at("111.230.18.45"),
        owner="法务部",
    )


def _plain(site_id: str, domain: str, host: Host, address: str = "47.92.10.5") -> SampleSite:
    return site(site_id, domain, None, not_assessed(), host=host, name=at(address), owner=_OWNER)


def _nameless(site_id: str, domain: str, name: Name | None) -> SampleSite:
    return site(site_id, domain, None, not_assessed(), name=name, www=False, owner=_OWNER)


def _cut_short() -> SampleSite:
    """The connection breaks in the middle of the page, before the footer."""
    company = Company("长沙岳麓书业有限公司", "岳麓书业", "Yuelu Books", "textile", "长沙市", "0731", 2001)
    page = pages.portal(company, footers.centred(company, footers.filing("湘ICP备09002817号")))
    cut = Answer(page.encode(), ending=Ending.CUT)
    return site(
        "cut-short",
        "yuelu-demo.cn",
        company,
        not_assessed(),
        host=Host({"/": cut}),
        name=at("42.192.77.7"),
        owner=_OWNER,
    )


def _nowhere() -> SampleSite:
    """A redirect into the auditor's own network: refused before a byte is sent."""
    target = redirect("http://169.254.169.254/latest/meta-data/", 302)
    return _plain("redirect-private", "tiaozhuan-demo.cn", Host({"*": target}), "123.207.9.45")


SITES: tuple[SampleSite, ...] = (
    _intercepted_by_alibaba(),
    _intercepted_by_tencent(),
    _plain(
        "challenge-jiasule",
        "anquan-demo.gov.cn",
        home(_JIASULE, status=521, headers=(("Server", "jiasule-WAF"),)),
        "36.110.220.16",
    ),
    _plain(
        "challenge-alibaba",
        "fanghuo-demo.com",
        home(_ARG1, headers=(("Set-Cookie", "acw_tc=0a1b2c;path=/;HttpOnly"),)),
        "47.106.88.32",
    ),
    _plain("default-nginx", "xinzhan-demo.com", home(_NGINX), "119.3.88.3"),
    _plain("parked", "tingfang-demo.com", home(_PARKED), "47.98.44.13"),
    _plain("empty-shell", "gongdan-demo.cn", home(_SHELL), "106.12.9.82"),
    _plain("not-found", "jiuzhan-demo.cn", Host({}), "121.36.44.9"),
    _plain("server-error", "cuowu-demo.cn", Host({"*": Answer(_ERROR_500, 500, "text/html")}), "49.232.17.5"),
    _cut_short(),
    _plain(
        "endless",
        "wujin-demo.cn",
        home(b"<p>" + "没有尽头的页面。".encode() * 400, ending=Ending.ENDLESS),
        "139.9.41.8",
    ),
    _plain(
        "redirect-loop",
        "raoquan-demo.cn",
        Host({"/": redirect("/a"), "/a": redirect("/b"), "/b": redirect("/a")}),
        "81.70.33.22",
    ),
    _nowhere(),
    _plain("refused", "guanbi-demo.cn", Host({}, tls=Tls.CLOSED, http_closed=True), "118.89.71.7"),
    _plain(
        "not-html",
        "wenjian-demo.cn",
        home(b"%PDF-1.7\n" + bytes(range(256)) * 40, content_type="application/pdf"),
        "182.61.22.8",
    ),
    _nameless("name-gone", "zhuxiao-demo.cn", None),
    _nameless("name-fails", "guzhang-demo.cn", Name(trouble=NameTrouble.SERVFAIL)),
    _nameless("name-silent", "oa.chaoshi-demo.cn", Name(trouble=NameTrouble.SILENT)),
    _nameless("name-without-address", "youjian-demo.cn", Name()),
    _nameless("name-private", "neiwang-demo.cn", at("10.12.0.8")),
)

REFUSED: tuple[SampleSite, ...] = (
    SampleSite(
        {"domain": "", "site_id": "row-without-domain", "name": "待补充", "owner": _OWNER}, rejected()
    ),
    SampleSite(
        {"domain": "heng chuan demo.cn", "site_id": "row-with-spaces", "name": "域名含空格"}, rejected()
    ),
    SampleSite({"domain": "https://", "site_id": "row-without-host", "name": "只有协议"}, rejected()),
    SampleSite({"domain": "demo..cn", "site_id": "row-empty-label", "name": "空标签"}, rejected()),
)

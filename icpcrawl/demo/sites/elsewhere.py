"""Sites that are not, not only, or not surely served from the mainland."""

from __future__ import annotations

from icpcrawl.demo.sites import footers, pages
from icpcrawl.demo.sites.company import Company
from icpcrawl.demo.sites.sample import SampleSite, at, home, inconclusive, non_compliant, not_required, site
from icpcrawl.demo.zone import Host, Tls, redirect

_NEVER = ("filing-number-missing", "link-missing", "psb-number-missing")

_GLOBAL = Company(
    "华域国际贸易有限公司", "Huayu Global", "Huayu Global Trading", "textile", "上海市", "021", 2008
)


def _hong_kong() -> SampleSite:
    company = Company("港粤珠宝有限公司", "港粤珠宝", "Gangyue Jewellery", "furniture", "香港", "00852", 1992)
    page = pages.responsive(company, footers.modern(company, ""))
    return site(
        "hong-kong",
        "gangyue-demo.com",
        company,
        not_required(never=_NEVER),
        host=home(page),
        name=at("47.52.33.9"),
        owner="海外部",
    )


def _america() -> SampleSite:
    page = pages.english(_GLOBAL, footers.plain_english(_GLOBAL, ""))
    return site(
        "united-states",
        "huayuglobal-demo.com",
        _GLOBAL,
        not_required(never=_NEVER),
        host=home(page),
        name=at("54.210.3.9"),
        owner="海外部",
    )


def _cloudflare() -> SampleSite:
    """Anycast: no country, but a product without mainland nodes."""
    company = Company(
        "联越海外仓有限公司", "LianYue", "LianYue Fulfilment", "logistics", "深圳市", "0755", 2016
    )
    page = pages.english(company, footers.plain_english(company, ""))
    edge = "lianyue-demo.com.cdn.cloudflare.net"
    return site(
        "anycast-abroad",
        "lianyue-demo.com",
        company,
        not_required(never=_NEVER),
        host=home(page, gzip=True),
        name=at(cname=edge),
        more_names={edge: at("104.21.33.8", "172.67.144.9", "2606:4700:3030::6815:2108")},
        owner="海外部",
    )


def _platform() -> SampleSite:
    company = Company("杭州一居家居有限公司", "一居旗舰店", "Yiju Home", "furniture", "杭州市", "0571", 2016)
    page = pages.data_heavy(company, '<div class="mall-foot">© 一居旗舰店</div>')
    return site(
        "platform-shop",
        "yijujiaju-demo.tmall.com",
        company,
        not_required(never=_NEVER),
        host=home(page),
        name=at("140.205.94.189"),
        www=False,
        owner="电商部",
    )


def _filed_but_abroad() -> SampleSite:
    """A number is shown rightly, yet no mainland server answers."""
    company = Company(
        "广州粤航供应链有限公司", "粤航供应链", "Yuehang Supply Chain", "logistics", "广州市", "020", 2014
    )
    page = pages.responsive(company, footers.modern(company, footers.filing("粤ICP备16093357号-1")))
    return site(
        "outside-yet-filed",
        "yuehang-demo.com",
        company,
        not_required("hosting-outside-yet-filed", never=_NEVER),
        host=home(page),
        name=at("43.129.66.1"),
        owner="海外部",
    )


def _cdn_low() -> SampleSite:
    """Only nodes abroad are seen, behind a CDN that sells mainland nodes too: not enough to decide."""
    company = Company(
        "东莞铭优电子有限公司", "铭优电子", "Mingyou Electronics", "energy", "东莞市", "0769", 2011
    )
    page = pages.responsive(company, footers.modern(company, ""))
    edge = "mingyou-demo.com.cdn.dnsv1.com"
    return site(
        "cdn-unsure",
        "mingyou-demo.com",
        company,
        inconclusive(never=_NEVER),
        host=home(page),
        name=at(cname=edge),
        more_names={edge: at("101.32.44.2", "119.28.66.4")},
        owner="网络部",
    )


def _disputed() -> SampleSite:
    """The sources disagree about the address: a mainland cloud's network, located abroad."""
    company = Company(
        "沈阳正骐起重设备有限公司", "正骐起重", "Zhengqi Cranes", "machines", "沈阳市", "024", 2003
    )
    page = pages.portal(company, footers.centred(company, ""))
    return site(
        "disputed-place",
        "zhengqi-demo.cn",
        company,
        inconclusive(never=_NEVER),
        host=home(page),
        name=at("1.118.64.77"),
        owner="信息中心",
    )


def _mixed_by_ipv6() -> SampleSite:
    """IPv4 in Hong Kong, IPv6 in the mainland: mainland visitors are served at home."""
    company = Company(
        "南京秦淮灯饰有限公司", "秦淮灯饰", "Qinhuai Lighting", "furniture", "南京市", "025", 2009
    )
    page = pages.responsive(company, footers.modern(company, ""))
    return site(
        "mixed-ipv6",
        "qinhuai-demo.com",
        company,
        non_compliant("filing-number-missing"),
        host=home(page),
        name=at("47.56.101.2", "2408:4005:3ff::8"),
        owner="网络部",
    )


def _brand_redirect() -> SampleSite:
    """The domain leads to another company's site abroad: its own filing cannot be seen there."""
    company = Company("上海诺朗化妆品有限公司", "诺朗", "Nolan Cosmetics", "food", "上海市", "021", 2015)
    page = pages.english(_GLOBAL, footers.plain_english(_GLOBAL, ""))
    target = "nolanworld-demo.com"
    return site(
        "brand-redirect",
        "nolan-demo.cn",
        company,
        inconclusive("fetch-redirects-elsewhere", never=_NEVER),
        host=Host({"*": redirect(f"https://{target}/cn/", 302)}, tls=Tls.CLOSED),
        name=at("59.110.88.2"),
        more_names={target: at("13.249.22.9")},
        more_hosts={target: Host({"/cn/": home(page).pages["/"]})},
        owner="市场部",
    )


SITES: tuple[SampleSite, ...] = (
    _hong_kong(),
    _america(),
    _cloudflare(),
    _platform(),
    _filed_but_abroad(),
    _cdn_low(),
    _disputed(),
    _mixed_by_ipv6(),
    _brand_redirect(),
)

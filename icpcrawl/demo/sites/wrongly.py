"""Sites served from the mainland that owe a number or a link and show none, or a wrong one."""

from __future__ import annotations

from icpcrawl.demo.sites import footers, pages
from icpcrawl.demo.sites.company import Company
from icpcrawl.demo.sites.footers import filing, link, police
from icpcrawl.demo.sites.sample import Expected, SampleSite, at, home, inconclusive, non_compliant, site
from icpcrawl.demo.zone import Answer, Host

_NOT_MISSING = ("filing-number-missing",)
_LINK_THERE = ("filing-number-missing", "link-missing")


def _wrong(
    site_id: str,
    domain: str,
    company: Company,
    numbers: str,
    expected: Expected,
    *,
    layout: pages.Layout = pages.responsive,
    style: footers.Style = footers.modern,
    address: str,
    **cells: str,
) -> SampleSite:
    """A usual homepage that differs in its legal line."""
    page = layout(company, style(company, numbers))
    return site(site_id, domain, company, expected, host=home(page), name=at(address)).told(**cells)


_NUMBER_MISSING = _wrong(
    "number-missing",
    "tianlu-demo.com",
    Company("山东天麓重工有限公司", "天麓重工", "Tianlu Heavy Industry", "machines", "济南市", "0531", 2004),
    police("鲁公网安备37010202001532号"),
    non_compliant("filing-number-missing", never=("psb-number-missing",)),
    address="47.104.22.9",
    owner="法务部",
)
_LINK_MISSING = _wrong(
    "link-missing",
    "jiahe-demo.cn",
    Company("吉林嘉禾粮油有限公司", "嘉禾粮油", "Jiahe Grain", "food", "长春市", "0431", 1999),
    "吉ICP备05007318号",
    non_compliant("link-missing", never=_NOT_MISSING),
    layout=pages.portal,
    style=footers.centred,
    address="36.110.220.15",
    owner="市场部",
)
_RETIRED_HOST = _wrong(
    "link-retired",
    "longtai-demo.com.cn",
    Company("河北隆泰管业有限公司", "隆泰管业", "Longtai Pipes", "valves", "沧州市", "0317", 2001),
    filing("冀ICP备07014296号-1", "http://www.miitbeian.gov.cn/"),
    non_compliant("link-retired-host", never=_LINK_THERE),
    layout=pages.portal,
    style=footers.centred,
    address="222.73.61.4",
    owner="市场部",
)
_WWW_VARIANT = _wrong(
    "link-www-variant",
    "weilan-demo.cn",
    Company("辽宁蔚蓝海洋食品有限公司", "蔚蓝海洋", "Weilan Ocean Foods", "food", "大连市", "0411", 2010),
    filing("辽ICP备18009247号-1", "http://www.beian.miit.gov.cn/"),
    non_compliant("link-www-variant", never=_LINK_THERE),
    address="81.70.33.21",
    owner="市场部",
)
_SWAPPED = _wrong(
    "links-swapped",
    "huadian-demo.com",
    Company("江西华甸陶瓷有限公司", "华甸陶瓷", "Huadian Ceramics", "furniture", "景德镇市", "0798", 2003),
    filing("赣ICP备16003851号-1", footers.OLD_MPS + "36020202000173")
    + " "
    + police("赣公网安备36020202000173号", footers.MIIT),
    non_compliant("link-swapped", "psb-link-swapped", never=_LINK_THERE),
    address="42.192.77.6",
    owner="信息中心",
)
_NO_SCHEME = _wrong(
    "link-no-scheme",
    "beichen-demo.com",
    Company("黑龙江北宸木业有限公司", "北宸木业", "Beichen Timber", "furniture", "哈尔滨市", "0451", 2006),
    filing("黑ICP备12004763号-1", "beian.miit.gov.cn"),
    non_compliant("link-no-scheme", never=_LINK_THERE),
    layout=pages.tables,
    style=footers.table,
    address="123.207.9.44",
    owner="信息中心",
)
_PLACEHOLDER = _wrong(
    "number-placeholder",
    "zhuoqun-demo.cn",
    Company("广西卓群糖业有限公司", "卓群糖业", "Zhuoqun Sugar", "food", "南宁市", "0771", 2015),
    filing("桂ICP备00000000号-1"),
    non_compliant("filing-number-placeholder", never=_LINK_THERE),
    address="106.52.3.7",
    owner="市场部",
)
_DIFFERS = _wrong(
    "number-differs",
    "mingde-demo.com",
    Company("山西明德煤化工有限公司", "明德煤化", "Mingde Coal Chemical", "energy", "太原市", "0351", 2000),
    filing("晋ICP备13005492号-1"),
    non_compliant("filing-number-differs", never=_LINK_THERE),
    layout=pages.portal,
    style=footers.centred,
    address="118.89.71.6",
    owner="法务部",
    expected_icp="晋ICP备19008316号-1",
)
_COMMENTED = _wrong(
    "number-commented",
    "yashan-demo.com",
    Company("海南雅杉热作有限公司", "雅杉热作", "Yashan Tropical Crops", "food", "海口市", "0898", 2012),
    f"<!-- {filing('琼ICP备15001937号-1')} -->",
    non_compliant("filing-number-not-displayed", never=_LINK_THERE),
    address="122.51.66.9",
    owner="法务部",
)
_MASKED = _wrong(
    "number-masked",
    "lvting-demo.cn",
    Company("云南绿汀花卉有限公司", "绿汀花卉", "Lvting Flowers", "food", "昆明市", "0871", 2016),
    link("滇ICP备1XXXXXX8号", footers.MIIT),
    non_compliant("filing-number-masked"),
    address="1.116.40.8",
    owner="市场部",
)
_MALFORMED = _wrong(
    "number-malformed",
    "xinghe-demo.cn",
    Company("甘肃星河葡萄酒业有限公司", "星河酒业", "Xinghe Winery", "food", "武威市", "0935", 2009),
    filing("陇ICP备1704823号-1"),
    non_compliant("filing-number-malformed", never=_NOT_MISSING),
    layout=pages.portal,
    style=footers.centred,
    address="117.34.13.66",
    owner="市场部",
)
_JOKE = _wrong(
    "joke-register",
    "yemao-demo.cn",
    Company("苏州夜猫互动科技有限公司", "夜猫互动", "Yemao Interactive", "software", "苏州市", "0512", 2019),
    link("萌ICP备20231846号", "https://icp.gov.moe/?keyword=20231846"),
    non_compliant("filing-number-joke", "filing-number-missing"),
    layout=pages.data_heavy,
    address="119.3.88.2",
    owner="网络部",
)
_APP_ONLY = _wrong(
    "app-number-only",
    "paobu-demo.com",
    Company("厦门跑步鸟体育有限公司", "跑步鸟", "Paobuniao Sports", "software", "厦门市", "0592", 2018),
    filing("闽ICP备2022014837号-3A"),
    non_compliant("filing-number-for-app", never=_LINK_THERE),
    layout=pages.data_heavy,
    address="106.12.9.81",
    owner="网络部",
)
_THIRD_PARTY = _wrong(
    "link-third-party",
    "guanlan-demo.com",
    Company("宁夏观澜枸杞有限公司", "观澜枸杞", "Guanlan Wolfberry", "food", "银川市", "0951", 2011),
    filing("宁ICP备20001356号-1", "https://icp.chinaz.com/guanlan-demo.com"),
    non_compliant("link-third-party", never=_LINK_THERE),
    address="39.104.55.3",
    owner="市场部",
)
_LOOK_ALIKE = _wrong(
    "link-look-alike",
    "dingsheng-demo.cn",
    Company("新疆鼎盛棉业有限公司", "鼎盛棉业", "Dingsheng Cotton", "textile", "乌鲁木齐市", "0991", 2002),
    filing("新ICP备17000428号-1", "https://beian.miit.gov.cn.chaxun-demo.cn/"),
    non_compliant("link-look-alike", never=_LINK_THERE),
    layout=pages.portal,
    style=footers.centred,
    address="121.40.92.7",
    owner="法务部",
)
_BORROWED = _wrong(
    "number-borrowed",
    "manzu-demo.com",
    Company("合肥漫足鞋业有限公司", "漫足", "Manzu Footwear", "textile", "合肥市", "0551", 2020),
    filing("京ICP备10046444号"),
    non_compliant("filing-number-borrowed", never=_LINK_THERE),
    address="47.103.61.5",
    owner="网络部",
    expected_icp="皖ICP备2020019275号-1",
)
_FUTURE_YEAR = _wrong(
    "impossible-year",
    "qianzhuo-demo.cn",
    Company("贵州黔琢玉器有限公司", "黔琢玉器", "Qianzhuo Jade", "furniture", "贵阳市", "0851", 2014),
    filing("黔ICP备86025334号-1"),
    non_compliant("filing-number-impossible-year", never=_LINK_THERE),
    address="47.106.88.31",
    owner="市场部",
)
_ENGLISH_ONLY = _wrong(
    "english-only",
    "norda-demo.cn",
    Company("宁波诺达工具有限公司", "诺达工具", "Norda Tools", "machines", "宁波市", "0574", 2004),
    link("Zhe ICP Bei No. 17042368-1", footers.MIIT),
    inconclusive("filing-number-english-only", never=_LINK_THERE),
    layout=pages.english,
    style=footers.plain_english,
    address="47.92.10.4",
    owner="市场部",
)
_IMAGE_ONLY = _wrong(
    "image-only",
    "jingyi-demo.com",
    Company("内蒙古敬义乳业有限公司", "敬义乳业", "Jingyi Dairy", "food", "呼和浩特市", "0471", 2005),
    f'<a href="{footers.MIIT}"><img src="/static/images/beian.png" alt="蒙ICP备14002736号-1"></a>',
    inconclusive("filing-number-image-only", never=_LINK_THERE),
    layout=pages.portal,
    style=footers.centred,
    address="61.184.11.9",
    owner="市场部",
)
_UNREADABLE = _wrong(
    "number-unreadable",
    "zhenyuan-demo.com",
    Company("西安臻远检测有限公司", "臻远检测", "Zhenyuan Testing", "machines", "西安市", "029", 2013),
    f'<a href="{footers.MIIT}"><img src="/static/images/icp.png"></a>',
    inconclusive("filing-number-unreadable", never=_LINK_THERE),
    address="180.101.50.188",
    owner="信息中心",
)


def _drawn_by_script() -> SampleSite:
    """The footer is fetched from an interface when the page runs: only a browser sees it."""
    company = Company(
        "北京澄观信息技术有限公司", "澄观信息", "Chengguan Information", "software", "北京市", "010", 2015
    )
    drawn = (
        '<div id="footer"></div>\n<script>fetch("/api/site/legal").then(function(r){return r.json()})'
        '.then(function(d){document.getElementById("footer").innerHTML=d.html})</script>'
    )
    legal = '{"html":"<p>京ICP备16047382号-1</p>"}'
    host = Host(
        {
            "/": Answer(pages.responsive(company, drawn).encode()),
            "/api/site/legal": Answer(legal.encode(), content_type="application/json"),
        }
    )
    return site(
        "script-footer",
        "chengguan-demo.com",
        company,
        inconclusive("fetch-needs-browser", never=_LINK_THERE),
        host=host,
        name=at("101.201.33.91"),
        owner="网络部",
    )


SITES: tuple[SampleSite, ...] = (
    _NUMBER_MISSING,
    _LINK_MISSING,
    _RETIRED_HOST,
    _WWW_VARIANT,
    _SWAPPED,
    _NO_SCHEME,
    _PLACEHOLDER,
    _DIFFERS,
    _COMMENTED,
    _MASKED,
    _MALFORMED,
    _JOKE,
    _APP_ONLY,
    _THIRD_PARTY,
    _LOOK_ALIKE,
    _BORROWED,
    _FUTURE_YEAR,
    _ENGLISH_ONLY,
    _IMAGE_ONLY,
    _UNREADABLE,
    _drawn_by_script(),
)

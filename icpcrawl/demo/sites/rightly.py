"""Sites that show what they must, in the many ways in which that is done. Served from the mainland."""

from __future__ import annotations

from icpcrawl.demo.sites import footers, pages
from icpcrawl.demo.sites.company import Company
from icpcrawl.demo.sites.sample import SampleSite, at, compliant, home, non_compliant, site
from icpcrawl.demo.zone import Answer, Ending, Host, Name, Records, Tls, redirect

_MISSING = ("filing-number-missing", "link-missing", "filing-number-not-displayed")

_HENGCHUAN = Company("浙江恒川阀门有限公司", "恒川阀门", "Hengchuan Valve", "valves", "温州市", "0577", 1998)
_YUNLU = Company("上海云麓软件股份有限公司", "云麓软件", "Yunlu Software", "software", "上海市", "021", 2009)
_QINGHE = Company("四川青禾食品有限公司", "青禾食品", "Qinghe Foods", "food", "眉山市", "028", 2003)
_MUCHEN = Company(
    "广东木辰家具制造有限公司", "木辰家具", "Muchen Furniture", "furniture", "佛山市", "0757", 2006
)
_SHUNDA = Company(
    "河南顺驰达物流有限公司", "顺驰达", "Shunchida Logistics", "logistics", "郑州市", "0371", 2011
)
_BAOXIANG = Company(
    "青岛宝翔包装机械有限公司", "宝翔机械", "Baoxiang Machinery", "machines", "青岛市", "0532", 2001
)
_GUANGYAO = Company(
    "江苏光曜新能源科技有限公司", "光曜新能源", "Guangyao Energy", "energy", "常州市", "0519", 2013
)
_ZHIXIU = Company("湖北织秀纺织集团有限公司", "织秀纺织", "Zhixiu Textile", "textile", "武汉市", "027", 1996)
_HAILAN = Company("深圳海岚数据服务有限公司", "海岚数据", "Hailan Data", "software", "深圳市", "0755", 2014)
_LINGYUN = Company(
    "陕西凌筠精密机械有限公司", "凌筠机械", "Lingyun Precision", "machines", "西安市", "029", 2005
)


def _good() -> SampleSite:
    numbers = f"{footers.filing('浙ICP备18034721号-1')} {footers.police('浙公网安备33030202001187号')}"
    page = pages.responsive(_HENGCHUAN, footers.modern(_HENGCHUAN, numbers))
    return site(
        "good-company",
        "hengchuan-demo.cn",
        _HENGCHUAN,
        compliant(never=(*_MISSING, "psb-number-missing")),
        host=home(page, gzip=True),
        name=at("47.96.101.27"),
        owner="网络部",
        expected_icp="浙ICP备18034721号-1",
        launched_on="2018-09-01",
    )


def _gbk() -> SampleSite:
    page = pages.tables(_QINGHE, footers.table(_QINGHE, footers.filing("蜀ICP备09012846号")))
    return site(
        "good-gbk",
        "qinghe-demo.com.cn",
        _QINGHE,
        compliant(never=_MISSING),
        host=home(pages.in_gbk(page), content_type="text/html"),
        name=at("218.75.33.12"),
        owner="市场部",
    )


def _false_charset() -> SampleSite:
    """The header says UTF-8, the body is GBK: read by the header, the number is lost."""
    page = pages.tables(_ZHIXIU, footers.table(_ZHIXIU, footers.filing("鄂ICP备11006382号-2")))
    return site(
        "good-false-charset",
        "zhixiu-demo.com",
        _ZHIXIU,
        compliant(never=_MISSING),
        host=home(pages.in_gbk(page), content_type="text/html; charset=utf-8"),
        name=at("182.61.22.7"),
        owner="市场部",
    )


def _link_below() -> SampleSite:
    """The letter of Order 33 article 13: the link stands below the number."""
    numbers = f"备案号：豫ICP备14007753号-1<br>{footers.link('工业和信息化部ICP/IP地址/域名信息备案管理系统', footers.MIIT)}"
    page = pages.portal(_SHUNDA, footers.centred(_SHUNDA, numbers))
    return site(
        "good-link-below",
        "shunchida-demo.cn",
        _SHUNDA,
        compliant(never=_MISSING),
        host=home(page),
        name=at("101.201.33.90"),
        owner="信息中心",
    )


def _in_pieces() -> SampleSite:
    """Full-width letters, spaces, and tags inside the number."""
    number = "<b>鲁ＩＣＰ备</b> <span>１７０２</span><span>８６４５</span>号&nbsp;-&nbsp;3"
    page = pages.portal(_BAOXIANG, footers.centred(_BAOXIANG, footers.link(number, footers.MIIT)))
    return site(
        "good-in-pieces",
        "baoxiang-demo.com",
        _BAOXIANG,
        compliant(never=_MISSING),
        host=home(page, ending=Ending.CHUNKED),
        name=at("119.29.102.8"),
        owner="信息中心",
        expected_icp="鲁ICP备17028645号-3",
    )


def _frameset() -> SampleSite:
    page = pages.portal(_MUCHEN, footers.centred(_MUCHEN, footers.filing("粤ICP备10058317号")))
    host = Host(
        {"/": Answer(pages.frameset(_MUCHEN, "main.htm").encode()), "/main.htm": Answer(page.encode())}
    )
    return site(
        "good-frameset",
        "muchen-demo.com",
        _MUCHEN,
        compliant(never=_MISSING),
        host=host,
        name=at("121.36.44.8"),
        owner="市场部",
    )


def _behind_cdn() -> SampleSite:
    """A CDN name, and IPv6 beside IPv4; every client is given mainland nodes."""
    numbers = f"{footers.filing('苏ICP备2021037465号-1')} {footers.police('苏公网安备32040202000519号')}"
    page = pages.data_heavy(_GUANGYAO, footers.modern(_GUANGYAO, numbers))
    edge = "guangyao-demo.com.w.kunlunaq.com"
    return site(
        "good-behind-cdn",
        "guangyao-demo.com",
        _GUANGYAO,
        compliant(never=_MISSING),
        host=home(page, gzip=True),
        name=at(cname=edge),
        more_names={edge: at("61.170.79.230", "101.72.212.6", "240e:95d:801::7", "2408:871a:2100:2::9")},
        owner="网络部",
    )


def _licence_only() -> SampleSite:
    numbers = footers.link("增值电信业务经营许可证：粤B2-20180462", footers.MIIT)
    page = pages.responsive(_HAILAN, footers.modern(_HAILAN, numbers))
    return site(
        "licence-only",
        "hailan-demo.com",
        _HAILAN,
        compliant("licence-only-shown", never=_MISSING),
        host=home(page),
        name=at("111.230.18.44"),
        owner="法务部",
        expected_licence="粤B2-20180462",
        commercial="yes",
    )


def _two_rows_one_page() -> tuple[SampleSite, SampleSite]:
    """An old and a new address of one homepage: two rows, one page, two verdicts."""
    page = pages.responsive(_YUNLU, footers.modern(_YUNLU, footers.filing("沪ICP备12039874号-4")))
    main = Host(
        {"/": Answer(page.encode(), gzip=True)},
        {"*": redirect("https://www.yunlu-demo.com/")},
    )
    apex = Host({"*": redirect("https://www.yunlu-demo.com/")})
    new = site(
        "two-rows-www",
        "www.yunlu-demo.com",
        _YUNLU,
        compliant(never=_MISSING),
        host=main,
        name=at("139.196.77.14"),
        www=False,
        owner="网络部",
    )
    old = site(
        "two-rows-apex",
        "yunlu-demo.com",
        _YUNLU,
        compliant(never=_MISSING),
        host=apex,
        name=at("139.196.77.14"),
        www=False,
        owner="网络部",
    )
    return new, old


def _expired_certificate() -> SampleSite:
    page = pages.portal(_LINGYUN, footers.centred(_LINGYUN, footers.filing("陕ICP备15011962号-1")))
    host = Host({"/": Answer(page.encode())}, tls=Tls.EXPIRED)
    return site(
        "tls-expired",
        "lingyun-demo.cn",
        _LINGYUN,
        compliant("fetch-tls-invalid", never=_MISSING),
        host=host,
        name=at("124.70.66.3"),
        owner="信息中心",
    )


def _chinese_domain() -> SampleSite:
    """A name in Chinese letters, http only, and slow."""
    company = Company("天津津港工贸有限公司", "津港工贸", "Jingang Trading", "valves", "天津市", "022", 2002)
    page = pages.portal(company, footers.centred(company, footers.filing("津ICP备16005273号")))
    ascii_name = "津港样板.中国".encode("idna").decode("ascii")
    host = Host({"/": Answer(page.encode(), wait_s=1.5)}, tls=Tls.CLOSED)
    return site(
        "good-chinese-domain",
        ascii_name,
        company,
        compliant(never=_MISSING),
        host=host,
        name=at("202.120.2.119"),
        owner="市场部",
    ).told(domain="津港样板.中国")


def _police_missing() -> SampleSite:
    company = Company("安徽徽州茶业有限公司", "徽州茶业", "Huizhou Tea", "food", "黄山市", "0559", 2008)
    page = pages.responsive(company, footers.modern(company, footers.filing("皖ICP备13004128号-1")))
    return site(
        "psb-missing",
        "huizhou-demo.cn",
        company,
        compliant("psb-number-missing", never=_MISSING),
        host=home(page),
        name=at("112.124.8.66"),
        owner="市场部",
        launched_on="2019-03-01",
    )


def _police_code_mismatch() -> SampleSite:
    company = Company("福建闽岳石材有限公司", "闽岳石材", "Minyue Stone", "furniture", "泉州市", "0595", 2000)
    wrong = footers.police("闽公网安备35058302000664号", footers.OLD_MPS + "35058302000238")
    page = pages.portal(company, footers.centred(company, f"{footers.filing('闽ICP备17008215号-1')} {wrong}"))
    return site(
        "psb-code-mismatch",
        "minyue-demo.com",
        company,
        compliant("psb-code-mismatch", never=(*_MISSING, "psb-number-missing")),
        host=home(page),
        name=at("120.55.43.18"),
        owner="法务部",
    )


def _other_sign() -> SampleSite:
    """川 instead of 蜀: worth a word, no error."""
    company = Company("成都锦渠电气有限公司", "锦渠电气", "Jinqu Electric", "energy", "成都市", "028", 2010)
    page = pages.responsive(company, footers.modern(company, footers.filing("川ICP备12018463号-1")))
    return site(
        "nonstandard-prefix",
        "jinqu-demo.com",
        company,
        compliant("filing-number-nonstandard-prefix", never=_MISSING),
        host=home(page),
        name=at("47.108.12.77"),
        owner="法务部",
    )


def _redirector() -> SampleSite:
    """The number's link goes through the site's own jump page."""
    company = Company(
        "湖南潇湘仪器有限公司", "潇湘仪器", "Xiaoxiang Instruments", "machines", "长沙市", "0731", 2007
    )
    href = "/go?url=https%3A%2F%2Fbeian.miit.gov.cn%2F"
    page = pages.portal(company, footers.centred(company, footers.filing("湘ICP备08103629号-1", href)))
    host = Host({"/": Answer(page.encode()), "/go": redirect("https://beian.miit.gov.cn/", 302)})
    return site(
        "link-redirector",
        "xiaoxiang-demo.cn",
        company,
        compliant("link-redirector", never=_MISSING),
        host=host,
        name=at("139.9.41.7"),
        owner="信息中心",
    )


def _person() -> SampleSite:
    company = Company(
        "杭州拾光文化创意有限公司", "拾光工作室", "Shiguang Studio", "textile", "杭州市", "0571", 2017
    )
    page = pages.responsive(company, footers.modern(company, footers.filing("浙ICP备19027356号-1")))
    return site(
        "person-with-business",
        "shiguang-demo.cn",
        company,
        compliant("entity-personal-with-business-look", never=_MISSING),
        host=home(page),
        name=at("47.98.44.12"),
        owner="法务部",
        entity_kind="person",
    )


def _moved_brand() -> tuple[SampleSite, SampleSite]:
    """A brand's domain leads to the group's site, whose number the owner has named."""
    group = Company(
        "重庆长屿实业集团有限公司", "长屿集团", "Changyu Group", "logistics", "重庆市", "023", 1995
    )
    page = pages.responsive(group, footers.modern(group, footers.filing("渝ICP备14006527号-2")))
    main = site(
        "group-site",
        "changyu-demo.com",
        group,
        compliant(never=_MISSING),
        host=home(page),
        name=at("49.232.17.4"),
        owner="网络部",
        group="长屿集团",
    )
    brand = site(
        "brand-redirect-expected",
        "changyuhui-demo.cn",
        group,
        compliant("fetch-redirects-elsewhere", never=_MISSING),
        host=Host({"*": redirect("https://changyu-demo.com/", 302)}),
        name=at("49.232.17.4"),
        owner="网络部",
        group="长屿集团",
        expected_icp="渝ICP备14006527号-2",
    )
    return main, brand


def _geo_split() -> SampleSite:
    """Mainland clients are served at home, clients abroad in Hong Kong; nothing is shown."""
    company = Company(
        "北京驰远旅运有限公司", "驰远旅运", "Chiyuan Travel", "logistics", "北京市", "010", 2012
    )
    page = pages.responsive(company, footers.modern(company, ""))
    name = Name(
        everyone=Records(a=("47.75.66.8",)),
        mainland=Records(a=("47.93.77.60",)),
        overseas=Records(a=("47.75.66.8",)),
    )
    return site(
        "mixed-geo-split",
        "chiyuan-demo.com",
        company,
        non_compliant("filing-number-missing"),
        host=home(page),
        name=name,
        owner="网络部",
    )


SITES: tuple[SampleSite, ...] = (
    _good(),
    _gbk(),
    _false_charset(),
    _link_below(),
    _in_pieces(),
    _frameset(),
    _behind_cdn(),
    _licence_only(),
    *_two_rows_one_page(),
    _expired_certificate(),
    _chinese_domain(),
    _police_missing(),
    _police_code_mismatch(),
    _other_sign(),
    _redirector(),
    _person(),
    *_moved_brand(),
    _geo_split(),
)

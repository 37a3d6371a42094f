"""Homepages as Chinese company sites look: navigation, banners, product lists, news, scripts, a footer.

Each layout takes a company and a ready footer and returns the page's HTML. The same company
always gets the same page, so a second run finds nothing changed.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from html import escape

from icpcrawl.demo.sites.company import Company, Prose

Layout = Callable[[Company, str], str]

_NAV = (
    ("首页", "/"),
    ("关于我们", "/about/"),
    ("产品中心", "/product/"),
    ("解决方案", "/solution/"),
    ("新闻动态", "/news/"),
    ("服务支持", "/service/"),
    ("加入我们", "/job/"),
    ("联系我们", "/contact/"),
)


def responsive(company: Company, footer: str) -> str:
    """A template of the last years: utility classes, sliders, a statistics script. Some 60 KB."""
    prose = Prose(company)
    sections = "\n".join(
        (
            _banner(prose),
            _products(prose, 48),
            _about(prose, 6),
            _cases(prose, 24),
            _news(prose, 40),
            _decoys(prose, 20),
        )
    )
    return f"""<!DOCTYPE html>
<html lang="zh-CN">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1,maximum-scale=1">
<meta http-equiv="X-UA-Compatible" content="IE=edge,chrome=1">
{_head(prose)}
<link rel="stylesheet" href="/static/css/swiper.min.css?v=20240312">
<style>{_styles(90)}</style>
</head>
<body class="page-home">
<header class="header"><div class="wrap"><a class="logo" href="/"><img src="/static/images/logo.png" alt="{company.brand}"></a>
{_nav("nav-main")}</div></header>
<main>
{sections}
</main>
{footer}
<div class="side-tools"><a href="tel:{prose.phone()}">电话</a><a href="#top">返回顶部</a></div>
<script src="/static/js/jquery-3.6.0.min.js"></script>
<script src="/static/js/swiper.min.js"></script>
<script>{_slider_script(prose)}</script>
<script>var _hmt=_hmt||[];(function(){{var hm=document.createElement("script");hm.src="https://hm.baidu.com/hm.js?5f2c0f7be8f04c6b9f3a";var s=document.getElementsByTagName("script")[0];s.parentNode.insertBefore(hm,s);}})();</script>
</body>
</html>
"""


def portal(company: Company, footer: str) -> str:
    """A portal of 2012: nested divs, inline event handlers, long lists. Some 110 KB."""
    prose = Prose(company)
    columns = "\n".join(
        f'<div class="box fl" id="box{number}">{_news(prose, 30)}{_products(prose, 24)}</div>'
        for number in range(4)
    )
    return f"""<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Transitional//EN" "http://www.w3.org/TR/xhtml1/DTD/xhtml1-transitional.dtd">
<html xmlns="http://www.w3.org/1999/xhtml">
<head>
<meta http-equiv="Content-Type" content="text/html; charset=utf-8" />
{_head(prose)}
<link href="/css/style.css" rel="stylesheet" type="text/css" />
<style type="text/css">{_styles(60)}</style>
<script type="text/javascript" src="/js/jquery-1.8.3.min.js"></script>
</head>
<body onload="initTab('tab1')">
<div id="top"><div class="w1000">您好，欢迎访问{company.brand}官方网站！<span class="fr"><a href="javascript:;" onclick="AddFavorite()">加入收藏</a> | <a href="/sitemap.html">网站地图</a></span></div></div>
<div id="header" class="w1000">{_nav("menu")}</div>
<div class="w1000 clearfix">
{columns}
{_about(prose, 8)}{_decoys(prose, 30)}
</div>
<div class="links w1000"><b>友情链接：</b>{_friends()}</div>
{footer}
<script type="text/javascript">{_tab_script()}</script>
</body>
</html>
"""


def tables(company: Company, footer: str) -> str:
    """A table layout of 2006, as many GBK pages still are. Some 30 KB. No charset of its own: see ``in_gbk``."""
    prose = Prose(company)
    rows = "\n".join(
        f'<tr><td height="24" background="images/dot.gif">·<a href="shownews.asp?id={number}" target="_blank"><font color="#333333">{title}</font></a></td><td width="80">{day}</td></tr>'
        for number, (title, day) in enumerate((prose.headline() for _ in range(90)), 311)
    )
    return f"""<html>
<head>
<meta http-equiv="Content-Type" content="text/html; charset=gb2312">
{_head(prose)}
<link href="css.css" rel="stylesheet" type="text/css">
</head>
<body topmargin="0" leftmargin="0" bgcolor="#FFFFFF">
<table width="778" border="0" align="center" cellpadding="0" cellspacing="0"><tr><td><img src="images/top.jpg" width="778" height="120" alt="{company.brand}"></td></tr>
<tr><td bgcolor="#0066CC">{" | ".join(f'<a href="{href}">{escape(word)}</a>' for word, href in _NAV)}</td></tr></table>
<table width="778" border="0" align="center" cellpadding="4" cellspacing="0">
<tr><td width="200" valign="top">{_decoys(prose, 12)}</td><td valign="top"><p>{prose.paragraph()}</p><p>{prose.paragraph()}</p>
<table width="100%" border="0">{rows}</table></td></tr></table>
{footer}
</body>
</html>
"""


def data_heavy(company: Company, footer: str) -> str:
    """A server-rendered application: little markup, a large inline JSON state. Some 130 KB."""
    prose = Prose(company)
    state = {
        "site": {
            "brand": company.brand,
            "city": company.city,
            "phone": prose.phone(),
            "serial": "20190322-1",
        },
        "products": [
            {
                "id": 90000 + number,
                "name": name,
                "type": kind,
                "sku": prose.phone(),
                "text": prose.paragraph(),
            }
            for number, (name, kind) in enumerate(prose.product() for _ in range(90))
        ],
        "news": [
            {"id": number, "title": title, "date": day}
            for number, (title, day) in enumerate(prose.headline() for _ in range(120))
        ],
    }
    inline = json.dumps(state, ensure_ascii=False).replace("</", "<\\/")
    return f"""<!doctype html>
<html lang="zh-CN" data-server-rendered="true"><head><meta charset="UTF-8">
{_head(prose)}
<link rel="preload" href="/_nuxt/runtime.7c1f0b.js" as="script"><link rel="preload" href="/_nuxt/app.5ee21f.js" as="script">
<style data-vue-ssr-id="4a5f">{_styles(140)}</style></head>
<body><div class="layout" data-v-2f1c><div class="top-bar" data-v-2f1c>{_nav("bar")}</div>
{_banner(prose)}{_products(prose, 32)}{_about(prose, 4)}{_news(prose, 20)}{_decoys(prose, 10)}
{footer}
</div><script>window.__STATE__={inline};</script><script src="/_nuxt/runtime.7c1f0b.js" defer></script><script src="/_nuxt/app.5ee21f.js" defer></script></body></html>
"""


def english(company: Company, footer: str) -> str:
    """A page for customers abroad. Some 25 KB."""
    prose = Prose(company)
    cards = "\n".join(
        f'<li class="card"><a href="/en/products/{kind.lower()}"><img loading="lazy" src="/img/{kind.lower()}.webp" alt="Model {kind}"><h3>Model {kind}</h3>'
        f"<p>Engineered for continuous duty, available from stock, delivered worldwide within three weeks.</p></a></li>"
        for _, kind in (prose.product() for _ in range(60))
    )
    return f"""<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>{company.english} | Official Website</title>
<meta name="description" content="{company.english} designs and manufactures equipment for customers in sixty countries.">
<style>{_styles(60)}</style></head>
<body><nav><a href="/">Home</a><a href="/about">About</a><a href="/products">Products</a><a href="/news">News</a><a href="/contact">Contact</a></nav>
<section class="hero"><h1>{company.english}</h1><p>Since {company.founded} we have supplied customers in more than sixty countries with equipment they can rely on.</p></section>
<ul class="cards">{cards}</ul>
{footer}
<script src="/assets/main.9c2d1.js" defer></script></body></html>
"""


def frameset(company: Company, main: str) -> str:
    """A frameset of 2003: the homepage is in its main frame."""
    return f"""<html><head><meta http-equiv="Content-Type" content="text/html; charset=utf-8"><title>{company.name}</title></head>
<frameset rows="96,*" frameborder="no" border="0"><frame src="top.htm" name="topFrame" scrolling="no" noresize><frame src="{main}" name="mainFrame"></frameset>
<noframes><body>您的浏览器不支持框架。</body></noframes></html>
"""


def in_gbk(page: str) -> bytes:
    """The page as a GBK server sends it."""
    return page.encode("gb18030")


def _head(prose: Prose) -> str:
    company = prose.company
    words = ",".join((company.brand, *prose.products[:4]))
    return (
        f"<title>{company.brand}－{prose.trade}｜{company.name}</title>\n"
        f'<meta name="keywords" content="{words}">\n'
        f'<meta name="description" content="{company.name}成立于{company.founded}年，专业从事{prose.trade}，咨询电话 {prose.phone()}。">'
    )


def _nav(name: str) -> str:
    items = "".join(f'<li><a href="{href}">{word}</a></li>' for word, href in _NAV)
    return f'<nav class="{name}"><ul>{items}</ul></nav>'


def _banner(prose: Prose) -> str:
    slides = "".join(
        f'<div class="swiper-slide"><img src="/upload/banner/{number}.jpg" alt="{escape(prose.product()[0])}"></div>'
        for number in range(1, 5)
    )
    return f'<section class="banner"><div class="swiper-container"><div class="swiper-wrapper">{slides}</div></div></section>'


def _products(prose: Prose, count: int) -> str:
    items = "\n".join(
        f'<li class="p-item"><a href="/product/{number}.html" title="{name}{kind}"><span class="pic"><img src="/upload/p/{number}_s.jpg" width="220" height="165" alt="{name}"></span>'
        f'<em class="tit">{name} {kind}</em><i class="desc">适用于{prose.buyers[number % len(prose.buyers)]}，支持按图定制</i></a></li>'
        for number, (name, kind) in enumerate((prose.product() for _ in range(count)), 1021)
    )
    return f'<section class="products"><h2>产品中心</h2><ul class="p-list clearfix">{items}</ul></section>'


def _about(prose: Prose, paragraphs: int) -> str:
    text = "".join(f"<p>{prose.paragraph()}</p>" for _ in range(paragraphs))
    return f'<section class="about"><h2>关于{prose.company.brand}</h2>{text}<a class="more" href="/about/">了解更多</a></section>'


def _cases(prose: Prose, count: int) -> str:
    items = "".join(
        f'<li><a href="/case/{number}.html"><b>{prose.buyers[number % len(prose.buyers)]}项目 {number}</b><p>{prose.paragraph()[:60]}</p></a></li>'
        for number in range(1, count + 1)
    )
    return f'<section class="cases"><h2>应用案例</h2><ul>{items}</ul></section>'


def _news(prose: Prose, count: int) -> str:
    items = "\n".join(
        f'<li><a href="/news/{number}.html">{title}</a><span>{day}</span></li>'
        for number, (title, day) in enumerate((prose.headline() for _ in range(count)), 640)
    )
    # Articles about filings stand on many homepages and must not be read as one.
    items += '<li><a href="/news/199.html">关于配合做好网站ICP备案信息真实性核验的通知</a><span>2023-06-12</span></li>'
    return f'<section class="news"><h2>公司动态</h2><ul>{items}</ul></section>'


def _decoys(prose: Prose, count: int) -> str:
    lines = "".join(f"<p>{prose.decoy()}</p>" for _ in range(count))
    return f'<section class="contact"><h2>联系方式</h2><p>电话：{prose.phone()} 手机：{prose.mobile()}</p>{lines}</section>'


def _friends() -> str:
    names = ("中国机电网", "阿里巴巴", "慧聪网", "行业协会", "展会门户")
    return " ".join(
        f'<a href="http://www.link{number}-demo.cn/" target="_blank">{name}</a>'
        for number, name in enumerate(names)
    )


def _styles(rules: int) -> str:
    return "".join(
        f".c{number}{{margin:{number % 17}px auto;padding:0 {number % 11}px;color:#{number * 4099 % 0xFFFFFF:06x};background:url(/img/bg{number}.png) no-repeat}}"
        for number in range(rules)
    )


def _slider_script(prose: Prose) -> str:
    return (
        "$(function(){new Swiper('.swiper-container',{autoplay:4000,loop:true,pagination:'.swiper-pagination'});"
        f"var tel='{prose.mobile()}';$('.side-tools a').eq(0).attr('title','咨询热线 '+tel);"
        "$(window).scroll(function(){$('.header').toggleClass('fixed',$(this).scrollTop()>80);});});"
    )


def _tab_script() -> str:
    return (
        "function initTab(id){var o=document.getElementById(id);if(!o)return;var l=o.getElementsByTagName('li');"
        "for(var i=0;i<l.length;i++){l[i].onmouseover=function(){this.className='on';};}}"
        "function AddFavorite(){try{window.external.addFavorite(location.href,document.title);}catch(e){alert('请使用Ctrl+D收藏');}}"
    )

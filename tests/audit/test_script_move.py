"""Where a script sends whoever opens the page, and what is left to a browser."""

from __future__ import annotations

import time

import pytest

from icpcrawl.audit.script_move import script_move

UA = "navigator.userAgent"


@pytest.mark.parametrize(
    "script",
    [
        "location='/pc/'",
        "location.href = '/pc/';",
        "window . location . href='/pc/'",
        'top.window.location.replace("/pc/")',
        "document.location.assign(`/pc/`);",
        "<!--\nlocation='/pc/'\n//-->",
        "// location='/old/'\n/* location='/older/' */ location='/pc/'",
        "var a = 'http://x.cn/'; location='/pc/'",
        "var r = /['\"{]/g, n = 4 / 2 / 1; location='/pc/'",
        r"location='\/pc\/'",
        "try { top.location = '/pc/' } catch (e) { location = '/e/' }",
        "setTimeout(function () { location = '/pc/' }, 500)",
        "setTimeout(() => location.href = '/pc/', 500)",
        "setTimeout(() => { location.href = '/pc/' })",
        "setTimeout(\"location.href='/pc/'\", 3000);",
        "window.onload = function () { location = '/pc/' }",
        "onload=()=>{location='/pc/'}",
        "$(function () { location = '/pc/' })",
        "$(document).ready(function () { location = '/pc/' });",
        "addEventListener('load', function (event) { location = '/pc/' })",
        "(function () { location = '/pc/' })();",
        "var now = 1;!function () { location = '/pc/' }()",
        "function unused() { location = '/never/' } location = '/pc/'",
        # By browser and language: what a desktop browser set to Chinese gets.
        f"if (/phone|pad|Android/i.test({UA})) {{location='/m/'}} else {{location='/pc/'}}",
        f"if ({UA}.match(/iPhone/i) || {UA}.match(/Android/i)) location='/m/'; else location='/pc/';",
        f"if ({UA}.indexOf('Mobile') > -1) location='/m/'\nelse location='/pc/'",
        f"if ({UA}.indexOf('Mobile') == -1) location='/pc/'; else location='/m/';",
        f"if (!/Mobile/.test({UA})) {{ location='/pc/' }}",
        "if (isMobile != null) { location='/m/' } location='/pc/'",
        "var ie = !!window.ActiveXObject; if (ie) { location='/upgrade' } else { location='/pc/' }",
        "if (isIE()) location='/upgrade'; else if (isPhone) location='/m/'; else location='/pc/';",
        "if (navigator.language.indexOf('zh') > -1) location='/pc/'; else location='/en/';",
        "if (lang == 'zh-TW') location='/tw/'; else if (lang == 'zh-cn') location='/pc/'; else location='/en/'",
        # What does not touch the address matters little.
        "if (window.top !== window.self) { count(1) } location='/pc/'",
    ],
)
def test_what_every_visitor_gets_is_found(script: str) -> None:
    assert script_move([script]) == "/pc/"


@pytest.mark.parametrize(
    "script",
    [
        "",
        "var url = location.href",
        "if (location == '/x') go()",
        "allocation = '/x'; my.location = '/y'; location.hash = '/z'",
        "location.href.replace('a', 'b')",
        "// location='/x'",
        "/* location='/x'",
        "var s = \"location='/x'\"",
        # Not this address as it stands.
        "location = next",
        "location.replace(next)",
        "location = '/search?q=' + word",
        "location = '/' + lang + '/'",
        "location = mobile ? '/m/' : '/pc/'",
        "location = '/x'.replace('x', 'y')",
        "location = `/${lang}/`",
        # Not for everybody.
        "$('#b').click(function () { location = '/main' })",
        "b.onclick = () => { location = '/main' }",
        "b.onclick = () => location = '/main', 1",
        "$.post('/login', form, function (r) { if (r.ok) { location = '/main' } })",
        "function s() { location = '/x'; return false }",
        "async function s() { location = '/x' }",
        "new Vue({ methods: { go() { location = '/x' } } })",
        "class Page { go(a, b) { location = '/x' } }",
        "var page = { async go() { location = '/x' }, other: 1 }",
        "logged && (location = '/x')",
        "logged && location.replace('/x')",
        "if (logged) location = '/x'",
        "if (logged) { location = '/x' } else { location = '/y' }",
        f"if (/Mobile/.test({UA})) location = '/m/'",
        f"if (!/Mobile/.test({UA}) && logged) location = '/x'",
        "for (var i = 0; i < n; i++) { location = '/x' }",
        "while (waits) location = '/x'",
        "switch (lang) { case 'zh': location = '/x' }",
        "try { go() } catch (e) { location = '/x' }",
        "setInterval(function () { if (--left == 0) location = '/x' }, 1000)",
        "setTimeout(function () { location = '/login' }, 1800000)",
        "setTimeout('go()', 1000)",
        # Which of two wins, a browser knows.
        "location = '/x'; location = '/y'",
        "if (logged) location = '/x'; location = '/y'",
        "(function () { return; location = '/x' })()",
        "(function () { if (logged) return; location = '/x' })()",
        "(function () { if (lang == 'zh') { return } location = '/x' })()",
    ],
)
def test_what_a_browser_must_find_out_is_left_to_it(script: str) -> None:
    assert script_move([script]) == ""


def test_all_scripts_of_a_page_are_one() -> None:
    assert script_move(["var a = 1", "location='/x'"]) == "/x"
    assert script_move(["location='/x'", "location='/x'"]) == "/x"
    assert script_move(["location='/x'", "location='/y'"]) == ""


@pytest.mark.parametrize(
    "script",
    [
        "(" * 6_000,
        "{" * 3_000 + "}" * 3_000,
        "if(" * 2_000,
        "if(a)" * 1_200,
        "if(a){}else " * 500,
        "function(" * 600,
        "()=>" * 1_500,
        "setTimeout(" * 540,
        "location=" * 660,
        "location." * 660,
        "a." * 3_000,
        "/*" * 3_000,
        "/[" * 3_000,
        "'" * 6_000,
        '"\\' * 3_000,
        "setTimeout('" * 500,
        "window .  " * 600,
        "\ud800" * 100,
    ],
    ids=range(18),
)
def test_no_script_can_keep_the_reader_busy(script: str) -> None:
    began = time.process_time()
    script_move([script])
    assert time.process_time() - began < 0.5

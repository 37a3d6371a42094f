"""What keeps an element's content from a visitor's eyes, as its own tag says it.

Style sheets are not read: what they hide, only a browser knows. Of a tag's own style the last
word on a property counts, and of properties that children inherit a child's own word.

Sources: HTML Standard, "The hidden attribute"; CSS Display 3, CSS 2.2 "visibility", read 2026-11.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from icpcrawl.audit.markup import attributes

HIDDEN_ELEMENTS = {
    b"template": "template",
    b"datalist": "datalist",
    b"audio": "media",
    b"video": "media",
    b"canvas": "media",
}
_TELLING = re.compile(
    rb"hidden|y\s*:\s*(?:none|collapse|0|\.)|y\s*:\s*/\*|font-size\s*:\s*0|(?:indent|left|top)\s*:\s*-|(?:^|[^-])\bcolor\s*:|&"
)
"""Seen at once in small letters; what passes is looked at with care."""
_TELLING_IN_STYLE = re.compile(rb"-(?:999|[1235]000)|height: ?0|clip|scale\(0")
_DECLARATION = re.compile(
    r"(?:^|;)\s*([a-z-]{1,40})\s*:\s*((?:[^;\"'()]++|\"[^\"]*+\"|'[^']*+'|\([^()]*+\)|[\"'()])*+)",
    re.IGNORECASE,
)
_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_INLINE = frozenset(
    b"a abbr b bdi bdo big cite code em font i ins kbd label mark nobr q s samp small span strike strong sub sup time tt u"
    b" var".split()
)
_TABLE_BOXES = frozenset(b"table caption thead tbody tfoot tr td th".split())
_NO_SCALE = re.compile(r"scale\(\s*0?\.?0*\s*[,)]")
_CUT_AWAY = re.compile(r"inset\(\s*(?:50|100)%\s*\)|circle\(\s*0(?:px|%)?\s*(?:at|\))")
_EDGES = re.compile(r"rect\(" + 3 * r"\s*(-?\d{1,6})(?:\.\d*+)?(?:px)?[\s,]" + r"\s*(-?\d{1,6})")
_DISPLAYED = re.compile(
    r"block|inline|flex|grid|table|list-item|contents|flow-root|initial|inherit|unset|-webkit-(?:inline-)?(?:box|flex)"
)
_LONGEST_STYLE = 4000
_ZERO = re.compile(r"0?\.?0+(?:[a-z]{1,4}|%)?")
_LENGTH = re.compile(r"-(\d{1,9}(?:\.\d{1,9})?)(px|em|rem|pt|vw|vh|%|)")
_IN_PIXELS = {"px": 1.0, "": 1.0, "em": 16.0, "rem": 16.0, "pt": 4 / 3}
_FAR_AWAY_PX, _OUT_OF_SIGHT_PX = 1000, 900
"""Farther than any page is wide; farther than what is placed by itself is drawn."""
_SLID_PX = 5000
"""Whatever slides in a page slides by less: sliders and pages of full screens move by thousands."""
_SHIFT = re.compile(r"translate(?:x|3d)?\(\s*(-[\d.]{1,9}[a-z]{0,3})", re.IGNORECASE)
_INDENTED = re.compile(r"-\d{3,}")


def hides(name: bytes, source: bytes) -> str:
    """What in a start tag keeps its content from a visitor's eyes; empty where nothing does."""
    if name in HIDDEN_ELEMENTS:
        return HIDDEN_ELEMENTS[name]
    written = source.lower()
    if (
        name != b"dialog"
        and not _TELLING.search(written)
        and (b"style" not in written or not _TELLING_IN_STYLE.search(written))
    ):
        return ""
    found = attributes(source)
    style = declarations(found.get("style", ""))
    if why := _hidden_unless_styled(name, found, style):
        return why
    hiding = _hiding(name, style, is_named="class" in found or "id" in found)
    return next((why for properties, why in _WHY if any(name in properties for name in hiding)), "")


def _hidden_unless_styled(name: bytes, found: Mapping[str, str], style: Mapping[str, str]) -> str:
    """What hides an element that its own style does not give a display: style goes before the attribute."""
    if found.get("hidden", "").strip().lower() == "until-found":
        return "hidden"  # not by its display
    if _DISPLAYED.match(style.get("display", "")):
        return ""
    if "hidden" in found:
        return "hidden"
    return "dialog" if name == b"dialog" and "open" not in found else ""


_WHY = (
    (("display", "visibility"), "display-none"),
    (
        (
            *("opacity", "left", "top", "margin-left", "margin", "transform", "font-size", "text-indent"),
            *("height", "max-height", "scale", "clip", "clip-path"),
        ),
        "invisible-style",
    ),
    (("color",), "same-colour"),
)


def _hiding(element: bytes, style: Mapping[str, str], *, is_named: bool) -> list[str]:
    """The properties by which a style hides; ``is_named`` = style sheets may speak of the element."""
    found = [name for name in style if style_hides(name, style)]
    if _is_box(element, style):
        found += [name for name in ("height", "max-height", "scale") if _leaves_no_room(name, style)]
    if "position" not in style and not is_named:
        found = [
            name for name in found if name not in ("left", "top")
        ]  # without a position they move nothing
    if any(name.startswith(("animation", "-webkit-animation")) for name in style):
        found = [name for name in found if name not in ("opacity", "visibility", "scale")]  # it fades in
    if "padding-left" in style:
        found = [name for name in found if name not in ("text-indent", "margin-left")]  # a hanging indent
    return found


def _is_box(element: bytes, style: Mapping[str, str]) -> bool:
    """Whether an element has a height of its own; a table's part is as high as what it holds."""
    display = style.get("display", "")
    if element == b"svg":
        return False  # a store of drawings at the page's beginning: no text stands in it
    if display:
        return display not in ("inline", "contents") and "table" not in display
    if style.get("float", "none") != "none" or style.get("position") in ("absolute", "fixed"):
        return True
    return element not in _INLINE and element not in _TABLE_BOXES and b"-" not in element


def _leaves_no_room(name: str, style: Mapping[str, str]) -> bool:
    """Whether a box has no height and shows nothing beyond, or is drawn as small as nothing."""
    if name == "scale":
        return _NO_SCALE.search(style.get("transform", "")) is not None
    if _ZERO.fullmatch(style.get(name, "")) is None or "min-height" in style:
        return False
    # Inside of a padding, which keeps a picture's proportions, something may lie.
    paddings = " ".join(value for of, value in style.items() if of.startswith("padding"))
    if any(_ZERO.fullmatch(side) is None for side in paddings.split()):
        return False
    return style.get("overflow", style.get("overflow-y", "")).startswith(("hidden", "clip"))


def declarations(style: str) -> dict[str, str]:
    """The declarations of a style attribute in small letters, in the order in which they stand.

    Of a property the last one counts, but for what is important.

    >>> declarations("display:none; DISPLAY: block; color:red !important; color:blue; background:url('a;b')")
    {'display': 'block', 'color': 'red', 'background': "url('a;b')"}
    """
    plain = _COMMENT.sub("", style[:_LONGEST_STYLE]).lower()
    found: dict[str, str] = {}
    important = set[str]()
    for name, written in _DECLARATION.findall(plain):
        value, mark, _ = written.partition("!")
        if mark:
            important.add(name)
        elif name in important:
            continue
        found.pop(name, None)
        found[name] = value.strip()
    return found


def style_hides(name: str, style: Mapping[str, str]) -> bool:
    """Whether that property keeps a text from being seen."""
    value = style.get(name, "")
    if not value:
        return False
    if name == "display":
        return value == "none"
    if name == "visibility":
        return value in ("hidden", "collapse")
    if name in ("opacity", "font-size"):
        return _ZERO.fullmatch(value) is not None
    if name == "text-indent":
        return _INDENTED.match(value) is not None
    if name in ("left", "top", "margin-left", "margin", "transform"):
        return _is_far_away(name, value, is_placed=style.get("position") in ("absolute", "fixed"))
    if name == "clip":  # CSS Masking 1: of what is placed by itself only
        edges = _EDGES.match(value) if style.get("position") in ("absolute", "fixed") else None
        return edges is not None and (int(edges[3]) <= int(edges[1]) or int(edges[2]) <= int(edges[4]))
    if name == "clip-path":
        return _CUT_AWAY.match(value) is not None
    return name == "color" and _is_same_colour(style)


def _is_far_away(name: str, value: str, *, is_placed: bool) -> bool:
    """Whether a box is moved beyond the screen's upper or left edge; ``is_placed`` = it stands by itself."""
    if name == "transform":
        shift = _SHIFT.search(value)
        return shift is not None and _is_beyond(shift[1], _SLID_PX)
    if name == "margin":  # top, right, bottom, left; sides left out are as those opposite
        sides = value.split()
        return 1 < len(sides) <= 4 and _is_beyond(sides[3 if len(sides) == 4 else 1], _FAR_AWAY_PX)
    if name != "margin-left" and is_placed:
        return _is_beyond(value, _OUT_OF_SIGHT_PX) or _is_whole_screen(value)
    return _is_beyond(value, _SLID_PX if name == "top" else _FAR_AWAY_PX)


def _is_beyond(value: str, pixels: int) -> bool:
    length = _LENGTH.match(value)
    return length is not None and float(length[1]) * _IN_PIXELS.get(length[2], 0) >= pixels


def _is_whole_screen(value: str) -> bool:
    length = _LENGTH.match(value)
    return length is not None and length[2] in ("vw", "vh", "%") and float(length[1]) >= 100


_INHERITED = ("visibility", "font-size", "text-indent", "color")
"""What a child may say otherwise."""


def is_undone(chain: list[tuple[bytes, bytes]]) -> bool:
    """Whether what an outer element hides is shown by an inner one.

    ``chain`` = name and attributes of the elements around a text, the innermost first; the last one hides.
    """
    *inner, (name, outer) = chain
    found = attributes(outer)
    hiding = _hiding(name, declarations(found.get("style", "")), is_named=True)
    if "hidden" in found or not hiding or not set(hiding) <= set(_INHERITED):
        return False
    return all(any(_shows(of, *each) for each in inner) for of in hiding)


def _shows(name: str, element: bytes, source: bytes) -> bool:
    found = attributes(source)
    style = declarations(found.get("style", ""))
    if name in style:
        relative = name == "font-size" and style[name].endswith(("em", "%")) and "rem" not in style[name]
        return style[name] != "inherit" and not relative and not style_hides(name, style)
    if name == "font-size" and "font" in style:
        return True
    if name == "color" and (
        (element == b"a" and "href" in found) or (element == b"font" and "color" in found)
    ):
        return True  # a link has a colour of its own
    if name == "font-size" and element == b"font" and "size" in found:
        return True
    # Gaps between inline blocks are closed so, and a style sheet gives the children their size again.
    return name != "visibility" and ("class" in found or "id" in found)


# -- colours ----------------------------------------------------------------------------

_WHITE = {"#ffffff", "white", "rgb(255,255,255)", "#ffff", "#ffffffff", "rgba(255,255,255,1)"}
_NO_COLOUR = re.compile(r"transparent|rgba\(\d+,\d+,\d+,0?\.?0+\)|#[0-9a-f]{6}00")
_COLOUR_WORD = re.compile(r"#[0-9a-f]{3,8}|rgba?\([^)]{5,40}\)|[a-z]{3,20}")
_PICTURE = re.compile(r"url\(|gradient|image-set")


def _is_same_colour(style: Mapping[str, str]) -> bool:
    """Text in the very colour the same style gives the background, where no picture lies over that."""
    if "text" in (style.get("background-clip", ""), style.get("-webkit-background-clip", "")):
        return False  # the background shows through the letters
    text = _six_digits(style["color"].replace(" ", ""))
    if _NO_COLOUR.fullmatch(text):
        return True
    behind: dict[str, str] = {}
    for name, value in style.items():
        if name == "background":  # the shorthand sets all of them anew
            behind = {name: value}
        elif name in ("background-color", "background-image"):
            behind = (
                {name: value}
                if name == "background-color" and not _PICTURE.search(str(behind))
                else behind | {name: value}
            )
    backgrounds = " ".join(behind.values())
    if _PICTURE.search(backgrounds) or text in ("inherit", "currentcolor", "initial", "unset"):
        return False
    colours = [_six_digits(word.replace(" ", "")) for word in _COLOUR_WORD.findall(backgrounds)]
    return text in colours or (text in _WHITE and any(word in _WHITE for word in colours))


def _six_digits(colour: str) -> str:
    """``#333`` as ``#333333``."""
    return (
        "#" + "".join(2 * digit for digit in colour[1:]) if re.fullmatch("#[0-9a-f]{3}", colour) else colour
    )

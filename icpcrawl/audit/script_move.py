"""A script → where it sends every visitor at once, read without running it.

In: the scripts of a page that shows next to nothing. Out: the one address they assign to
``location`` as it stands, or nothing. What a handler, a condition or a sum of strings does is
left to a browser; only of a choice by browser or language the arm of a desktop browser set to
Chinese is taken, where the condition says plainly which it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

AT_ONCE_S = 10
"""What moves on later reloads a ticker or ends a session; it is not the way to the homepage."""

_TOKEN = re.compile(
    r"""(?P<gap>\s++|//[^\n]*+|/\*.*?(?:\*/|\Z)|<!--[^\n]*+|-->[^\n]*+)"""
    r"""|(?P<string>"(?:[^"\\\n]|\\.)*+"?+|'(?:[^'\\\n]|\\.)*+'?+|`[^`\\$]*+`)"""
    r"""|(?P<word>[\w$]+(?:\s*+\.\s*+[A-Za-z_$][\w$]*+)*+)"""
    r"""|(?P<sign>=>|[=!]==?|&&|\|\||.)""",
    re.DOTALL,
)
_REGEX = re.compile(r"/(?:[^/\\\n\[]|\\.|\[(?:[^\]\\\n]|\\.){0,300}+\]){1,300}+/[a-z]*+")
_BEFORE_REGEX = frozenset((*"(,=:[!&|?{};+-*~<>", "=>", "&&", "||", "==", "===", "!=", "!==", "return"))
"""Behind these a slash begins a pattern; behind anything else it divides."""
_OPEN = {"(": ")", "[": "]", "{": "}"}
_LOCATION = re.compile(
    r"(?:(?:window|self|top|document|parent)\.){0,3}location(?:\.href|\.replace|\.assign)?"
)
_ENDS_STATEMENT = frozenset(("", *";{})]", "=>"))
_ENDS_ADDRESS = frozenset(("", *";}),"))
_WORD_OR_STRING = re.compile(r"[\w$'\"`]")
"""Beside a statement where no semicolon is written."""
_MAYBE = frozenset(("for", "while", "switch", "with"))
_NESTS = frozenset(("if", "function", "=>", "setTimeout"))
_MOST_NESTED = 60
"""What holds more is no page that only sends its visitor on."""
_TIMERS = frozenset(("setTimeout", "window.setTimeout", "self.setTimeout"))
_RUNS_AT_ONCE = re.compile(
    r"(?:setTimeout|\$|jQuery|\.ready)\($|(?<!\w)onload=$|[\"'](?:load|DOMContentLoaded)[\"'],$|(?:^|[;{}=!,])[(!]$"
)
"""What stands before a function that needs no visitor to be called: a timer, the page's being there, itself."""
_OTHERS = re.compile(
    r"mobi|phone|android|ipad|ipod|midp|wap|symbian|micromessenger"
    r"|(?<![a-z])(?:is_?|b)?ie(?![a-z])|msie|trident|activexobject|documentmode"
    r"|zh[-_](?:tw|hk|mo|hant)|[\"'](?:en|ja|ko)\b"
)
"""Visitors that icpcrawl is not: telephones, old browsers, other languages."""
_OURS = re.compile(r"[\"'/^]zh(?![-_](?:tw|hk|mo|hant))")
_DENIED = re.compile(r"!(?!=)|!=++(?!-1|null|undefined)|(?<!!)===?(?:-1|null|undefined|false)|<0")


def script_move(scripts: Iterable[str]) -> str:
    """The address to which the scripts of one page send whoever opens it; empty where none is sure.

    >>> script_move(["// location='/old/'\\nlocation.href = '/new/';"])
    '/new/'
    >>> script_move(["if (/Android/.test(navigator.userAgent)) location='/m/'; else location='/pc/'"])
    '/pc/'
    >>> script_move(["button.onclick = function () { location = '/main' }"])
    ''
    """
    moves = _Moves()
    for script in scripts:
        moves.read(script)
    return moves.targets.pop() if len(moves.targets) == 1 and not moves.unsure else ""


class _Moves:
    """What scripts do to ``location``: addresses set for certain, and whether something else may be."""

    def __init__(self) -> None:
        self.targets: set[str] = set()
        self.unsure = False

    def read(self, script: str) -> None:
        code = _Code(script)
        if sum(token in _NESTS for token in code.tokens) > _MOST_NESTED:
            self.unsure = True
        else:
            _Walk(code, self).statements(0, len(code.tokens))


class _Code:
    """A script in tokens, comments left out, brackets paired."""

    def __init__(self, script: str) -> None:
        self.tokens: list[str] = []
        at = 0
        while at < len(script):
            found = _TOKEN.match(script, at)
            if found is None:
                break
            if found[0] == "/" and (not self.tokens or self.tokens[-1] in _BEFORE_REGEX):
                found = _REGEX.match(script, at) or found
            if found.lastgroup != "gap":
                self.tokens.append("".join(found[0].split()) if found.lastgroup == "word" else found[0])
            at = found.end()
        self.ends = dict[int, int]()
        """Place of each opening bracket → of the one that closes it, or the end."""
        self.begins = dict[int, int]()
        opened: list[int] = []
        for place, token in enumerate(self.tokens):
            if token in _OPEN:
                opened.append(place)
                self.ends[place] = len(self.tokens)
            elif opened and token == _OPEN[self.tokens[opened[-1]]]:
                begin = opened.pop()
                self.ends[begin], self.begins[place] = place, begin

    def __getitem__(self, place: int) -> str:
        """The token there; empty beyond either end."""
        return self.tokens[place] if 0 <= place < len(self.tokens) else ""

    def behind_group(self, place: int) -> int:
        return self.ends.get(place, place) + 1

    def statement_end(self, at: int) -> int:
        """Where the statement that begins there is over."""
        if self[at] == "if" and self[at + 1] == "(":
            end = self.statement_end(self.behind_group(at + 1))
            return self.statement_end(end + 1) if self[end] == "else" else end
        if self[at] == "{":
            return self.behind_group(at)
        while at < len(self.tokens) and self[at] not in ("else", "}"):
            if self[at] == ";":
                return at + 1
            at = self.behind_group(at)
        return at


class _Walk:
    """Goes through statements as they would run, once, and notes what is set."""

    def __init__(self, code: _Code, moves: _Moves) -> None:
        self._code = code
        self._moves = moves

    def statements(self, at: int, end: int) -> None:
        code = self._code
        while at < end and code[at] != "return":
            word, follows = code[at], code[at + 1]
            if word == "if" and follows == "(":
                at = self._choice(at)
            elif word in _MAYBE and follows == "(":
                body = code.behind_group(at + 1)
                at = self._perhaps(body, code.statement_end(body))
            elif word == "catch":
                at = code.statement_end(code.behind_group(at + 1) if follows == "(" else at + 1)
            elif word in ("function", "=>"):
                at = self._function(at)
            elif word in _TIMERS and follows == "(":
                at = self._timer(at)
            elif follows == "(" and code[body := code.behind_group(at + 1)] == "{" and word.isidentifier():
                at = code.behind_group(body)  # a method: nobody has called it yet
            else:
                self._move(at)
                at += 1

    def _choice(self, at: int) -> int:
        """One arm of an ``if``, where the condition says plainly which; what is behind both."""
        code = self._code
        first = code.behind_group(at + 1)
        second = code.statement_end(first)
        has_else = code[second] == "else"
        end = code.statement_end(second + 1) if has_else else second
        holds = _holds("".join(code.tokens[at + 2 : first - 1]))
        if holds is None:
            return self._perhaps(first, end)
        arm = (first, second) if holds else (second + has_else, end)
        self.statements(*arm)
        self._moves.unsure |= "return" in code.tokens[slice(*arm)]
        return end

    def _perhaps(self, at: int, end: int) -> int:
        """What may run or not: an address set there, or an end, leaves it open where the visitor goes."""
        code = self._code
        self._moves.unsure |= any(code[at] == "return" or self._sets_location(at) for at in range(at, end))
        return max(at, end)

    def _sets_location(self, at: int) -> bool:
        return _LOCATION.fullmatch(self._code[at]) is not None and self._code[at + 1] in ("=", "(")

    def _function(self, at: int) -> int:
        """Passed over, unless it is called at once."""
        code = self._code
        begins = at
        if code[at] == "=>":
            begins = code.begins.get(at - 1, at - 1)
            body = at + 1
        else:
            parameters = at + 1 if code[at + 1] == "(" else at + 2
            body = code.behind_group(parameters)
        runs = _RUNS_AT_ONCE.search("".join(code.tokens[max(0, begins - 4) : begins])) is not None
        if code[body] == "{":
            if runs:
                self.statements(body + 1, code.ends[body])
            return code.behind_group(body)
        if runs:
            return body
        while code[body] and code[body] not in (",", ";", ")", "}"):
            body = code.behind_group(body)
        return max(body, at + 1)

    def _timer(self, at: int) -> int:
        """``setTimeout``: code in a string is read, a function gone into; what waits too long is neither."""
        code = self._code
        end = code.ends[at + 1]
        if code[end - 1].isdecimal() and int(code[end - 1][:9]) > AT_ONCE_S * 1000:
            return end + 1
        if code[at + 2][:1] in ("'", '"') and code[at + 3] in (",", ")"):
            self._moves.read(_unquoted(code[at + 2]))
            return end + 1
        return at + 1

    def _move(self, at: int) -> None:
        if not self._sets_location(at):
            return
        code = self._code
        before, address, behind = code[at - 1], code[at + 2], code[at + 3]
        is_statement = before in _ENDS_STATEMENT or _WORD_OR_STRING.match(before)
        is_whole = behind in _ENDS_ADDRESS or _WORD_OR_STRING.match(behind)
        if is_statement and is_whole and address[:1] in ("'", '"', "`"):
            self._moves.targets.add(_unquoted(address))
        else:
            self._moves.unsure = True


def _holds(condition: str) -> bool | None:
    """Whether a condition holds for a desktop browser set to Chinese; None where it does not say plainly."""
    said = condition.lower().replace("!!", "")
    others, ours = _OTHERS.search(said), _OURS.search(said)
    denied = _DENIED.search(said) is not None
    if bool(others) is bool(ours) or (denied and ("&&" in said or "||" in said)):
        return None
    return bool(ours) is not denied


def _unquoted(string: str) -> str:
    return re.sub(r"\\(.)", r"\1", string[1:-1], flags=re.DOTALL)

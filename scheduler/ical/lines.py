"""Bytes → content lines → components, by a parser of our own that is stricter than any client (F01–F05).

It never raises: what it cannot read becomes a finding, and the rest is read on. Not here: what the properties
must say (``lint``).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field


@dataclass(frozen=True, order=True)
class Finding:
    """One breach of one rule: ``line`` counts the physical lines of the bytes from 1."""

    line: int
    #: "F01" to "F22".
    rule: str
    #: English, for logs and those who look after the product.
    message: str
    #: False when people may have meant it (a text that looks like HTML): reported, yet no reason to refuse.
    fatal: bool = True
    #: The property that a person can put right: ``lint.check`` says it there; "" for all that only code gets wrong.
    name: str = ""


@dataclass(frozen=True)
class Line:
    """One unfolded content line; ``value`` is as written, escapes and all."""

    number: int
    #: In capitals.
    name: str
    #: Names in capitals, values without their quotes.
    params: dict[str, str]
    value: str


@dataclass
class Component:
    """What stands between a BEGIN and its END; ``number`` is the line of the BEGIN."""

    name: str
    number: int
    lines: list[Line] = field(default_factory=list)
    parts: list[Component] = field(default_factory=list)

    def all(self, name: str) -> list[Line]:
        """The lines called ``name``, in order."""
        return [line for line in self.lines if line.name == name]

    def first(self, name: str) -> Line | None:
        """The first line called ``name``."""
        return next((line for line in self.lines if line.name == name), None)

    def value(self, name: str) -> str:
        """What the first line called ``name`` says, "" when there is none."""
        line = self.first(name)
        return line.value if line else ""


_MAX_OCTETS = 75
_BREAK = re.compile(rb"\r\n|\r|\n")
#: White space of any alphabet, in UTF-8, and nothing else.
_BLANK = re.compile(rb"(?:[ \t]|\xc2\xa0|\xe1\x9a\x80|\xe2\x80[\x80-\x8a\xaf]|\xe2\x81\x9f|\xe3\x80\x80)+")
_CONTROLS = re.compile("[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029]")
_PARAM_VALUE = r'(?:"[^"]*"|[^";:,]*)'
_PARAMS = re.compile(rf";([A-Za-z0-9-]+)=({_PARAM_VALUE}(?:,{_PARAM_VALUE})*)")
_LINE = re.compile(
    rf"(?P<name>[A-Za-z0-9-]+)(?P<params>(?:;[A-Za-z0-9-]+={_PARAM_VALUE}(?:,{_PARAM_VALUE})*)*):(?P<value>.*)",
    re.DOTALL,
)
_MAX_DEPTH = 8


def unescape(value: str) -> str:
    r"""TEXT as the reader sees it: ``\n`` becomes LF, ``\,`` a comma and so on (RFC 5545 §3.3.11)."""
    if "\\" not in value:
        return value
    # Between two pairs of backslashes every single one begins an escape, so plain replacements are safe.
    return "\\".join(
        part.replace(r"\n", "\n").replace(r"\N", "\n").replace(r"\,", ",").replace(r"\;", ";")
        for part in value.split(r"\\")
    )


def read_lines(content: bytes) -> tuple[list[Line], list[Finding]]:
    """The content lines of ``content``, unfolded, and every breach of F01–F04 seen on the way."""
    found: list[Finding] = []
    if content.startswith(b"\xef\xbb\xbf"):
        found.append(Finding(1, "F02", "a byte order mark stands first"))
        content = content[3:]
    lines = []
    for number, physical in _unfold(content, found):
        text = _decode(number, physical, found)
        if _CONTROLS.search(text):
            found.append(Finding(number, "F02", "a control character or Unicode line separator"))
        parsed = _LINE.fullmatch(text)
        if parsed is None:
            found.append(Finding(number, "F04", "not a content line: a raw line break or a broken parameter"))
            continue
        params = {name.upper(): value.strip('"') for name, value in _PARAMS.findall(parsed["params"])}
        lines.append(Line(number, parsed["name"].upper(), params, parsed["value"]))
    return lines, found


def _unfold(content: bytes, found: list[Finding]) -> list[tuple[int, list[bytes]]]:
    """The physical lines of each content line, without the white space of the fold."""
    breaks = _BREAK.findall(content)
    physical = _BREAK.split(content)
    if physical[-1] == b"":
        physical.pop()
    else:
        found.append(Finding(len(physical), "F01", "the last line has no CRLF"))
    unfolded: list[tuple[int, list[bytes]]] = []
    for number, octets in enumerate(physical, 1):
        if number <= len(breaks) and breaks[number - 1] != b"\r\n":
            found.append(Finding(number, "F01", "a bare CR or LF"))
        if len(octets) > _MAX_OCTETS:
            found.append(Finding(number, "F03", f"{len(octets)} octets"))
        if not octets:
            found.append(Finding(number, "F01", "an empty line"))
        elif octets[:1] not in (b" ", b"\t"):
            unfolded.append((number, [octets]))
        elif unfolded and len(octets) > 1:
            unfolded[-1][1].append(octets[1:])
            if _BLANK.fullmatch(octets):
                found.append(Finding(number, "F03", "a folded line of white space alone, which vdirsyncer throws away"))
        else:
            found.append(Finding(number, "F03", "a fold that continues nothing or adds nothing"))
    return unfolded


def _decode(number: int, physical: list[bytes], found: list[Finding]) -> str:
    whole = b"".join(physical)
    try:
        text = whole.decode()
    except UnicodeDecodeError:
        found.append(Finding(number, "F02", "not UTF-8"))
        return whole.decode(errors="replace")
    # A piece of a fold may not begin with the later bytes (10xxxxxx) of a character.
    for at, octets in enumerate(physical):
        if octets[0] & 0xC0 == 0x80:  # noqa: PLR2004 - the two bits that mark a later byte
            found.append(Finding(number + at, "F03", "folded inside a character"))
    return text


def read_components(content: bytes) -> tuple[list[Component], list[Finding]]:
    """The outermost components of ``content``, and every breach of F01–F05 in its form."""
    lines, found = read_lines(content)
    root = Component("", 1)
    stack = [root]
    for line in lines:
        if line.name == "BEGIN":
            component = Component(line.value.upper(), line.number)
            stack[-1].parts.append(component)
            stack.append(component)
            if len(stack) > _MAX_DEPTH:
                found.append(Finding(line.number, "F05", "components too deep inside each other"))
                break
        elif line.name == "END":
            if stack[-1] is root or stack[-1].name != line.value.upper():
                found.append(Finding(line.number, "F05", f"END:{line.value} without its BEGIN"))
            if stack[-1] is not root:
                stack.pop()
        else:
            if stack[-1] is root:
                found.append(Finding(line.number, "F05", f"{line.name} outside BEGIN and END"))
            stack[-1].lines.append(line)
    else:
        found += [Finding(part.number, "F05", f"BEGIN:{part.name} without its END") for part in stack[1:]]
    return root.parts, found

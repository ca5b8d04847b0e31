"""Files of others are what the list says, and pages take nothing from anywhere else."""

from __future__ import annotations

import gzip
import hashlib
import importlib.util
import re
import sys
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[2]
STATIC = CHECKOUT / "scheduler" / "static"
TEMPLATES = CHECKOUT / "scheduler" / "templates"
#: Mails need inline style and styles in their head; they are pages of nobody's browser.
#: Mails carry their style with them, and a paper has a sheet of its own.
NO_PAGES = {TEMPLATES / "papers" / "paper.html"}
PAGES = [
    path
    for path in TEMPLATES.rglob("*.html")
    if "mail" not in path.relative_to(TEMPLATES).parts and path not in NO_PAGES
]
OWN = [path for path in STATIC.rglob("*") if path.is_file() and "vendor" not in path.parts]


def _vendor_tool():
    spec = importlib.util.spec_from_file_location("vendor", CHECKOUT / "tools" / "vendor.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules["vendor"] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


FILES = list(_vendor_tool().listed_files((CHECKOUT / "tools" / "vendor.toml").read_text(encoding="utf-8")))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.path)
def test_vendored_file_has_its_hash(file):
    assert hashlib.sha256((STATIC / "vendor" / file.path).read_bytes()).hexdigest() == file.sha256


def test_no_file_is_vendored_that_the_list_lacks():
    found = {p.relative_to(STATIC / "vendor").as_posix() for p in (STATIC / "vendor").rglob("*") if p.is_file()}
    assert found == {file.path for file in FILES}


def test_every_vendored_package_comes_with_its_licence_and_is_named():
    named = (CHECKOUT / "THIRD_PARTY.md").read_text(encoding="utf-8")
    for file in FILES:
        assert f"[{file.package}](" in named
        assert f"| {file.version} | {file.licence} |" in named
    packages = {file.package for file in FILES}
    assert {file.package for file in FILES if file.source == "LICENSE"} == packages


def test_fonts_in_the_style_sheet_carry_their_own_hash():
    found = re.findall(r"url\((vendor/[^)?]+)\?v=(\w+)\)", (STATIC / "takt.css").read_text(encoding="utf-8"))
    expected = [(path, hashlib.sha256((STATIC / path).read_bytes()).hexdigest()[:8]) for path, _version in found]
    assert found == expected
    assert len(found) == 2


@pytest.mark.parametrize("path", [*PAGES, *OWN], ids=lambda p: p.relative_to(CHECKOUT).as_posix())
def test_nothing_inline_and_nothing_from_elsewhere(path):
    text = path.read_text(encoding="utf-8")
    for what, pattern in {
        "asset of another site": r"(?:<(?:link|script|img|iframe|use|image|source)\b[^>]*|url\(|@import|from\s)[\"'(]?"
        r"(?:https?:)?//",
        "style attribute": r"<[^>]*\sstyle\s*=",
        "style element": r"<style\b",
        "script with code in it": r"<script\b(?![^>]*\ssrc=)",
        "event attribute": r"<[^>]*\son[a-z]+\s*=",
        "htmx code the policy forbids": r"hx-on|[\"']js:|hx-vars",
        "javascript address": r"javascript:",
    }.items():
        assert re.findall(pattern, text) == [], what


def test_every_class_of_the_style_sheet_is_used():
    """By a template, by code that draws, or in the gallery, which shows what later pages are made of."""
    css = re.sub(
        r"/\*.*?\*/|url\([^)]*\)|\"[^\"]*\"", "", (STATIC / "takt.css").read_text(encoding="utf-8"), flags=re.DOTALL
    )
    classes = set(re.findall(r"\.([a-z][\w-]*)", css))
    sources = [*PAGES, *(CHECKOUT / "scheduler" / "web").glob("*.py"), *(Path(__file__).parent / "gallery").glob("*")]
    words = set(re.findall(r"[\w-]+", " ".join(path.read_text(encoding="utf-8") for path in sources)))
    # Classes made of a part and a name: is-met … of glyphs.
    words |= {f"is-{name}" for name in ("met", "track", "risk", "behind", "none")}
    # … and the columns of a plan board's weeks.
    words |= {f"w{week}" for week in range(1, 54)}
    assert sorted(classes - words) == []


@pytest.mark.parametrize("path", PAGES, ids=lambda p: p.relative_to(TEMPLATES).as_posix())
def test_every_class_of_a_template_is_in_the_style_sheet(path):
    """A class nobody styles is a slip of the pen."""
    text = re.sub(r"\{#.*?#\}", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    attributes = re.findall(r'class="((?:\{\{.*?\}\}|\{%.*?%\}|[^"])*)"', text)
    used = {word for value in attributes for word in re.sub(r"\{[{%].*?[%}]\}", " ", value).split()}
    known = set(re.findall(r"\.([a-z][\w-]*)", (STATIC / "takt.css").read_text(encoding="utf-8")))
    assert sorted(used - known - {"is-", "w"}) == []


def _gzipped(*paths: Path) -> int:
    return sum(len(gzip.compress(path.read_bytes(), mtime=0)) for path in paths)


def test_style_sheet_stays_within_its_budget():
    assert _gzipped(STATIC / "takt.css") <= 14 * 1024


def test_scripts_stay_within_their_budgets():
    assert _gzipped(STATIC / "takt.js") <= 2 * 1024
    assert _gzipped(*STATIC.rglob("*.js")) <= 22 * 1024

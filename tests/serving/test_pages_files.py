"""The files of the pages: whole, without anything inline, and without another host."""

import re
from importlib.resources import files

import pytest

PAGES = files("scarmap.serving") / "pages"
NAMES = sorted(each.name for each in PAGES.iterdir())
HTML = [name for name in NAMES if name.endswith(".html")]
MODULES = [name for name in NAMES if name.endswith(".js")]
SVG_NAMESPACE = "http://www.w3.org/2000/svg"


def _text(name):
    return (PAGES / name).read_text(encoding="utf-8")


def test_there_is_a_page_for_each_thing_that_a_reader_does():
    assert HTML == ["compare.html", "index.html", "learn.html", "study.html"]


@pytest.mark.parametrize("name", HTML)
def test_a_page_has_nothing_inline_and_names_files_that_are_there(name):
    text = _text(name)
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=|<script(?![^>]*\ssrc=)", text)
    named = re.findall(r'(?:src|href)="/static/([^"]+)"', text)
    assert len(named) == 2
    assert set(named) <= set(NAMES)


@pytest.mark.parametrize("name", HTML)
def test_each_id_of_a_page_is_there_once(name):
    ids = re.findall(r'\sid="([^"]+)"', _text(name))
    assert len(ids) == len(set(ids))
    text = _text(name)
    referred = re.findall(r'(?:aria-labelledby|aria-describedby|for)="([^"]+)"', text)
    assert set(referred) <= set(ids)


@pytest.mark.parametrize("name", MODULES)
def test_a_module_imports_what_is_there(name):
    text = _text(name)
    for names, module in re.findall(r'import ([^;]+?) from "\./([^"]+)";', text):
        assert module in MODULES
        if names.startswith("{"):
            wanted = [each.split(" as ")[0].strip() for each in names.strip("{} \n").split(",")]
            exported = re.findall(
                r"^export (?:async )?(?:function|class|const|let) (\w+)", _text(module), re.M
            )
            assert {each for each in wanted if each} <= set(exported), module


@pytest.mark.parametrize("name", [*HTML, *MODULES, "room.css"])
def test_no_other_host_is_named_and_no_markup_is_made_of_strings(name):
    text = _text(name).replace(SVG_NAMESPACE, "")
    assert not re.search(r"https?://|innerHTML|outerHTML|insertAdjacentHTML|eval\(", text)


def test_every_module_is_reached_from_a_page():
    reached = {module for name in HTML for module in re.findall(r"/static/(\w+\.js)", _text(name))}
    waiting = list(reached)
    while waiting:
        more = set(re.findall(r'from "\./([^"]+)";', _text(waiting.pop()))) - reached
        reached |= more
        waiting += more
    assert reached == set(MODULES)

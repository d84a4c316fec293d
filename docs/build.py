"""Builds the documentation into a folder of pages that open without a network.

README and ``docs/*.md`` become pages; the command line and the devices tell about themselves;
the public Python names come from their docstrings. What would be a broken page is an error: a
link to a file that is not there, a picture from the network, a public name without a docstring,
a warning of pdoc.
"""

import html
import inspect
import io
import os
import re
import shutil
import sys
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import redirect_stdout
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, get_type_hints
from urllib.parse import unquote, urlsplit

import pdoc
import pygments
import typer
import uncertainties
from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup
from pydantic_core import PydanticUndefined
from pygments.formatters import HtmlFormatter
from pygments.lexers import TextLexer, get_lexer_by_name
from pygments.util import ClassNotFound

sys.path.insert(0, str(Path(__file__).parent))

import gallery
from gallery_frame import parameter_table

ROOT = Path(__file__).resolve().parents[1]
RESULT = ROOT / "build" / "docs"
TEMPLATES = Path(__file__).parent / "templates"
FACE = "cqdphotonics"
ROOMS = (
    "emitters", "components", "layout", "layout.stacks", "layout.ebeam", "placement", "quantum",
    "fdtd", "nominal", "codesign", "errors",
)  # fmt: skip


class DocsError(Exception):
    """The documentation can't be built as it is written."""


@dataclass(frozen=True)
class Page:
    """A page at the top of the site: its file there, its title, its source or its text."""

    file: str
    title: str
    text: str
    source: Path
    """Where the text comes from; links in it are relative to this file."""
    listed: bool = True
    """Whether every page's sidebar leads to it."""


# --- pages of text ------------------------------------------------------------------------------


def written_pages() -> Iterator[Page]:
    """README, then ``docs/*.md`` in alphabetical order."""
    yield Page("index.html", "Overview", (ROOT / "README.md").read_text(), ROOT / "README.md")
    for path in sorted((ROOT / "docs").glob("*.md")):
        text = path.read_text()
        heading = re.search(r"^# (.+)$", text, re.MULTILINE)
        if heading is None:
            raise DocsError(f"docs/{path.name} has no heading '# …' to be named by.")
        yield Page(f"{path.stem}.html", heading[1], text, path)


def command_page() -> Page:
    """What ``cqd … --help`` says, of every command."""
    from cqdphotonics.cli.app import app, main

    os.environ["COLUMNS"] = "80"
    text = "# Command line\n\nWhat `cqd --help` and `cqd COMMAND --help` say.\n"
    for command in ("", *typer.main.get_group(app).commands):
        told = io.StringIO()
        with redirect_stdout(told):
            code = main([*command.split(), "--help"])
        if code != 0:
            raise DocsError(f"'cqd {command} --help' ended with exit code {code}.")
        text += f"\n## {f'cqd {command}'.strip()}\n\n```text\n{told.getvalue().strip()}\n```\n"
    return Page("commands.html", "Command line", text, Path(__file__))


def device_page() -> Page:
    """Every device and every stack with the numbers that can be set on it."""
    from cqdphotonics import components
    from cqdphotonics.layout import stacks

    text = "# Devices and stacks\n\nWhat can be set, in a study, with `-p key=value`, in Python.\n"
    for name in components.names():
        text += f"\n## {name}\n\n{components.family(name).description}.\n"
        text += parameter_table(components.parameters(name))
    text += "\n# Parts, which have no dot\n"
    for name in components.part_names():
        text += f"\n## {name}\n\n{components.family(name).description}.\n"
        text += parameter_table(components.parameters(name))
    text += "\n# Stacks\n"
    for name, description in stacks.descriptions().items():
        text += f"\n## Stack {name}\n\n{description}.\n"
        text += parameter_table(stacks.parameters(name))
    return Page("devices.html", "Devices and stacks", text, Path(__file__))


def gallery_pages() -> Iterator[Page]:
    """The gallery: its index, and a page a device and a page a part of a chip."""
    here = Path(__file__).with_name("gallery.py")
    yield Page(gallery.INDEX, "Gallery", gallery.index_text(), here)
    for file, title, text in gallery.texts():
        yield Page(file, title, text, here, listed=False)


# --- from Markdown to HTML ----------------------------------------------------------------------


def highlighted(code: str, language: str, _: str) -> str:
    """A block of code in the classes of pdoc's style sheet."""
    try:
        lexer = get_lexer_by_name(language) if language else TextLexer()
    except ClassNotFound as error:
        raise DocsError(f"a block of code is in '{language}', which is not known.") from error
    spans = pygments.highlight(code, lexer, HtmlFormatter(nowrap=True))
    return f'<pre class="pdoc-code"><code>{spans}</code></pre>'


class Renderer:
    """Turns pages into HTML as GitHub would, with links that hold inside the site."""

    def __init__(self, pages: list[Page], folder: Path) -> None:
        self.folder = folder
        self.files = {page.source: page.file for page in pages if page.source.suffix == ".md"}
        self.made = {page.file for page in pages if page.source.suffix != ".md"}
        self.markdown = MarkdownIt("commonmark", {"highlight": highlighted})
        self.markdown.enable(["table", "strikethrough"])

    def render(self, page: Page) -> tuple[Markup, list[tuple[str, str]]]:
        """The HTML of a page, and its second-level headings as (anchor, title)."""
        tokens = self.markdown.parse(page.text)
        headings: list[tuple[str, str]] = []
        taken: set[str] = set()
        for position, token in enumerate(tokens):
            if token.type == "heading_open":
                title = tokens[position + 1].content.replace("`", "")
                anchor = slug(title, taken)
                token.attrSet("id", anchor)
                if token.tag == "h2":
                    headings.append((anchor, title))
            for part in (token, *(token.children or ())):
                self._redirect(part, page)
        content = self.markdown.renderer.render(tokens, self.markdown.options, {})
        return Markup(content), headings

    def _redirect(self, token: Token, page: Page) -> None:
        if token.type in ("html_block", "html_inline"):
            token.content = re.sub(
                r'\b(src|href)="([^"]*)"',
                lambda found: f'{found[1]}="{self._target(found[2], page, found[1] == "src")}"',
                token.content,
            )
        for attribute in ("href", "src"):
            if attribute in token.attrs:
                given = html.unescape(str(token.attrs[attribute]))
                token.attrs[attribute] = self._target(given, page, attribute == "src")

    def _target(self, link: str, page: Page, is_loaded: bool) -> str:
        """Where a link of the source leads from the page; the file goes into the site."""
        address = urlsplit(link)
        if address.scheme or address.netloc:
            if is_loaded and address.scheme != "data":
                raise DocsError(f"{page.source.name} loads '{link}' from the network.")
            return link
        if not address.path or link in self.made:
            return link
        target = (page.source.parent / unquote(address.path)).resolve()
        if target in self.files:
            return self.files[target] + (f"#{address.fragment}" if address.fragment else "")
        if not target.is_relative_to(ROOT) or not target.exists():
            raise DocsError(f"{page.source.name} links to '{link}', which is not there.")
        if target.is_dir():
            raise DocsError(
                f"{page.source.name} links to the folder '{link}'. Link to a file in it."
            )
        copy = self.folder / target.relative_to(ROOT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(target, copy)
        return target.relative_to(ROOT).as_posix()


def slug(title: str, taken: set[str]) -> str:
    """The anchor of a heading as GitHub makes it, so that links hold in both places."""
    plain = re.sub(r"[^\w\- ]", "", title.strip().lower()).replace(" ", "-")
    anchor, number = plain, 0
    while anchor in taken:
        number += 1
        anchor = f"{plain}-{number}"
    taken.add(anchor)
    return anchor


# --- pages of Python names ----------------------------------------------------------------------


def public_modules() -> dict[str, pdoc.doc.Module]:
    """The modules to tell about, with every name of their ``__all__`` loaded."""
    # `UFloat` is the name to import; annotations would show the class behind it.
    uncertainties.UFloat.__module__ = "uncertainties"
    uncertainties.UFloat.__name__ = uncertainties.UFloat.__qualname__ = "UFloat"
    modules = {}
    for name in (FACE, *(f"{FACE}.{room}" for room in ROOMS)):
        module = import_module(name)
        for member in getattr(module, "__all__", ()):
            vars(module).setdefault(member, getattr(module, member))  # pdoc looks no further
        modules[name] = pdoc.doc.Module(module)
        for told in members(modules[name]):
            if not isinstance(told, pdoc.doc.Variable):
                continue
            if told.annotation is not inspect.Parameter.empty:
                told.annotation = plain_type(told.annotation)
            if told.default_value is PydanticUndefined:
                told.default_value = inspect.Parameter.empty
    return modules


def members(parent: pdoc.doc.Namespace) -> Iterator[pdoc.doc.Doc]:
    """The members of a module or class, and theirs."""
    for member in parent.own_members:
        yield member
        if isinstance(member, pdoc.doc.Class):
            yield from members(member)


def plain_type(annotation: Any) -> Any:
    """A type without the validators that it is annotated with, however deep in it."""

    def carrier() -> None: ...

    carrier.__annotations__ = {"it": annotation}
    return get_type_hints(carrier)["it"]


def is_shown(member: pdoc.doc.Doc, modules: dict[str, pdoc.doc.Module]) -> bool:
    """Whether a member is told about: documented ones, and fields that nothing else tells of."""
    if member.kind == "module":
        return modules.get(member.modulename) is member  # a page, and not a line in another
    if member.docstring:
        return not member.name.startswith("_") or member.name == "__init__"
    if member.kind != "variable" or member.name.startswith("_") or member.name == "model_config":
        return False
    parent = modules[member.modulename].get(member.qualname.rpartition(".")[0])
    listed = re.compile(r"^(Attributes|Parameters)\n-+$", re.MULTILINE)
    return parent is None or not listed.search(parent.docstring)


def plain(docstring: str) -> str:
    """A docstring without ``::`` before a block, which Markdown doesn't know, and such marks."""
    text = re.sub(r"::$(?=\n\s*\n[ \t])", ":", docstring, flags=re.MULTILINE)
    return re.sub(r" *# doctest: .*|(?<=\n):\n", "", text)


def check_documented(modules: dict[str, pdoc.doc.Module]) -> None:
    """Refuse public classes and functions that no page would tell of."""
    missing = [
        f"{name}.{member.qualname}"
        for name, module in modules.items()
        for member in module.own_members
        if not member.name.startswith("_") and member.kind in ("class", "function")
        if not member.docstring
    ]
    if missing:
        raise DocsError(f"without a docstring: {', '.join(missing)}.")


# --- the site -----------------------------------------------------------------------------------


def build(folder: Path) -> None:
    """Write the site into an empty folder."""
    pages = [*written_pages(), device_page(), *gallery_pages(), command_page()]
    modules = public_modules()
    check_documented(modules)

    pdoc.render.configure(docformat="numpy", show_source=False, template_directory=TEMPLATES)
    environment = pdoc.render.env
    environment.filters["plain"] = plain
    environment.globals.update(
        is_shown=is_shown,
        site_pages=[(page.file, page.title) for page in pages if page.listed],
        site_modules=[(f"{name.replace('.', '/')}.html", name) for name in modules],
    )
    renderer = Renderer(pages, folder)
    for page in pages:
        content, headings = renderer.render(page)
        text = environment.get_template("page.html.jinja2").render(
            page=page, content=content, headings=headings, all_modules=modules
        )
        (folder / page.file).write_text(text)
    for name, module in modules.items():
        path = folder / f"{name.replace('.', '/')}.html"
        path.parent.mkdir(exist_ok=True, parents=True)
        path.write_text(pdoc.render.html_module(module, modules))
    (folder / "search.js").write_text(pdoc.render.search_index(modules))


def main(arguments: list[str]) -> int:
    """Build into the folder given, which must be new or empty, or else into build/docs."""
    folder = Path(arguments[0]) if arguments else RESULT
    if arguments and folder.exists() and any(folder.iterdir()):
        print(f"docs: '{folder}' is not empty; give a new folder.", file=sys.stderr)
        return 2
    folder.parent.mkdir(parents=True, exist_ok=True)
    warnings.filterwarnings("error", module=r"pdoc\.")
    # Made beside its place and moved there when whole: a build that fails leaves the last one.
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".docs-") as scratch:
        made = Path(scratch) / "docs"
        made.mkdir()
        try:
            build(made)
        except (DocsError, UserWarning) as error:
            print(f"docs: {error}", file=sys.stderr)
            return 1
        shutil.rmtree(folder, ignore_errors=True)
        made.rename(folder)
    print(f"The documentation is in {folder}; open {folder / 'index.html'} in a browser.")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

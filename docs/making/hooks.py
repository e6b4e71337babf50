"""What MkDocs calls while it builds the site: pages that are made, code and formulas in pages."""

import logging

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

from docs.making.code import with_code
from docs.making.commands import commands_page
from docs.making.formulas import with_formulas
from docs.making.reference import faults, rooms

log = logging.getLogger("mkdocs.hooks.klayer")


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Add the reference to the navigation; warn, which fails the build, of what lacks words."""
    assert config.nav is not None
    config.nav.append({"Reference": [room.file for room in rooms()]})
    for fault in faults():
        log.warning(fault)
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages that are made: commands and reference."""
    made = {"commands.md": commands_page(), **{room.file: room.page for room in rooms()}}
    for path, text in made.items():
        files.append(File.generated(config, path, content=text))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Put klayer's own code where a page names it."""
    return with_code(markdown)


def on_page_content(html: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Turn a page's formulas into MathML."""
    return with_formulas(html)

"""How the site is made: what MkDocs does not do by itself, one idea per file."""

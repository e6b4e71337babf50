"""Nothing heavy is imported before it is needed."""

import subprocess
import sys

HEAVY = ("numpy", "scipy", "sklearn", "matplotlib", "PIL", "polars", "pooch", "safetensors")


def loaded_after(code: str) -> set[str]:
    """Return which heavy packages a fresh process has loaded after some code."""
    probe = f"{code}\nimport sys\nprint(*[n for n in {HEAVY} if n in sys.modules], file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)
    return set(done.stderr.split())


def test_import_klayer_loads_nothing_heavy() -> None:
    assert loaded_after("import klayer") == set()


def test_help_loads_nothing_heavy() -> None:
    for words in (["--help"], ["train", "--help"], ["check", "--help"], ["data", "--help"]):
        assert loaded_after(f"from klayer.cli.main import run\nrun({words})") == set()


def test_every_public_name_is_there() -> None:
    import klayer

    for name in [*klayer.__all__, "__version__"]:
        assert getattr(klayer, name) is not None
    assert set(klayer.__all__) <= set(dir(klayer))

"""Installs klayer into fresh environments where there is no compiler, and sees that it works.

`make check-install` runs it. From the source it must install without the native engine and say so
loudly; from the wheel that `make wheel` made it must bring the native engine along.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
LOUD = "WITHOUT"


def main() -> int:
    """Check both ways of installing; return 1 if one is not as promised."""
    wheels = sorted((ROOT / "dist").glob("klayer-*-manylinux*.whl"))
    faults = []
    for name, what in (("source", str(ROOT)), ("wheel", str(wheels[-1]) if wheels else "")):
        if not what:
            faults.append("there is no wheel in dist; run `make wheel`")
            continue
        with tempfile.TemporaryDirectory() as folder:
            faults += [f"{name}: {fault}" for fault in check(Path(folder), what, name == "wheel")]
    print("\n".join(faults) or "installed from source and from the wheel, without a compiler")
    return 1 if faults else 0


def check(folder: Path, what: str, native: bool) -> list[str]:
    """Install into a fresh environment and return what is not as promised."""
    subprocess.run([sys.executable, "-m", "venv", str(folder / "env")], check=True)
    home = folder / "env" / "bin"
    install = run(home, "python", "-m", "pip", "install", "-v", what)
    version = run(home, "klayer", "--version")
    train = ("train", "digits", "--steps", "30", "--out", str(folder / "run"), "--json")
    trained = run(home, "klayer", *train)
    faults = []
    for done in (install, version, trained):
        if done.returncode:
            faults.append(f"{done.args} ended with {done.returncode}: {done.stderr[-2000:]}")
    if faults:
        return faults
    if (LOUD in version.stdout) == native:
        faults.append(f"`klayer --version` said {version.stdout!r}")
    if not native and LOUD not in install.stdout + install.stderr:
        faults.append("the installation did not say that the native engine is missing")
    engine = json.loads(trained.stdout)["engine"]
    if (engine == "native") != native:
        faults.append(f"it trained with the {engine} engine")
    return faults


def run(home: Path, *command: str) -> "subprocess.CompletedProcess[str]":
    """Run a program of an environment with nothing else on PATH."""
    environment = {
        name: value
        for name, value in os.environ.items()
        if name not in ("PATH", "CC", "CXX", "PYTHONPATH", "VIRTUAL_ENV")
    }
    words = [str(home / command[0]), *command[1:]]
    environment |= {"PATH": str(home)}
    return subprocess.run(words, env=environment, capture_output=True, text=True, check=False)


if __name__ == "__main__":
    raise SystemExit(main())

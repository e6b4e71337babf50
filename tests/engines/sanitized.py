"""Builds the native engine with GCC's sanitizers and runs its tests, and sees that they can fail.

`python -m tests.engines.sanitized address,undefined thread` (`make sanitize`). Each build lives in
build/sanitize-NAME with a copy of the sources, so that the ordinary one is untouched. Then mistakes
are planted into the copy, one after another, and each must be found.
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

from klayer.engines.native import instruction_sets

ROOT = Path(__file__).parents[2]
CORE = ROOT / "src/klayer/engines/native/core"
OURS = re.compile(r"#\d+ .*klayer::")  # a frame of the engine in the stack of a leak
PRELOADED = {"address,undefined": ("libasan.so", "libstdc++.so.6"), "thread": ("libtsan.so",)}
QUICK = "neither_threads or (native and test_one_float32)"
# What a sanitizer slows down is compiled at -O1, which rounds otherwise: agreement to 1e-12 is not
# asked of it, and the other instruction sets have a run of their own.
ALL = "not 1e_12 and not every_instruction_set"
# A crash inside a sanitizer may leave its process waiting for itself.
MOST_SECONDS = 3600
MOST_SECONDS_OF_A_MISTAKE = 240


class Planted(NamedTuple):
    """A mistake: in a file of the core, a text and what it becomes, and how a report calls it."""

    file: str
    right: str
    wrong: str
    found: str


PLANTED = {
    "address,undefined": (
        Planted("memory.cpp", "+ 63) / 64 * 64", ") / 128 * 64", "heap-buffer-overflow"),
        Planted("memory.cpp", "std::free(last_);", "(void)last_;", "LeakSanitizer"),
    ),
    "thread": (
        Planted(
            "first_layer.hpp",
            "batch.pairs = pairs_;\n        team.wait();",
            "batch.pairs = pairs_;",
            "data race",
        ),
        Planted(
            "trainer.hpp",
            "squares_ + network * units);\n        team.wait();",
            "squares_ + network * units);",
            "data race",
        ),
        Planted(
            "team.cpp",
            "word.store(value, std::memory_order_seq_cst);",
            "word.store(value, std::memory_order_relaxed);",
            "data race",
        ),
        Planted(
            "team.cpp",
            "pthread_join(others[i - 1].thread, nullptr);",
            "pthread_detach(others[i - 1].thread);",
            "ThreadSanitizer",
        ),
    ),
}


class Build:
    """The engine built with some sanitizers, and a Python that takes this build.

    Args:
        sanitizers: as GCC's -fsanitize names them.
    """

    def __init__(self, sanitizers: str) -> None:
        self.sanitizers = sanitizers
        self.folder = ROOT / "build" / f"sanitize-{sanitizers.replace(',', '-')}"
        self.sources = self.folder / "core"
        self._objects = self.folder / "site/klayer/engines/native/core"
        self._refresh(CORE, self.sources, ("*.cpp", "*.hpp", "CMakeLists.txt"))
        self._refresh(ROOT / "src/klayer", self.folder / "site/klayer", ("**/*.py", "**/*.jinja"))
        self._configure()

    def compile(self) -> None:
        """Build what has changed."""
        subprocess.run(["cmake", "--build", str(self._objects)], check=True, stdout=sys.stderr)

    def run_tests(self, chosen: str, isa: str = "", most: int = MOST_SECONDS) -> tuple[int, str]:
        """Run chosen tests of the engine; return the exit code and what was reported.

        Tests that take longer than `most` seconds are killed, and the code is 124.
        """
        logs = self.folder / "logs"
        shutil.rmtree(logs, ignore_errors=True)
        logs.mkdir()
        command = [str(self._python()), "-m", "pytest", "-q", "-n", "0", "-p", "no:cacheprovider"]
        command += ["-k", chosen, "tests/engines"]
        environment = self._environment(logs) | ({"KLAYER_NATIVE_ISA": isa} if isa else {})
        try:
            code = subprocess.run(
                command, cwd=ROOT, env=environment, check=False, timeout=most
            ).returncode
        except subprocess.TimeoutExpired:
            code = 124
        reports = [path.read_text(errors="replace") for path in sorted(logs.iterdir())]
        return code, "\n".join(filter(None, map(_of_the_engine, reports)))

    def plant(self, mistake: Planted) -> None:
        """Put a mistake into the copy of the sources."""
        path = self.sources / mistake.file
        text = path.read_text()
        if text.count(mistake.right) != 1:
            raise SystemExit(f"{mistake.right!r} must be in {mistake.file} once; plant another")
        path.write_text(text.replace(mistake.right, mistake.wrong))

    def restore(self, mistake: Planted) -> None:
        """Take the mistake out again."""
        path = self.sources / mistake.file
        path.write_text(path.read_text().replace(mistake.wrong, mistake.right))

    def _refresh(self, source: Path, target: Path, patterns: tuple[str, ...]) -> None:
        """Copy the files that differ, so that only these are compiled again."""
        for path in (found for pattern in patterns for found in source.glob(pattern)):
            copy = target / path.relative_to(source)
            copy.parent.mkdir(parents=True, exist_ok=True)
            if not copy.exists() or copy.read_bytes() != path.read_bytes():
                shutil.copy(path, copy)

    def _configure(self) -> None:
        command = ["cmake", "-S", str(self.sources), "-B", str(self._objects), "-G", "Ninja"]
        command += [f"-DKLAYER_SANITIZE={self.sanitizers}", f"-DPython_EXECUTABLE={sys.executable}"]
        subprocess.run(command, check=True, stdout=sys.stderr)

    def _python(self) -> Path:
        """Return a Python that finds this build first, and otherwise what this Python has."""
        environment = self.folder / "environment"
        if not environment.exists():
            subprocess.run([sys.executable, "-m", "venv", "--without-pip", environment], check=True)
        (packages,) = environment.glob("lib/python*/site-packages")
        (own,) = {Path(path) for path in sys.path if path.endswith("site-packages")}
        (packages / "build.pth").write_text(f"{self.folder / 'site'}\n{own}\n")
        return environment / "bin" / "python"

    def _environment(self, logs: Path) -> dict[str, str]:
        common = f"log_path={logs / 'log'}:exitcode=99"
        libraries = [_library(name) for name in PRELOADED[self.sanitizers]]
        return {
            **os.environ,
            "LD_PRELOAD": ":".join(libraries),
            "ASAN_OPTIONS": f"{common}:detect_leaks=1",
            "LSAN_OPTIONS": "exitcode=0",  # the interpreter leaves much behind; see _of_the_engine
            "UBSAN_OPTIONS": "print_stacktrace=1",
            "TSAN_OPTIONS": f"{common}:die_after_fork=0",
            "OPENBLAS_NUM_THREADS": "1",
        }


def _library(name: str) -> str:
    """Return the path of one of GCC's libraries."""
    found = subprocess.run(
        ["g++", f"-print-file-name={name}"], check=True, capture_output=True, text=True
    )
    return found.stdout.strip()


def _of_the_engine(report: str) -> str:
    """Return a report without the leaks that are not the engine's.

    Python and its libraries free little when they end; a leak counts if the engine is in its stack.
    """
    if "LeakSanitizer" not in report:
        return report
    head, *blocks = re.split(r"\n\n(?=(?:Direct|Indirect) leak)", report)
    leaks = [block for block in blocks if OURS.search(block)]
    return "\n\n".join([head, *leaks]) if leaks else ""


def main() -> int:
    """Test each build; return 1 if anything is reported, or a planted mistake is not."""
    failed = False
    for sanitizers in sys.argv[1:]:
        build = Build(sanitizers)
        build.compile()
        for isa, chosen in (("", ALL), *((isa, QUICK) for isa in instruction_sets()[1:])):
            code, report = build.run_tests(chosen, isa)
            said = f"{sanitizers} {isa}: the tests ended with {code}"
            print(f"{said}; reported: {report or 'nothing'}", flush=True)
            failed |= bool(code or report)
        for mistake in PLANTED[sanitizers]:
            build.plant(mistake)
            try:
                build.compile()
                _, report = build.run_tests(QUICK, most=MOST_SECONDS_OF_A_MISTAKE)
            finally:
                build.restore(mistake)
            seen = mistake.found in report
            failed |= not seen
            print(
                f"planted {mistake.wrong!r} for {mistake.right!r}: {'found' if seen else 'MISSED'}"
            )
    return 1 if failed else 0


if __name__ == "__main__":
    raise SystemExit(main())

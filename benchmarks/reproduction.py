"""Write docs/reproduction.md and its pictures of a finished `klayer reproduce`.

    klayer reproduce --data SOURCE --out FOLDER
    python -m benchmarks.reproduction FOLDER --command "klayer reproduce --data SOURCE"

The words on how the run went, which no program knows, are in docs/reproduction-notes.md.
"""

import argparse
import json
import shutil
from pathlib import Path
from typing import Any

from benchmarks.crew import ROOT
from benchmarks.finest_detail import RESULTS as FINEST_DETAIL
from klayer.studies.reproduction_answer import CHANCE, WORDS

DOCS = ROOT / "docs"
HEADINGS = {
    "gradients": "Gradient checks: largest absolute error of forward differences",
    "networks": "Networks: best over the run",
    "lambda": "λ search: after the last update",
    "init": "Initial weights: after the last update",
}
PICTURES = {
    "networks": ("networks", "networks-accuracy", "networks-cost"),
    "lambda": ("lambda",),
    "init": ("init",),
}
DETAIL = """\
Final training / validation accuracy of the 3-layer batch-normalised network on the images as they
are here, with detail taken away by coding them again, and with noise added that stays with its
image: means over {seeds} seeds (standard deviation of the training accuracy in brackets); made by
`python -m benchmarks.finest_detail`. RMSE is how far the pixels were moved."""
COLUMNS = "| | metric | reference | mean | sd | lowest | highest | 99 % interval | reference is |"
VERDICTS = {True: "inside", False: "**outside**", None: "–"}


def main() -> None:
    """Write the page of a study's folder."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.reproduction", description=__doc__)
    parser.add_argument("folder", type=Path, help="of the finished run")
    parser.add_argument("--command", required=True, help="what made it, as a reader would type it")
    asked = parser.parse_args()
    results = json.loads((asked.folder / "results.json").read_text(encoding="utf-8"))
    notes = (DOCS / "reproduction-notes.md").read_text(encoding="utf-8")
    (DOCS / "reproduction.md").write_text(page(results, asked.command, notes), encoding="utf-8")
    for name in ("claims", *(name for names in PICTURES.values() for name in names)):
        shutil.copy(asked.folder / f"{name}.png", DOCS / f"reproduction-{name}.png")


def page(results: dict[str, Any], command: str, notes: str) -> str:
    """Return the page: the verdict, the notes, the claims, and a table for each experiment."""
    verdict = results["verdict"]
    lines = [
        "# The reference experiments, reproduced",
        "",
        "Made by",
        "",
        "```",
        command,
        "```",
        "",
    ]
    lines += [
        f"{verdict[0].upper()}{verdict[1:]}. {CHANCE}",
        "",
        notes.strip(),
        "",
        "## The claims",
        "",
    ]
    lines += [f"{place}. {claim['sentence']}" for place, claim in enumerate(results["claims"], 1)]
    lines += ["", "![Paired differences and their intervals](reproduction-claims.png)", ""]
    for experiment in results["experiments"]:
        lines += [f"## {HEADINGS[experiment]}", "", WORDS[experiment], ""]
        for name in PICTURES.get(experiment, ()):
            lines += [f"![{name}](reproduction-{name}.png)", ""]
        own = [f for f in results["figures"] if f["experiment"].startswith(f"{experiment}:")]
        lines += [COLUMNS, "|---" * 9 + "|", *(_row(figure) for figure in own), ""]
        if experiment == "lambda" and FINEST_DETAIL.exists():
            lines += finest_detail(json.loads(FINEST_DETAIL.read_text(encoding="utf-8")))
    return "\n".join(lines)


def finest_detail(found: dict[str, Any]) -> list[str]:
    """Return the lines on what the images' finest detail does to training accuracy."""
    lams = list(dict.fromkeys(row["lam"] for row in found["rows"]))
    lines = [
        "### What the finest detail of the images is worth",
        "",
        DETAIL.format(seeds=found["seeds"]),
        "",
        f"| images | RMSE | {' | '.join(f'λ = {lam:g}' for lam in lams)} |",
        "|---" * (2 + len(lams)) + "|",
    ]
    for images in dict.fromkeys(row["images"] for row in found["rows"]):
        own = [row for row in found["rows"] if row["images"] == images]
        cells = [
            f"{row['training_mean']:.4f} ({row['training_sd']:.4f}) / {row['validation_mean']:.4f}"
            for row in own
        ]
        lines.append(f"| {images} | {own[0]['rmse']:.1f} | {' | '.join(cells)} |")
    return [*lines, ""]


def _row(figure: dict[str, Any]) -> str:
    """Return a figure's line of the table."""
    low, high = figure["interval"]
    cells = [
        figure["experiment"].partition(": ")[2],
        figure["metric"].replace("_", " "),
        *(_cell(figure[name]) for name in ("reference", "mean", "sd", "low", "high")),
        f"{_cell(low)} … {_cell(high)}",
        VERDICTS[figure["inside"]],
    ]
    return f"| {' | '.join(cells)} |"


def _cell(value: float | None) -> str:
    if value is None:
        return "–"
    return f"{value:.2e}" if abs(value) < 1e-3 else f"{value:.4f}"


if __name__ == "__main__":
    main()

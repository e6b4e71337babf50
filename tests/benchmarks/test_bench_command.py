"""`klayer bench`: the rows that it promises. No time is asserted."""

from pathlib import Path

import pytest

from klayer.engines import available_engines
from tests.conftest import Program

KEYS = {
    "name", "version", "architecture", "networks", "microseconds_per_update",
    "microseconds_per_update_per_network", "peak_flops", "peak_share",
}  # fmt: skip


def test_a_quick_bench_has_a_row_for_every_engine_alone_and_in_a_stack(klayer: Program) -> None:
    rows = klayer.json("bench", "--quick", "--repeats", 2)["rows"]
    assert all(set(row) >= KEYS for row in rows)
    found = {(row["name"], row["networks"]) for row in rows}
    assert found == {(f"klayer {engine}", P) for engine in available_engines() for P in (1, 4)}
    for row in rows:
        per_network = row["microseconds_per_update"] / row["networks"]
        assert row["microseconds_per_update_per_network"] == pytest.approx(per_network)
        if row["peak_flops"] is not None:
            ideal = 4 * 100 * 64 * 20 * row["networks"] / row["peak_flops"]
            share = 1e6 * ideal / row["microseconds_per_update"]
            assert row["peak_share"] == pytest.approx(share)


def test_the_table_names_engines_networks_and_where_the_rows_come_from(klayer: Program) -> None:
    assert klayer("bench", "--quick", "--repeats", 1) == 0
    assert "random uint8 pixels" in klayer.out
    assert "64-20-10" in klayer.out
    assert "reference" in klayer.out
    assert max(map(len, klayer.out.splitlines())) <= 80


def test_it_says_where_it_was_measured(klayer: Program) -> None:
    found = klayer.json("bench", "--quick", "--repeats", 1, "--threads", 1)
    assert found["threads"] == 1
    assert "cores" in found["hardware"]
    assert klayer("bench", "--quick", "--repeats", 1, "--threads", 1) == 0
    assert f"on {found['hardware']}; 1 threads" in " ".join(klayer.out.split())


def test_columns_of_a_table_are_left_out(klayer: Program, tmp_path: Path) -> None:
    table = tmp_path / "a.csv"
    table.write_text("id,a,kind\n" + "".join(f"{n},{n % 7},{n % 2}\n" for n in range(200)))
    own = ["bench", "--quick", "--repeats", 1, "--data", table, "--target", "kind"]
    assert klayer(*own, "--ignore", "id") == 0
    assert "1-20-2" in klayer.out

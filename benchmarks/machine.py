"""What a figure was measured on: the processor, the system, the versions, the day."""

import os
import platform
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path


def describe() -> dict[str, str]:
    """Return the hardware and software in words."""
    return {
        "processor": f"{_processor()}, {len(os.sched_getaffinity(0))} cores",
        "vectors": _vectors(),
        "system": f"{platform.system()} {platform.machine()}, Python {platform.python_version()}",
        "klayer": version("klayer"),
        "date": datetime.now(UTC).strftime("%Y-%m-%d"),
    }


def _cpu_field(name: str) -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return ""
    found = [line.split(":", 1)[1].strip() for line in lines if line.startswith(name)]
    return found[0] if found else ""


def _processor() -> str:
    return _cpu_field("model name") or platform.processor() or platform.machine()


def _vectors() -> str:
    flags = _cpu_field("flags").split()
    known = {"avx512_vnni": "AVX-512 with VNNI", "avx512f": "AVX-512", "avx2": "AVX2"}
    return next((name for flag, name in known.items() if flag in flags), "unknown")

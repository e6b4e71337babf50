"""Files that appear whole or not at all, locks, run directories."""

from klayer.storage.atomic import write_whole
from klayer.storage.run_directory import RunDirectory

__all__ = ["RunDirectory", "write_whole"]

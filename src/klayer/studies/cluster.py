"""The stacks of a study on a Dask cluster: independent of each other, so each is one task.

Workers read the data themselves: the source and the fingerprint travel, not the arrays. What comes
back is the content of the run directory. Dask sends a stack again whose worker died. A worker
should have one thread: stacks use all the cores that they are given.
"""

import pickle
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from klayer.errors import InputError
from klayer.storage import write_whole
from klayer.studies.events import Interrupted, Listener, StackEnded, StackStarted
from klayer.studies.folder import OUTCOME_FILE, StudyFolder
from klayer.studies.one_stack import How, train_stack
from klayer.studies.results import Outcome
from klayer.studies.sets import Sets
from klayer.studies.stack import Stack
from klayer.training.interrupts import Request

SECONDS_TO_ANSWER = 10
SECONDS_BETWEEN_LOOKS = 0.5
TEMPORARY = "checkpoint"  # files of a run directory that begin so stay with the worker


def run_on_cluster(
    address: str,
    stacks: tuple[Stack, ...],
    sets: Sets,
    folder: StudyFolder,
    how: How,
    listener: Listener,
    request: Request,
) -> list[Outcome]:
    """Train the stacks on a cluster's workers, those that are finished excepted.

    Args:
        address: of the scheduler, such as "tcp://10.0.0.1:8786".
        stacks: of the study.
        sets: the data, which every worker can read.
        folder: of the study.
        how: engine, threads and witness.
        listener: is told when a stack is done.
        request: whether somebody asked the study to end.

    Raises:
        InputError: the cluster does not answer, or a worker sees other data.
        Interrupted: somebody asked the study to end.
    """
    missing = [stack for stack in stacks if folder.finished(stack) is None]
    done = [stack for stack in stacks if stack not in missing]
    for stack in done:
        _tell(listener, stacks, stack, folder)
    if missing:
        fingerprint = sets.of(missing[0].plan.seed).fingerprint
        folder.require_same_data(fingerprint)
        with _client(address) as client:
            for stack in _finished_on(client, missing, sets, fingerprint, how, folder, request):
                _tell(listener, stacks, stack, folder)
    return [_outcome(folder, stack) for stack in stacks]


def train_on_worker(stack: Stack, sets: bytes, fingerprint: str, how: How) -> dict[str, bytes]:
    """Train one stack on a worker; return the files of its run directory.

    Args:
        stack: what to train.
        sets: the data, pickled: their source, not their arrays.
        fingerprint: that the data must have.
        how: engine, threads and witness.

    Raises:
        InputError: the source holds other data here.
    """
    with TemporaryDirectory() as path:
        folder = StudyFolder(Path(path), {"fingerprint": fingerprint})
        train_stack(stack, _sets_of_this_worker(sets), folder, how)
        return {
            file.name: file.read_bytes()
            for file in folder.run(stack).iterdir()
            if not file.name.startswith((".", TEMPORARY))
        }


@lru_cache(maxsize=1)
def _sets_of_this_worker(pickled: bytes) -> Sets:
    """Return the data, read once and kept for the next stack of the same seed."""
    found: Sets = pickle.loads(pickled)
    return found


@contextmanager
def _client(address: str) -> Iterator[Any]:
    """Connect to a cluster.

    Raises:
        InputError: it does not answer, or Dask is not installed.
    """
    try:
        client = _distributed().Client(address, timeout=SECONDS_TO_ANSWER)
    except (OSError, ValueError) as error:
        raise InputError(
            "`cluster` (on the command line `--dask`) must be the address of a Dask scheduler that "
            f"answers, but got {address!r} "
            f"({str(error).splitlines()[0]})"
        ) from error
    try:
        yield client
    finally:
        client.close()


def _distributed() -> Any:
    """Return Dask's package, which has no types.

    Raises:
        InputError: it is not installed.
    """
    try:
        return import_module("distributed")
    except ImportError as error:
        raise InputError(
            "a cluster is reached by Dask, but it is not installed; pip install 'klayer[dask]'"
        ) from error


def _finished_on(
    client: Any,
    stacks: list[Stack],
    sets: Sets,
    fingerprint: str,
    how: How,
    folder: StudyFolder,
    request: Request,
) -> Iterator[Stack]:
    """Yield the stacks as workers finish them, their files written."""
    wait = _distributed().wait
    pickled = pickle.dumps(sets)
    futures = {
        client.submit(train_on_worker, stack, pickled, fingerprint, how, pure=False): stack
        for stack in stacks
    }
    while futures:
        try:
            found = wait(list(futures), SECONDS_BETWEEN_LOOKS, return_when="FIRST_COMPLETED")
        except TimeoutError:
            found = None
        for future in found.done if found else ():
            stack = futures.pop(future)
            _write(folder.run(stack), future.result())
            yield stack
        if request.reason is not None:
            client.cancel(list(futures))
            raise Interrupted(request.reason)


def _write(run: Path, files: dict[str, bytes]) -> None:
    """Write a run directory; the outcome last, which says that it is whole."""
    run.mkdir(parents=True, exist_ok=True)
    for name in sorted(files, key=lambda name: name == OUTCOME_FILE):
        write_whole(run / name, files[name])


def _tell(listener: Listener, stacks: tuple[Stack, ...], stack: Stack, folder: StudyFolder) -> None:
    listener(StackStarted(stack, stacks.index(stack), stacks))
    listener(StackEnded(_outcome(folder, stack)))


def _outcome(folder: StudyFolder, stack: Stack) -> Outcome:
    found = folder.finished(stack)
    assert found is not None, f"{stack.folder} was written"
    return found

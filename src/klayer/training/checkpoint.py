"""A checkpoint: everything a run needs to go on as if it had never been stopped.

The order of an epoch and the learning rate follow from the plan and the step, so the stack, the
history and what early stopping remembers are all there is to keep.
"""

import hashlib
import json
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from klayer.architecture import Array
from klayer.errors import InputError
from klayer.state import State
from klayer.training.history import History

FORMAT = 1


@dataclass(frozen=True, eq=False)
class Checkpoint:
    """A moment of a run.

    Attributes:
        state: the stack.
        history: all evaluations so far.
        seconds: spent training so far.
        identity: what determines the run: plan, data, engine, versions.
        best: the stack at every network's best evaluation; None without patience.
        accuracy: each network's best validation accuracy, (P,); empty without patience.
        waited: evaluations since then, (P,); empty without patience.
    """

    state: State
    history: History
    seconds: float
    identity: dict[str, Any]
    best: State | None
    accuracy: NDArray[np.float64]
    waited: NDArray[np.int64]

    def to_bytes(self) -> bytes:
        """Return the content of a checkpoint file: safetensors with a digest over all of it."""
        from safetensors.numpy import save

        arrays = _arrays_of("", self.state) | {"active": self.state.active.astype(np.uint8)}
        if self.best is not None:
            arrays |= _arrays_of("best_", self.best)
            arrays |= {"accuracy": self.accuracy, "waited": self.waited}
        header = {
            "format": FORMAT,
            "steps": self.state.steps,
            "seconds": self.seconds,
            "history": self.history.to_csv(),
            "identity": self.identity,
        }
        text = json.dumps(header, sort_keys=True)
        arrays["digest"] = np.frombuffer(_digest(arrays, text), np.uint8)
        return save(arrays, {"klayer": text})

    @classmethod
    def from_bytes(cls, content: bytes, template: State, name: str) -> "Checkpoint":
        """Return the checkpoint of a file's content.

        Args:
            content: what `to_bytes` returned.
            template: a stack of the plan's architecture, size, dtype and slots.
            name: how to call the file in an error.

        Raises:
            InputError: the content is damaged, or of a stack of another shape.
        """
        from safetensors import SafetensorError
        from safetensors.numpy import load

        try:
            arrays = load(content)
            size = int.from_bytes(content[:8], "little")
            text = json.loads(content[8 : 8 + size])["__metadata__"]["klayer"]
            digest = arrays.pop("digest").tobytes()
            header = json.loads(text)
        except (SafetensorError, KeyError, TypeError, ValueError, RecursionError) as error:
            raise InputError(f"a checkpoint must be whole, but {name} is not ({error})") from error
        if digest != _digest(arrays, text):
            raise InputError(f"a checkpoint must match its digest, but {name} does not")
        try:
            state = _state_of("", arrays, template)
            active = arrays["active"].astype(bool)
            with_best = "best_theta" in arrays
            if not isinstance(header["identity"], dict):
                raise TypeError("identity must be an object")
            return cls(
                state=replace(state, steps=header["steps"], active=active),
                history=History.from_csv(header["history"]),
                seconds=header["seconds"],
                identity=header["identity"],
                best=_state_of("best_", arrays, template) if with_best else None,
                accuracy=arrays.get("accuracy", np.empty(0)),
                waited=arrays.get("waited", np.empty(0, np.int64)),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise InputError(f"a checkpoint must fit the plan, but {name}: {error}") from error


def _arrays_of(prefix: str, state: State) -> dict[str, Array]:
    """Return the buffers of a stack by name."""
    slots = {f"{prefix}slot_{name}": slot for name, slot in state.slots.items()}
    return {f"{prefix}theta": state.theta, f"{prefix}moving": state.moving, **slots}


def _state_of(prefix: str, arrays: dict[str, Array], template: State) -> State:
    """Return a stack like the template with the buffers of a file."""
    for name, buffer in _arrays_of(prefix, template).items():
        found = arrays[name]
        if found.shape != buffer.shape or found.dtype != buffer.dtype:
            raise ValueError(
                f"{name} must be {buffer.dtype} {buffer.shape}, but is {found.dtype} {found.shape}"
            )
    return replace(
        template,
        theta=arrays[f"{prefix}theta"],
        moving=arrays[f"{prefix}moving"],
        slots={name: arrays[f"{prefix}slot_{name}"] for name in template.slots},
    )


def _digest(arrays: dict[str, Array], text: str) -> bytes:
    """Return SHA-256 over names, types, shapes and bytes of all arrays, and the header."""
    found = hashlib.sha256(text.encode())
    for name in sorted(arrays):
        array = np.ascontiguousarray(arrays[name])
        found.update(f"{name} {array.dtype} {array.shape}".encode())
        found.update(array.tobytes())
    return found.digest()

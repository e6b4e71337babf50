"""Pickles read as plain data: containers, numbers, text, bytes and uint8 arrays; nothing is run.

A pickle is a program for a small stack machine. `pickle.load` would call any function that it
names. The machine here knows the instructions that batches of pictures need, imports nothing, and
answers the few names that NumPy's pickles use with stand-ins of its own; it refuses all others. No
instruction can allocate more than the file holds.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from klayer.errors import InputError

_MARK = object()
_NAMES = {
    ("numpy.core.multiarray", "_reconstruct"),  # NumPy 1
    ("numpy._core.multiarray", "_reconstruct"),  # NumPy 2
    ("numpy.core.numeric", "_frombuffer"),
    ("numpy._core.numeric", "_frombuffer"),
    ("numpy", "ndarray"),
    ("numpy", "dtype"),
    ("_codecs", "encode"),
    ("__builtin__", "bytes"),  # how protocol 2 writes empty ones
}


class _Name:
    """The stand-in of a global."""

    def __init__(self, name: str) -> None:
        self.name = name


class _Dtype:
    """The stand-in of a dtype under construction: only uint8 is known."""


class _Array:
    """The stand-in of an array under construction; `value` is there once it was built."""

    value: NDArray[np.uint8] | None = None

    def fill(self, content: Any, dtype: Any, shape: tuple[int, ...], order: Any) -> "_Array":
        """Give the array its bytes and shape."""
        if not isinstance(dtype, _Dtype):
            raise TypeError
        self.value = np.frombuffer(content, np.uint8).reshape(shape, order=order)
        return self


def unpickle(content: bytes, where: str) -> Any:
    """Return what a pickle of plain data holds.

    Args:
        content: the pickle, written by Python 2 or 3, any protocol from 2 on. Text of Python 2
            comes as bytes; arrays of uint8 as views of `content` where it has their bytes.
        where: the file, for the sentence.

    Raises:
        InputError: the pickle names anything but uint8 arrays, is cut short or is damaged.

    Example:
        >>> import pickle
        >>> unpickle(pickle.dumps({b"labels": [1, 2]}), "data_batch_1")
        {b'labels': [1, 2]}
    """
    machine = _Machine(content, where)
    try:
        return _finished(machine.run())
    except InputError:
        raise
    except (IndexError, TypeError, ValueError, KeyError, AttributeError) as error:
        raise InputError(f"{where} must be a whole pickle, but it is damaged or cut") from error


def _finished(value: Any) -> Any:
    """Return the value with arrays in the place of their stand-ins, two levels deep."""
    if isinstance(value, _Array):
        return value.value
    if isinstance(value, dict):
        return {
            key: item.value if isinstance(item, _Array) else item for key, item in value.items()
        }
    return value


class _Machine:
    """The stack machine: a position in the pickle, a stack with marks, and a memo."""

    def __init__(self, content: bytes, where: str) -> None:
        self.content = memoryview(content)
        self.where = where
        self.at = 0
        self.stack: list[Any] = []
        self.memo: dict[int, Any] = {}
        self.encoded = 0  # bytes made of texts

    def run(self) -> Any:
        """Carry out instructions until STOP and return the top of the stack."""
        content, instructions = self.content, _INSTRUCTIONS
        while True:
            code = content[self.at]
            self.at += 1
            if code == 0x2E:  # STOP
                return self.stack.pop()
            instruction = instructions.get(code)
            if instruction is None:
                raise InputError(
                    f"a pickle must hold plain data only, but {self.where} has the "
                    f"instruction {bytes([code])!r} at byte {self.at - 1}"
                )
            instruction(self)

    def take(self, size: int) -> memoryview:
        """Return the next `size` bytes."""
        end = self.at + size
        if size < 0 or end > len(self.content):
            raise InputError(f"{self.where} must be a whole pickle, but it is cut short")
        part = self.content[self.at : end]
        self.at = end
        return part

    def byte(self) -> int:
        """Return the next byte as a number."""
        found = self.content[self.at]
        self.at += 1
        return found

    def number(self, size: int, signed: bool = False) -> int:
        """Return the next `size` bytes as a whole number, least significant byte first."""
        return int.from_bytes(self.take(size), "little", signed=signed)

    def line(self) -> str:
        """Return the text up to the next line feed."""
        end = bytes(self.content[self.at : self.at + 256]).index(b"\n")
        text = str(self.take(end), "ascii")
        self.at += 1
        return text

    def to_mark(self) -> list[Any]:
        """Return and remove what lies above the topmost mark, and the mark."""
        items: list[Any] = []
        while (item := self.stack.pop()) is not _MARK:
            items.append(item)
        return items[::-1]

    def push_name(self, module: Any, name: Any) -> None:
        """Push the stand-in of a global."""
        if (module, name) not in _NAMES:
            full = f"{module}.{name}"
            raise InputError(
                f"a pickle must hold plain data only, but {self.where} names {full!r}; "
                "it was refused, and nothing of it was run"
            )
        self.stack.append(_Name(name))

    def call(self) -> None:
        """REDUCE: make what NumPy's functions would make from these arguments."""
        arguments = self.stack.pop()
        name = self.stack.pop().name
        if name == "encode" and arguments[1] == "latin1":
            self.encoded += len(arguments[0])
            if self.encoded > len(self.content):
                raise InputError(f"{self.where} must not hold one text many times, but it does")
            self.stack.append(arguments[0].encode("latin1"))
        elif name == "_reconstruct" and arguments[0].name == "ndarray":
            self.stack.append(_Array())
        elif name == "bytes" and not arguments:
            self.stack.append(b"")
        elif name == "_frombuffer":
            self.stack.append(_Array().fill(*arguments))
        elif name == "dtype" and arguments[0] in ("u1", b"u1"):
            self.stack.append(_Dtype())
        else:
            raise InputError(f"{self.where} must hold arrays of uint8 only, but it has others")

    def build(self) -> None:
        """BUILD: give an array its shape and bytes; a dtype has nothing more to know."""
        state = self.stack.pop()
        target = self.stack[-1]
        if isinstance(target, _Dtype):
            return
        _, shape, dtype, by_columns, content = state
        target.fill(content, dtype, shape, "F" if by_columns else "C")

    def set_items(self, items: list[Any]) -> None:
        """Put keys and values into the dictionary on top; keys are text, bytes or numbers."""
        target = self.stack[-1]
        for key, value in zip(items[::2], items[1::2], strict=True):
            if not isinstance(key, str | bytes | int) or not isinstance(target, dict):
                raise TypeError
            target[key] = value

    def append(self, items: list[Any]) -> None:
        """Append to the list on top."""
        if not isinstance(self.stack[-1], list):
            raise TypeError
        self.stack[-1].extend(items)

    def fold(self, count: int) -> None:
        """Replace the topmost `count` values by their tuple."""
        if count > len(self.stack):
            raise IndexError
        items = tuple(self.stack[-count:])
        self.stack[-count:] = [items]


def _push(make: Callable[[_Machine], Any]) -> Callable[[_Machine], None]:
    return lambda machine: machine.stack.append(make(machine))


def _constant(value: Any) -> Callable[[_Machine], None]:
    return lambda machine: machine.stack.append(value)


def _new(kind: type) -> Callable[[_Machine], None]:
    return lambda machine: machine.stack.append(kind())


def _text(size: int) -> Callable[[_Machine], None]:
    return _push(lambda m: str(m.take(m.number(size)), "utf-8", "surrogatepass"))


def _bytes(size: int) -> Callable[[_Machine], None]:
    """Short ones are copied; the rows of a batch stay where they are in the file."""
    if size == 1:
        return _push(lambda m: bytes(m.take(m.byte())))
    return _push(lambda m: m.take(m.number(size)))


def _memoize(index: Callable[[_Machine], int]) -> Callable[[_Machine], None]:
    def instruction(machine: _Machine) -> None:
        machine.memo[index(machine)] = machine.stack[-1]

    return instruction


def _global_by_stack(machine: _Machine) -> None:
    name, module = machine.stack.pop(), machine.stack.pop()
    machine.push_name(module, name)


_INSTRUCTIONS: dict[int, Callable[[_Machine], Any]] = {
    0x80: _Machine.byte,  # PROTO
    0x95: lambda m: m.number(8),  # FRAME
    ord("("): _constant(_MARK),
    ord("}"): _new(dict),
    ord("]"): _new(list),
    ord(")"): _constant(()),
    ord("N"): _constant(None),
    0x88: _constant(True),
    0x89: _constant(False),
    ord("K"): _push(_Machine.byte),
    ord("M"): _push(lambda m: m.number(2)),
    ord("J"): _push(lambda m: m.number(4, signed=True)),
    ord("X"): _text(4),
    0x8C: _text(1),
    ord("U"): _bytes(1),  # Python 2's text
    ord("T"): _bytes(4),
    ord("C"): _bytes(1),
    ord("B"): _bytes(4),
    0x8E: _bytes(8),
    0x96: _bytes(8),
    ord("t"): _push(lambda m: tuple(m.to_mark())),
    0x85: lambda m: m.fold(1),
    0x86: lambda m: m.fold(2),
    0x87: lambda m: m.fold(3),
    ord("a"): lambda m: m.append([m.stack.pop()]),
    ord("e"): lambda m: m.append(m.to_mark()),
    ord("s"): lambda m: m.set_items([m.stack.pop(), m.stack.pop()][::-1]),
    ord("u"): lambda m: m.set_items(m.to_mark()),
    ord("q"): _memoize(_Machine.byte),
    ord("r"): _memoize(lambda m: m.number(4)),
    0x94: _memoize(lambda m: len(m.memo)),
    ord("h"): _push(lambda m: m.memo[m.byte()]),
    ord("j"): _push(lambda m: m.memo[m.number(4)]),
    ord("c"): lambda m: m.push_name(m.line(), m.line()),
    0x93: _global_by_stack,
    ord("R"): lambda m: m.call(),
    ord("b"): lambda m: m.build(),
}

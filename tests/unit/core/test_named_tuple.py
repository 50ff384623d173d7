"""Named tuples that are made faster than those of `typing`."""

from __future__ import annotations

import ast
import copy
import pickle
import typing
from pathlib import Path

import pytest

import reflowlog
from reflowlog.core.named_tuple import NamedTuple


class Fast(NamedTuple):
    """A size."""

    rows: int
    columns: int = 80
    names: tuple[str, ...] = ()

    @property
    def cells(self) -> int:
        """Number of cells."""
        return self.rows * self.columns

    @classmethod
    def square(cls, side: int) -> Fast:
        """Return a square."""
        return cls(side, side)

    def __repr__(self) -> str:
        return f"<{self.rows}>"


class Usual(typing.NamedTuple):
    """A size."""

    rows: int
    columns: int = 80
    names: tuple[str, ...] = ()


def test_it_has_what_a_named_tuple_of_typing_has() -> None:
    """Fields, defaults, documentation, module and types are the same."""
    for name in ("_fields", "_field_defaults", "__match_args__", "__doc__", "__module__", "__slots__", "__bases__"):
        assert getattr(Fast, name) == getattr(Usual, name), name
    assert set(Usual.__dict__) <= set(Fast.__dict__) | {"__orig_bases__"}
    assert typing.get_type_hints(Fast) == typing.get_type_hints(Usual)
    assert Fast.__qualname__ == "Fast"


def test_its_values_are_tuples_with_names() -> None:
    """They are made by position and by name, replaced, and equal to tuples."""
    assert Fast(3) == (3, 80, ()) == Fast(rows=3) == Usual(3)
    assert Fast(3)._replace(columns=5)._asdict() == {"rows": 3, "columns": 5, "names": ()}
    with pytest.raises(TypeError):
        Fast()  # type: ignore[call-arg]
    with pytest.raises(AttributeError):
        Fast(3).rows = 4  # type: ignore[misc]


def test_it_has_the_methods_of_its_body() -> None:
    """Properties, class methods and special methods of the class body are its own."""
    assert (Fast.square(4).cells, repr(Fast(3))) == (16, "<3>")


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_its_values_can_be_pickled_and_copied(protocol: int) -> None:
    """They come back as values of the same class."""
    value = Fast(3, 4, ("a",))
    restored = pickle.loads(pickle.dumps(value, protocol))  # noqa: S301 - its own
    for other in (restored, copy.deepcopy(value)):
        assert (other, type(other)) == (value, Fast)


def test_the_package_makes_only_generic_ones_with_typing() -> None:
    """Each module takes the fast ones, as the first line waits for them."""
    slow = []
    for path in Path(reflowlog.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            bases = [ast.unparse(base) for base in node.bases] if isinstance(node, ast.ClassDef) else []
            if "NamedTuple" in bases and len(bases) == 1 and "core.named_tuple import" not in path.read_text("utf-8"):
                slow.append(path.name)
    assert not slow

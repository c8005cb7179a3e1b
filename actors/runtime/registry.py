"""Who is called what. Names are unique in a tree, and a name keeps its ref through every restart."""

from collections.abc import Mapping
from types import MappingProxyType

from actors.runtime.ref import Ref


class Registry:
    """Name → :class:`Ref` of every actor that has not stopped for good."""

    def __init__(self) -> None:
        self._refs: dict[str, Ref] = {}

    def whereis(self, name: str) -> Ref | None:
        return self._refs.get(name)

    def all(self) -> Mapping[str, Ref]:
        """A live read-only view."""
        return MappingProxyType(self._refs)

    def add(self, ref: Ref) -> None:
        """For supervisors; raises ``ValueError`` when the name is taken."""
        if ref.name in self._refs:
            raise ValueError(f"an actor named {ref.name!r} exists")
        self._refs[ref.name] = ref

    def remove(self, ref: Ref) -> None:
        """For supervisors; forgets the name if it still means this ref."""
        if self._refs.get(ref.name) is ref:
            del self._refs[ref.name]

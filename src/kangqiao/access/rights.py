"""Who may do what (权限): the table of rights, and the reader whom every page and query asks."""

from __future__ import annotations

import getpass
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any, TypeVar

import yaml

View = TypeVar("View", bound=Callable[..., Any])

OPEN = ""
"""The permission of a view that is open to everybody, signed in or not."""
OWN = "own.security"
"""What an account that still lacks its second factor may use, and nothing else."""
NO_INSTITUTIONS: frozenset[int] = frozenset()

Reach = frozenset[int] | None
"""Keys of institutions; None: all of them."""


@dataclass(frozen=True, slots=True)
class Permission:
    """One thing that can be done (权限)."""

    name: str
    title: str
    shows_personal_data: bool


@dataclass(frozen=True, slots=True)
class Role:
    """One role (角色) and what it may do."""

    name: str
    title: str
    permissions: frozenset[str]
    is_for_institution: bool
    needs_second_factor: bool


@dataclass(frozen=True, slots=True)
class RightsTable:
    """The table of rights (权限表), by names."""

    permissions: Mapping[str, Permission]
    roles: Mapping[str, Role]


@cache
def rights_table() -> RightsTable:
    """The table of ``access/data/rights.yaml``. Raises ValueError when a role names an unknown permission."""
    read = yaml.safe_load(files("kangqiao.access").joinpath("data/rights.yaml").read_text("utf-8"))
    permissions = {
        name: Permission(name, entry["title"], entry.get("personal_data", False))
        for name, entry in read["permissions"].items()
    }
    roles = {name: _role(name, entry) for name, entry in read["roles"].items()}
    unknown = {item for role in roles.values() for item in role.permissions} - permissions.keys()
    if unknown:
        raise ValueError(f"rights.yaml: unknown permissions {sorted(unknown)}")
    return RightsTable(permissions, roles)


def _role(name: str, entry: Mapping[str, Any]) -> Role:
    if entry["scope"] not in {"all", "institution"}:
        raise ValueError(f"rights.yaml: {name}: scope is all or institution")
    is_for_institution = entry["scope"] == "institution"
    permissions = frozenset(entry["permissions"])
    return Role(name, entry["title"], permissions, is_for_institution, entry.get("second_factor", False))


@dataclass(frozen=True, slots=True)
class Reader:
    """Whoever asks (访问者): an account, a machine's key, a command on this machine, or nobody.

    ``reach`` is permission → keys of the institutions it holds for (None: all of them); what is absent is denied.
    """

    kind: str
    name: str
    reach: Mapping[str, Reach] = field(default_factory=dict)
    account_id: int | None = None

    @classmethod
    def nobody(cls) -> Reader:
        """Somebody who has not signed in."""
        return cls("nobody", "")

    @classmethod
    def of_command(cls) -> Reader:
        """Whoever works on the platform's own machine: everything, under the name of the system's user."""
        return cls("command", getpass.getuser(), dict.fromkeys(rights_table().permissions))

    @classmethod
    def of_key(cls, name: str, permissions: Iterable[str], institution_id: int) -> Reader:
        """A machine's key: some permissions, for its institution alone."""
        return cls("key", name, dict.fromkeys(permissions, frozenset({institution_id})))

    def may(self, permission: str) -> bool:
        """Whether there is anything for which the reader has ``permission``."""
        return self.institutions(permission) != NO_INSTITUTIONS

    def institutions(self, permission: str) -> Reach:
        """For which institutions: their keys, None for all, empty for none."""
        return self.reach.get(permission, NO_INSTITUTIONS)

    def covers(self, permission: str, institution_id: int | None) -> bool:
        """Whether ``permission`` holds for the institution; what belongs to none is for those who see all."""
        keys = self.institutions(permission)
        return keys is None or institution_id in keys


def reach_of(granted: Iterable[tuple[str, int | None]]) -> dict[str, Reach]:
    """Permission → institutions, of roles with the institution each is granted for.

    A role for one institution without one gives nothing, nor does a role that the table no longer has.
    """
    found: dict[str, Reach] = {}
    for name, institution in granted:
        role = rights_table().roles.get(name)
        if role is None or (role.is_for_institution and institution is None):
            continue
        keys = frozenset({institution}) if role.is_for_institution and institution is not None else None
        for permission in role.permissions:
            found[permission] = _joined(found.get(permission, NO_INSTITUTIONS), keys)
    return found


def _joined(one: Reach, other: Reach) -> Reach:
    return None if one is None or other is None else one | other


def needs(permission: str) -> Callable[[View], View]:
    """Name the permission of a view, synchronous or not. The middleware refuses whoever has it for nothing."""
    if permission not in rights_table().permissions:
        raise ValueError(f"unknown permission {permission!r}")

    def mark(view: View) -> View:
        view.permission = permission  # type: ignore[attr-defined]
        return view

    return mark


def reader_of_request(request: Any) -> Reader:
    """The reader that the middleware or a key's check has set."""
    reader: Reader = request.reader
    return reader


def open_to_all(view: View) -> View:
    """Name a view that needs no permission: sign-in, health, and the API, whose operations ask for keys themselves."""
    view.permission = OPEN  # type: ignore[attr-defined]
    return view

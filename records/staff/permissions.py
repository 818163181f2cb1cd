"""What a role may do. Deny by default: a right that is not named here or not given does not exist."""

from collections.abc import Mapping
from enum import StrEnum


class Permission(StrEnum):
    CONTACTS_HANDLE = "contacts.handle"  # take offers, answer, finish
    CONTACTS_SEE_ALL = "contacts.see_all"  # contacts of other agents
    CITIZENS_READ = "citizens.read"
    CITIZENS_REVEAL = "citizens.reveal"  # unmask a number or name, logged
    CITIZENS_MERGE = "citizens.merge"
    CASES_READ = "cases.read"
    CASES_WRITE = "cases.write"
    SEALED_READ = "sealed.read"  # confidential reports, each opening with a reason
    MAILBOX_DIRECTOR = "queues.restricted"  # the director's mailbox
    BOARD_READ = "board.read"
    AGENTS_SUPERVISE = "agents.supervise"  # not-ready and log-out of others
    SKILLS_WRITE = "skills.write"
    QUARANTINE = "quarantine.handle"
    CHANNELS_WRITE = "channels.write"  # mailboxes and their secrets
    ACCOUNTS_WRITE = "accounts.write"
    AUDIT_READ = "audit.read"


class RoleKey(StrEnum):
    REGISTRAR = "registrar"
    DISPATCHER = "dispatcher"
    HANDLER = "handler"
    MANAGER = "manager"
    STATISTICIAN = "statistician"
    SUPERVISOR = "supervisor"
    DIRECTOR = "director"
    ADMINISTRATOR = "administrator"
    DISCIPLINE = "discipline"  # handles confidential reports


_AGENT = frozenset(
    {
        Permission.CONTACTS_HANDLE,
        Permission.CITIZENS_READ,
        Permission.CITIZENS_REVEAL,
        Permission.CASES_READ,
        Permission.CASES_WRITE,
    }
)

DEFAULT_ROLES: Mapping[RoleKey, frozenset[Permission]] = {
    RoleKey.REGISTRAR: _AGENT | {Permission.CITIZENS_MERGE},
    RoleKey.DISPATCHER: frozenset(
        {Permission.CASES_READ, Permission.CASES_WRITE, Permission.CITIZENS_READ, Permission.CONTACTS_SEE_ALL}
    ),
    RoleKey.HANDLER: frozenset({Permission.CASES_READ, Permission.CASES_WRITE, Permission.CITIZENS_READ}),
    RoleKey.MANAGER: frozenset({Permission.CASES_READ, Permission.BOARD_READ, Permission.CONTACTS_SEE_ALL}),
    RoleKey.STATISTICIAN: frozenset({Permission.BOARD_READ}),
    RoleKey.SUPERVISOR: _AGENT
    | {
        Permission.CITIZENS_MERGE,
        Permission.CONTACTS_SEE_ALL,
        Permission.BOARD_READ,
        Permission.AGENTS_SUPERVISE,
        Permission.SKILLS_WRITE,
        Permission.QUARANTINE,
    },
    RoleKey.DIRECTOR: frozenset(
        {Permission.CASES_READ, Permission.BOARD_READ, Permission.MAILBOX_DIRECTOR, Permission.CONTACTS_SEE_ALL}
    ),
    RoleKey.ADMINISTRATOR: frozenset(
        {
            Permission.ACCOUNTS_WRITE,
            Permission.CHANNELS_WRITE,
            Permission.QUARANTINE,
            Permission.AUDIT_READ,
            Permission.BOARD_READ,
            Permission.SKILLS_WRITE,
        }
    ),
    RoleKey.DISCIPLINE: _AGENT | {Permission.SEALED_READ},
}

"""The house rules that no linter knows: each test names the rule that it guards."""

import ast
import re
import sys
from collections.abc import Iterator
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path

from channels.registry import installed
from tests.support.tree import ROOT, plugin_packages, project_files, pyproject, python_files, rooms

LONGEST_FILE = 400
LONGEST_FUNCTION = 50
PURE_CORE = ("contact", "states", "skills", "queues", "rules", "hours", "waiting_time", "ports", "effects")
# The same thing has the same name in every room (architecture: tables, store, service, routes, schemas).
OTHER_NAMES = {"models", "views", "api", "endpoints", "repository", "dao", "crud", "utils", "helpers", "common", "misc"}
READS_ENVIRONMENT = {Path("server/settings.py")}
WRITES_SQL = {"kit", "server/migrations"}


@cache
def nodes_of(path: Path) -> tuple[ast.AST, ...]:
    return tuple(ast.walk(ast.parse((ROOT / path).read_text("utf-8"), str(path))))


def calls_and_attributes(path: Path) -> Iterator[ast.Attribute | ast.Name]:
    return (node for node in nodes_of(path) if isinstance(node, ast.Attribute | ast.Name))


def contract(name: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = next(
        item for item in pyproject()["tool"]["importlinter"]["contracts"] if item["name"] == name
    )
    return found


def subpackages(room: str) -> set[str]:
    return {path.parts[1] for path in project_files() if path.parts[0] == room and path.match(f"{room}/*/__init__.py")}


def flat(layers: list[str]) -> set[str]:
    return {name.strip() for layer in layers for name in layer.split("|")}


def test_a_new_room_stands_in_every_list() -> None:
    tool = pyproject()["tool"]
    assert set(tool["hatch"]["build"]["targets"]["wheel"]["packages"]) == set(rooms())
    assert set(tool["mypy"]["packages"]) == {*rooms(), "tests", *plugin_packages()}
    assert set(tool["importlinter"]["root_packages"]) == {*rooms(), "tests"}
    assert flat(contract("Rooms import downwards only")["layers"]) == set(rooms())
    assert set(contract("Nothing of the product imports the tests")["source_modules"]) == set(rooms())


def test_plug_ins_are_installed_beside_the_rooms_and_none_imports_them() -> None:
    """Each is a distribution of its own under `plugins/`, found by its entry point alone."""
    tool = pyproject()["tool"]
    assert plugin_packages()
    assert set(plugin_packages()) <= set(tool["ruff"]["lint"]["isort"]["known-first-party"])
    folders = {path.parts[1] for path in project_files() if path.match("plugins/*/pyproject.toml")}
    assert folders == set(installed())
    importers = [path for path in python_files() if set(plugin_packages()) & _imported_packages(path)]
    assert importers == []


def test_records_and_channels_stand_in_their_contracts() -> None:
    assert flat(contract("Records import downwards only")["layers"]) == subpackages("records")
    independent = set(contract("Channels do not know each other")["modules"])
    assert independent == {f"channels.{name}" for name in subpackages("channels")}


def test_the_pure_core_of_the_router_stands_in_its_contract() -> None:
    there = {f"router.{name}" for name in PURE_CORE if (ROOT / f"router/{name}.py").exists()}
    assert set(contract("The core of the router is pure")["source_modules"]) == there


def test_no_module_is_named_like_a_standard_one() -> None:
    names = {
        path: path.stem if path.name != "__init__.py" else path.parent.name for path in python_files(*rooms(), "tests")
    }
    assert [path for path, name in names.items() if name in sys.stdlib_module_names] == []


def test_every_folder_with_code_is_a_package() -> None:
    """Without `__init__.py` mypy and import-linter would pass it over, and equal names of tests would clash."""
    folders = {parent for path in python_files(*rooms(), "tests") for parent in path.parents if parent.parts}
    assert [folder for folder in sorted(folders) if not (ROOT / folder / "__init__.py").exists()] == []


def test_files_stay_short() -> None:
    sources = [
        path
        for path in project_files()
        if path.suffix in {".py", ".ts", ".vue", ".lua"}
        and "versions" not in path.parts
        and not path.name.endswith(".d.ts")
    ]
    lengths = {str(path): (ROOT / path).read_text("utf-8").count("\n") for path in sources}
    assert {path: length for path, length in lengths.items() if length > LONGEST_FILE} == {}


def test_functions_stay_short() -> None:
    long = {
        f"{path}:{node.lineno} {node.name}"
        for path in python_files(*rooms(), "tests", "plugins")
        if "versions" not in path.parts
        for node in nodes_of(path)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (node.end_lineno or 0) - node.lineno + 1 > LONGEST_FUNCTION
    }
    assert long == set()


def test_rooms_name_their_files_alike() -> None:
    assert [path for path in python_files() if path.stem in OTHER_NAMES] == []


def test_rows_stand_in_tables_files() -> None:
    """Outside kit, whose modules each bring the rows they need."""
    misplaced = [
        f"{path}:{node.lineno}"
        for path in python_files()
        if path.parts[0] != "kit" and not path.stem.startswith("tables")
        for node in nodes_of(path)
        if isinstance(node, ast.ClassDef)
        and any(isinstance(part, ast.Assign) and _names(part) == {"__tablename__"} for part in node.body)
    ]
    assert misplaced == []


def test_routers_are_called_routes() -> None:
    misnamed = [
        f"{path}:{node.lineno}"
        for path in python_files()
        for node in nodes_of(path)
        if isinstance(node, ast.Assign)
        and isinstance(node.value, ast.Call)
        and isinstance(node.value.func, ast.Name)
        and node.value.func.id == "APIRouter"
        and _names(node) != {"routes"}
    ]
    assert misnamed == []


def _names(node: ast.Assign) -> set[str]:
    return {target.id for target in node.targets if isinstance(target, ast.Name)}


def test_only_settings_read_the_environment() -> None:
    readers = {
        path
        for path in python_files()
        for node in calls_and_attributes(path)
        if (node.attr if isinstance(node, ast.Attribute) else node.id) in {"environ", "environb", "getenv"}
    }
    assert readers <= READS_ENVIRONMENT


def test_no_statement_goes_past_the_access_filter() -> None:
    """Sealing and workspaces are enforced on ORM statements: raw SQL and tables would pass by."""
    strays = {
        f"{path}:{node.lineno}"
        for path in python_files()
        if not any(str(path).startswith(allowed) for allowed in WRITES_SQL)
        for node in nodes_of(path)
        if (isinstance(node, ast.Attribute) and node.attr in {"__table__", "exec_driver_sql"})
        or (
            isinstance(node, ast.ImportFrom) and (node.module or "").startswith("sqlalchemy") and _imports(node, "text")
        )
    }
    assert strays == set()


def _imports(node: ast.ImportFrom, name: str) -> bool:
    return any(alias.name == name for alias in node.names)


def test_what_the_product_imports_is_declared() -> None:
    """A package that is there only because another one, or a test, needs it would be missing one day."""
    declared = {_plain(name) for name in pyproject()["project"]["dependencies"]}
    distributions = packages_distributions()
    undeclared = {
        f"{path}: {module}"
        for path in python_files()
        for module in _imported_packages(path)
        if module not in sys.stdlib_module_names and module not in rooms()
        if declared.isdisjoint(_plain(name) for name in distributions.get(module, []))
    }
    assert undeclared == set()


def _imported_packages(path: Path) -> set[str]:
    nodes = nodes_of(path)
    whole = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    parts = {node.module for node in nodes if isinstance(node, ast.ImportFrom) and node.module and not node.level}
    return {name.partition(".")[0] for name in whole | parts}


def _plain(requirement: str) -> str:
    """The normalised name of a requirement (PEP 503)."""
    name = re.match(r"[\w.-]+", requirement)
    return re.sub(r"[-_.]+", "-", name[0] if name else "").lower()


def test_the_locks_hold_what_is_declared() -> None:
    project = pyproject()["project"]
    for lock, wanted in {
        "locks/run.txt": project["dependencies"],
        "locks/dev.txt": project["dependencies"] + project["optional-dependencies"]["dev"],
    }.items():
        text = (ROOT / lock).read_text("utf-8")
        locked = {_plain(line) for line in text.splitlines() if line[:1].isalnum()}
        assert {_plain(name) for name in wanted} - locked == set(), f"run scripts/lock: {lock} is behind"
        assert "://" not in text

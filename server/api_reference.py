"""docs/api.md from the OpenAPI document: `python -m server.api_reference frontend/shared/openapi.json docs/api.md`."""

import json
import sys
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any

HEAD = """# API reference

Written by `scripts/openapi-types` from the OpenAPI document (`axd openapi`). Errors are problem+json (RFC 9457) with a
`code`; 503 and 429 carry `Retry-After`. Writing routes of the desk need the header `X-CSRF-Token` from
`GET /api/desk/session`, those of the chat widget the header `X-AXD-Chat`.
"""
METHODS = ("get", "post", "put", "patch", "delete")


def reference(document: dict[str, Any]) -> str:
    """One table of routes for each tag, then the fields of every schema."""
    groups: dict[str, list[str]] = defaultdict(list)
    for path, operations in sorted(document["paths"].items()):
        for method in METHODS:
            if method in operations:
                operation = operations[method]
                groups[(operation.get("tags") or ["citizens' side"])[0]].append(_route(method, path, operation))
    parts = [HEAD]
    for tag, routes in sorted(groups.items()):
        parts += [f"## {tag}\n", "| route | takes | gives |\n|---|---|---|", *routes, ""]
    parts.append("## Schemas\n")
    for name, schema in sorted(document["components"]["schemas"].items()):
        parts.append(_schema(name, schema))
    return "\n".join(parts)


def _route(method: str, path: str, operation: dict[str, Any]) -> str:
    takes = [f"`{item['name']}`" for item in operation.get("parameters", []) if item["in"] == "query"]
    takes += _types(operation.get("requestBody", {}).get("content", {}))
    gives = [
        f"{status} {' '.join(_types(answer.get('content', {})))}".strip()
        for status, answer in operation["responses"].items()
        if status.startswith("2")
    ]
    return f"| `{method.upper()} {path}` | {', '.join(takes)} | {', '.join(gives)} |"


def _types(content: dict[str, Any]) -> list[str]:
    return [word for media in content.values() if (word := _type(media.get("schema", {})))]


def _type(schema: dict[str, Any]) -> str:
    if "$ref" in schema:
        name = schema["$ref"].rsplit("/", 1)[-1]
        return f"[{name}](#{name.lower()})"
    if "anyOf" in schema:
        return " or ".join(filter(None, (_type(one) for one in schema["anyOf"])))
    if schema.get("type") == "array":
        return f"list of {_type(schema.get('items', {})) or 'anything'}"
    if "enum" in schema:
        return " or ".join(f"`{value}`" for value in schema["enum"])
    return str(schema.get("format") or schema.get("const") or schema.get("type") or "")


def _schema(name: str, schema: dict[str, Any]) -> str:
    lines = [f"### {name}\n"]
    if schema.get("description"):
        lines.append(f"{schema['description']}\n")
    lines += _fields(schema.get("properties", {}).items(), frozenset(schema.get("required", ())))
    return "\n".join(lines) + "\n"


def _fields(properties: Iterable[tuple[str, dict[str, Any]]], required: frozenset[str]) -> list[str]:
    return [
        f"- `{name}`{'' if name in required else ' (optional)'}: {_type(field)}"
        + (f". {field['description']}" if field.get("description") else "")
        for name, field in properties
    ]


def main() -> None:
    source, target = Path(sys.argv[1]), Path(sys.argv[2])
    target.write_text(reference(json.loads(source.read_text("utf-8"))), "utf-8")


if __name__ == "__main__":
    main()

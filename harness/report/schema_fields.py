"""Every field of a schema, with its type and unit, as Markdown: reports/fields.md.

    schema_fields.py TITLE=SCHEMA...            prints the page
    schema_fields.py --check PAGE TITLE=SCHEMA...  exit status 1: PAGE is another one
"""

import json
import pathlib
import sys

COMMAND = ("python3 harness/report/schema_fields.py report.json=reports/report.schema.json "
           "story.json=reports/story.schema.json "
           "'holdfast compare --json=reports/compare.schema.json' >reports/fields.md")


def kind_of(node):
    if "$ref" in node:
        name = node["$ref"].rsplit("/", 1)[1]
        return f"[{name}](#{name})"
    if "anyOf" in node:
        return " or ".join(kind_of(one) for one in node["anyOf"])
    if "const" in node:
        return json.dumps(node["const"])
    if "enum" in node:
        return ", ".join("null" if value is None else str(value) for value in node["enum"])
    kinds = node.get("type", "any")
    return kinds if isinstance(kinds, str) else " or ".join(kinds)


def rows_of(node, place):
    """The fields within `node`, in depth; what is shared has a table of its own."""
    for one in node.get("anyOf", [node]):
        for key, value in one.get("properties", {}).items():
            yield from field_rows(value, f"{place}.{key}" if place else key)
        if "items" in one:
            yield from field_rows(one["items"], f"{place}[]")


def field_rows(node, place):
    text = node.get("description", "").replace("|", "\\|")
    yield f"| `{place}` | {kind_of(node)} | {node.get('unit', '')} | {text} |"
    yield from rows_of(node, place)


def table(node):
    rows = list(rows_of(node, ""))
    if not rows:
        return [f"{kind_of(node)}", ""]
    return ["| field | type | unit | meaning |", "|---|---|---|---|", *rows, ""]


def page(schemas):
    lines = ["# Every field", "",
             "Made of the schemas, which a test compares with what the program writes, by",
             f"`{COMMAND}`.", "",
             "`[]` stands for each element of a list. A field is always there; null says that it is "
             "not known, or", "does not apply.", ""]
    for title, path in schemas:
        schema = json.loads(pathlib.Path(path).read_text(encoding="utf-8"))
        lines += [f"## {title}", "", schema["description"], "", *table(schema)]
        for name, node in schema.get("$defs", {}).items():
            lines += [f"### {name}", "", node.get("description", ""), "", *table(node)]
    return "\n".join(lines).rstrip() + "\n"


def main(arguments):
    checked = None
    if arguments[:1] == ["--check"]:
        checked, arguments = arguments[1], arguments[2:]
    text = page([argument.rsplit("=", 1) for argument in arguments])
    if checked is None:
        print(text, end="")
        return 0
    if pathlib.Path(checked).read_text(encoding="utf-8") == text:
        return 0
    print(f"{checked} is not what its schemas say; make it anew:\n  {COMMAND}")
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

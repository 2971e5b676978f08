"""Whether report.json, junit.xml and reports/report.schema.json agree.

    schema_test.py SCHEMA FOLDER     FOLDER holds NAME.json of samples, and NAME.xml of runs

Exit status: 0 they do; 1 they do not, and standard output says where; 77 jsonschema is missing.
"""

import json
import pathlib
import sys
import xml.etree.ElementTree as tree

try:
    import jsonschema
except ImportError:
    print("SKIPPED: python3-jsonschema is not installed")
    sys.exit(77)

problems = []


def complain(place, what):
    problems.append(f"{place}: {what}")


class Schema:
    def __init__(self, root):
        self.root = root

    def resolved(self, node, place):
        """The schema itself where `node` only refers to one: what is shared has one place."""
        while "$ref" in node:
            place = node["$ref"].rsplit("/", 1)[1]
            node = self.root["$defs"][place]
        return node, place

    def alternatives(self, node, place):
        """What a value can be beside null, and where that is described."""
        node, place = self.resolved(node, place)
        for one in node.get("anyOf", [node]):
            one, at = self.resolved(one, place)
            if one.get("type") != "null":
                yield one, at

    def validator(self, node):
        return jsonschema.Draft202012Validator({"$defs": self.root.get("$defs", {}), **node})


def is_number(node):
    kinds = node.get("type", [])
    kinds = [kinds] if isinstance(kinds, str) else kinds
    values = node.get("enum", [node["const"]] if "const" in node else [])
    return {"integer", "number"} & set(kinds) or any(
        isinstance(value, (int, float)) and not isinstance(value, bool) for value in values)


def check_schema(schema, node, place):
    """Every field described, every number with its unit, every object closed and complete."""
    if "description" not in node and "description" not in schema.resolved(node, place)[0]:
        complain(place, "has no description")
    for one, at in schema.alternatives(node, place):
        if is_number(one) and not one.get("unit"):
            complain(at, "is a number without a unit")
        if "properties" in one:
            if one.get("additionalProperties") is not False:
                complain(at, "lets unknown fields pass")
            if set(one.get("required", [])) != set(one["properties"]):
                complain(at, "does not require every field")
            for key, value in one["properties"].items():
                check_schema(schema, value, f"{at}/{key}")
        if "items" in one:
            check_schema(schema, one["items"], f"{at}/*")


def all_places(schema, node, place):
    yield place
    for one, at in schema.alternatives(node, place):
        yield at
        for key, value in one.get("properties", {}).items():
            yield from all_places(schema, value, f"{at}/{key}")
        if "items" in one:
            yield from all_places(schema, one["items"], f"{at}/*")


def check_strict(schema, node, value, place, seen):
    """A field too few, or one too many, is refused at every place; notes the places met."""
    if value is None:
        return
    seen.add(place)
    for one, at in schema.alternatives(node, place):
        if isinstance(value, dict) and "properties" in one:
            if (at, "strict") not in seen:
                seen.add((at, "strict"))
                check_object(schema.validator(one), value, at)
            for key, member in value.items():
                if key in one["properties"]:
                    check_strict(schema, one["properties"][key], member, f"{at}/{key}", seen)
        elif isinstance(value, list) and "items" in one:
            for element in value:
                check_strict(schema, one["items"], element, f"{at}/*", seen)
        seen.add(at)


def check_object(validator, value, place):
    for key in value:
        if validator.is_valid({k: v for k, v in value.items() if k != key}):
            complain(f"{place}/{key}", "can be left out without the schema minding")
        if validator.is_valid({**value, key: [[]]}):
            complain(f"{place}/{key}", "can be anything without the schema minding")
    if validator.is_valid({**value, "unheard_of": 1}):
        complain(place, "can have any other field without the schema minding")


def check_junit(path):
    for suite in tree.parse(path).getroot():
        cases = list(suite.iter("testcase"))
        for attribute, element in (("failures", "failure"), ("errors", "error"),
                                   ("skipped", "skipped")):
            count = sum(case.find(element) is not None for case in cases)
            if int(suite.get(attribute)) != count:
                complain(path.name, f"says {suite.get(attribute)} {attribute}, has {count}")
        if int(suite.get("tests")) != len(cases):
            complain(path.name, f"says {suite.get('tests')} tests, has {len(cases)}")
        if cases[-1].get("name") != "expectation":
            complain(path.name, "has no case for what was expected")


def main(schema_path, folder):
    schema = Schema(json.loads(pathlib.Path(schema_path).read_text(encoding="utf-8")))
    jsonschema.Draft202012Validator.check_schema(schema.root)
    check_schema(schema, schema.root, "")
    seen = set()
    reports = sorted(pathlib.Path(folder).glob("*.json"))
    for path in reports:
        report = json.loads(path.read_text(encoding="ascii"))
        for error in schema.validator(schema.root).iter_errors(report):
            complain(f"{path.name}: {error.json_path}", error.message[:200])
        check_strict(schema, schema.root, report, "", seen)
        if path.with_suffix(".xml").exists():
            check_junit(path.with_suffix(".xml"))
    if not reports:
        complain(folder, "has no reports")
    for place in dict.fromkeys(all_places(schema, schema.root, "")):
        if place not in seen:
            complain(place, "is in no sample")
    print("\n".join(problems) if problems else f"{len(reports)} reports fit")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2]))

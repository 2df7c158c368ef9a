"""Holds values against JSON Schemas (2020-12): values.py VALUES.jsonl RESULT.json

A line of the first file is {"operation", "schema"}, or {"operation", "example", "value"} after it.
Formats count: a `date-time` that is none is wrong. Needs jsonschema and rfc3339-validator."""

import json
import sys

from jsonschema import Draft202012Validator, FormatChecker

FORMATS = FormatChecker(formats=["date-time", "date", "email"])


def leaves(error):
    """Below an `anyOf` or `oneOf` the alternatives that came nearest say what is wrong."""
    if not error.context:
        return [error]
    branches = {}
    for inner in error.context:
        branches.setdefault(inner.schema_path[0], []).append(inner)
    # Another value of a discriminator, or another type, is the wrong alternative.
    def far(branch):
        return sum(len(inner.path) <= 1 and inner.validator in ("const", "enum", "type") for inner in branch), len(branch)
    return [leaf for inner in min(branches.values(), key=far) for leaf in leaves(inner)]


def main(values, result):
    validators, differs, seen = {}, {}, 0
    for line in open(values, encoding="utf-8"):
        line = json.loads(line)
        if "schema" in line:
            Draft202012Validator.check_schema(line["schema"])
            validators[line["operation"]] = Draft202012Validator(line["schema"], format_checker=FORMATS)
            continue
        seen += 1
        for error in validators[line["operation"]].iter_errors(line["value"]):
            for leaf in leaves(error):
                pointer = "/" + "/".join("*" if isinstance(part, int) else part for part in leaf.absolute_path)
                says = f"{pointer} {leaf.validator}: {' '.join(leaf.message.split())[:100]}"
                differs[(line["operation"], line["example"], pointer, leaf.validator)] = says
    found = [{"operation": key[0], "example": key[1], "says": says} for key, says in differs.items()]
    json.dump({"values": seen, "differs": found}, open(result, "w", encoding="utf-8"), indent=1)


if __name__ == "__main__":
    main(*sys.argv[1:])

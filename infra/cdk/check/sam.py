"""Writes a synthesised template as SAM can check and build it.

    python3 sam.py TEMPLATE SUPPRESSIONS FUNCTIONS [NAME ...]

SAM's lint takes no list of rules to leave out, so the template itself names those of suppressions.json. And
what the CDK notes about a function is that its code is a folder of FUNCTIONS, which SAM is to build with Go, and
not what was built before; one that is not among the names, if there are any, is not built. Everything else stays
as it was synthesised.
"""
import json
import os
import sys

template_file, suppressions_file, functions, *names = sys.argv[1:]
with open(template_file, encoding="utf-8") as f:
    template = json.load(f)
with open(suppressions_file, encoding="utf-8") as f:
    ignored = [s["rule"] for s in json.load(f) if s["tool"] == "cfn-lint"]
template.setdefault("Metadata", {})["cfn-lint"] = {"config": {"ignore_checks": ignored}}
for resource in template["Resources"].values():
    if resource["Type"] != "AWS::Lambda::Function":
        continue
    name = resource["Properties"]["FunctionName"].rsplit("-", 1)[1]
    source = os.path.join(functions, name)
    if not os.path.isdir(source):
        sys.exit(f"sam.py: function {name} has no folder {source}")
    how = {"aws:asset:is-bundled": True} if names and name not in names else {"BuildMethod": "go1.x"}
    resource["Metadata"] = {"aws:asset:path": source, "aws:asset:property": "Code"} | how
json.dump(template, sys.stdout, indent=1)

"""Sums up the purchase history of the package lifetimes by plain reading, and says where its files are.

Only the data files of the package are used; its code, and what that would import, is not touched.
"""
import importlib.util
import json
import os
import sys
from decimal import Decimal

spec = importlib.util.find_spec("lifetimes")
if spec is None:
    sys.exit("the package lifetimes is missing")
folder = os.path.join(os.path.dirname(spec.origin), "datasets")
out = []
for name, titles in (("CDNOW_master.txt", 1), ("CDNOW_sample.txt", 0)):
    path = os.path.join(folder, name)
    with open(path, encoding="ascii") as f:
        rows = [line.split() for line in f][titles:]
    cents = [int(Decimal(row[-1]) * 100) for row in rows]
    seen, points, repeated = set(), 0, 0
    for row, cent in zip(rows, cents):
        key = (row[0], *row[-3:])
        if key in seen:
            repeated += 1
            continue
        seen.add(key)
        points += cent // 100
    out.append({
        "path": path, "titles": titles, "rows": len(rows), "cents": sum(cents),
        "customers": len({row[0] for row in rows}), "repeated": repeated, "points": points,
    })
json.dump(out, sys.stdout)

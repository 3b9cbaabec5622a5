"""The contenders that are no Go programs. Each call is one contender's work, done once; it prints a figure as JSON:

    python peers.py rate --in FILE --out FILE --sql rate.sql --name NAME --cap N --threads 2
    python peers.py rules --in FILE --sql rate.sql ...     normal points and campaigns alone, from memory
    python peers.py duckdb|polars --in FILE                read the CSV file as text, and nothing else
    python peers.py struct --in FILE                       cut and decode fixed-length records, and hash them
"""

import argparse
import hashlib
import json
import struct
import time


def stages(path, values):
    """The stages of the SQL file by name, in order, with the values filled in."""
    found, name = {}, None
    for line in open(path, encoding="utf-8"):
        if line.startswith("-- stage: "):
            name = line[len("-- stage: "):].strip()
            found[name] = ""
        elif name:
            found[name] += line
    for name, text in found.items():
        for key, value in values.items():
            text = text.replace("{" + key + "}", str(value))
        found[name] = text
    return found


def connect(args):
    import duckdb

    db = duckdb.connect(":memory:", config={"threads": args.threads})
    db.execute("SET enable_progress_bar = false")
    return db


def sql(args):
    cap = args.cap
    return stages(args.sql, {"file": args.input, "name": args.name, "out": args.out, "cap": cap})


def rate(args):
    db, took = connect(args), []
    start = time.perf_counter()
    for name, text in sql(args).items():
        before = time.perf_counter()
        db.execute(text)
        took.append(f"{name} {time.perf_counter() - before:.2f} s")
    seconds = time.perf_counter() - start
    return {"seconds": seconds, "note": ", ".join(took[1:])}


def rules(args):
    db, text = connect(args), sql(args)
    for name in ("session", "parse", "validate and identify", "duplicates"):
        db.execute(text[name])
    count = db.execute("SELECT count(*) FROM sales").fetchone()[0]
    # The cards are identified again, as that is part of what is timed.
    db.execute("CREATE TABLE known AS SELECT * EXCLUDE (provider) FROM sales; DROP TABLE sales")
    start = time.perf_counter()
    db.execute("""CREATE TABLE sales AS SELECT known.*, provider FROM known JOIN ranges
        ON ranges.digits = length(card) AND card::BIGINT BETWEEN low AND high
        WHERE NOT checked OR luhn(card::BIGINT)""")
    db.execute(text["rules"])
    seconds = time.perf_counter() - start
    entries, points = db.execute("SELECT count(*), sum(points) FROM awards").fetchone()
    return {"seconds": seconds, "records": count, "rated": True, "note": f"{entries} awards, {points} points"}


def read_duckdb(args):
    db = connect(args)
    text = stages(args.sql, {"file": args.input})["parse"]
    start = time.perf_counter()
    query = text.split("CREATE TABLE texts AS")[1].replace("SELECT *", "SELECT count(memo), count(card)", 1)
    db.execute(query).fetchall()
    return {"seconds": time.perf_counter() - start}


def read_polars(args):
    import polars

    start = time.perf_counter()
    rows = polars.read_csv(args.input, infer_schema=False).height
    return {"seconds": time.perf_counter() - start, "records": rows}


def unpack(args):
    widths = (1, 4, 10, 8, 24, 3, 6, 32, 16, 16, 9, 9, 8, 10, 24, 3, 6, 60, 5, 2)
    cut = struct.Struct("".join(f"{w}s" for w in widths))
    rows = bad = total = 0
    start = time.perf_counter()
    digest = hashlib.sha256()
    with open(args.input, "rb") as file:
        while block := file.read(cut.size * 4096):
            digest.update(block)
            for record in cut.iter_unpack(block):
                if record[0] != b"2":
                    continue
                rows += 1
                try:
                    values = [field.decode("cp932").rstrip(" ") for field in record[:-2]]
                    total += int(values[10])
                except ValueError:
                    bad += 1
    return {"seconds": time.perf_counter() - start, "records": rows, "bad": bad}


def peak():
    for line in open("/proc/self/status"):
        if line.startswith("VmHWM:"):
            return int(line.split()[1])
    return 0


def main():
    work = {"rate": rate, "rules": rules, "duckdb": read_duckdb, "polars": read_polars, "struct": unpack}
    parser = argparse.ArgumentParser()
    parser.add_argument("contender", choices=work)
    parser.add_argument("--in", dest="input", required=True)
    parser.add_argument("--out", default="")
    parser.add_argument("--sql", default="")
    parser.add_argument("--name", default="")
    parser.add_argument("--cap", type=int, default=0)
    parser.add_argument("--threads", type=int, default=1)
    args = parser.parse_args()
    figure = work[args.contender](args)
    figure["peak_kib"] = peak()
    print(json.dumps(figure))


main()

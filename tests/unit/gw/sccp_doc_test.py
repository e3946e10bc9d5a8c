#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
# sccp_doc_test.py - Checks that docs/sccp.md is what the tables say now.
#
# usage: sccp_doc_test.py DOC-PROGRAM PAGE

import subprocess
import sys

page = subprocess.run([sys.argv[1]], check=True, capture_output=True).stdout
with open(sys.argv[2], "rb") as stored:
    fresh = stored.read() == page
if not fresh:
    print(f"{sys.argv[2]} is out of date. Write it anew: {sys.argv[1]} > {sys.argv[2]}")
print(f"sccp_doc: {int(fresh)} passed, {int(not fresh)} failed, 0 skipped")
sys.exit(not fresh)

"""Compares the licenses of all crates in the program with those that are allowed."""

import re
import subprocess
import sys

ALLOWED = {
    "0BSD", "Apache-2.0", "Apache-2.0 WITH LLVM-exception", "BSD-2-Clause", "BSD-3-Clause", "BSL-1.0", "CDLA-Permissive-2.0",
    "ISC", "MIT", "Unicode-3.0", "Unlicense", "Zlib",
}
TREE = ["cargo", "tree", "--locked", "--all-features", "--target", "all", "--edges", "normal,build", "--prefix", "none"]


def is_allowed(expression):
    """Whether an SPDX expression can be satisfied. Old crates write `/` for `OR`."""
    parts = re.split(r"(\(|\)|/|\bAND\b|\bOR\b)", expression)
    words = {"(": "(", ")": ")", "/": "or", "OR": "or", "AND": "and"}
    terms = [words.get(part.strip()) or str(part.strip() in ALLOWED) for part in parts if part.strip()]
    return bool(terms) and eval(" ".join(terms))


assert is_allowed("(MIT OR GPL-3.0) AND Unicode-3.0") and not is_allowed("MIT AND GPL-3.0") and not is_allowed("")
crates = subprocess.run([*TREE, "--format", "{p}|{l}"], check=True, capture_output=True, text=True).stdout.splitlines()
crates = {line.removesuffix(" (*)") for line in crates if line.strip()}
refused = sorted(crate for crate in crates if not is_allowed(crate.split("|")[1]))
print(f"{len(crates)} crates, {len(refused)} of them under licenses that are not listed in {sys.argv[0]}", *refused, sep="\n")
sys.exit(bool(refused))

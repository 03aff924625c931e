"""Measures the cost of compiling a further action in lines of LLVM IR, which, unlike times, do not depend on load.

In a copy of the source, a hundred actions are added to the catalogue: copies of existing actions under other names. The
library is compiled with and without them, as by `make demo`. A hundredth of the difference is the cost of one action, and
must not exceed the bound in tests/performance/compile_cost. The time has no bound, because it depends on load.
"""

import os
import pathlib
import re
import shutil
import subprocess
import sys
import time

BOUND = pathlib.Path(__file__).with_name("compile_cost")
ROOT = pathlib.Path(__file__).resolve().parents[2]
WORK = ROOT / "target/compile_cost"
TARGET = WORK / "target"
DEPENDENCIES = TARGET / "release/deps"
# What the library is compiled from, and what cargo wants to be there.
SOURCES = ["Cargo.toml", "Cargo.lock", "src", "migrations", "benches", "tests", "config.example.toml"]
ADDED = 100
IR = ["--emit=llvm-ir", "-Cno-prepopulate-passes"]


def main():
    copies = {"without": copy("without"), "with": copy("with")}
    add_actions(copies["with"])
    lines = {name: count_lines(folder) for name, folder in copies.items()}
    each = (lines["with"] - lines["without"]) // ADDED
    print(f"the library: {lines['without']} lines of LLVM IR; each further action: {each}")
    seconds = {name: compile_library(folder) for name, folder in copies.items()}
    for index, kind in enumerate(["seconds", "seconds of processor time"]):
        without, of_all = seconds["without"][index], seconds["with"][index]
        print(f"the library: {without:.0f} {kind}; each further action: {(of_all - without) / ADDED:.2f}")
    bound = int(next(line for line in BOUND.read_text().splitlines() if not line.startswith("#")))
    if each > bound:
        sys.exit(f"An action may cost {bound} lines at most: see docs/performance.md")


def copy(name):
    folder = WORK / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for source in SOURCES:
        (shutil.copytree if (ROOT / source).is_dir() else shutil.copy2)(ROOT / source, folder / source)
    return folder


def add_actions(folder):
    """Adds actions of all kinds, each with its file and its line in the catalogue."""
    catalogue = folder / "src/actions/mod.rs"
    text = catalogue.read_text()
    # Parts of an action that have files of their own are not copied.
    actions = [action for action in listed(text) if not file_of(folder, *action[:2]).with_suffix("").is_dir()]
    for number in range(ADDED):
        group, module, action = actions[number % len(actions)]
        suffix = number // len(actions) + 1
        source = copied(file_of(folder, group, module).read_text(), action, f"{action}Copy{suffix}")
        file_of(folder, group, f"{module}_copy{suffix}").write_text(source)
        line = f"{module}: {action},"
        assert text.count(f" {line}") == 1, line
        text = text.replace(f" {line}", f" {line} {module}_copy{suffix}: {action}Copy{suffix},")
    catalogue.write_text(text)


def listed(catalogue):
    """Returns the group, the file and the type of each action, from `group { file: Type, … }`."""
    lists = re.findall(r"^ +(\w+)(?: with [\w, ]+)? \{\n((?: +\w+: \w+,\n)+) +\}$", catalogue, re.MULTILINE)
    actions = [(group, *action) for group, lines in lists for action in re.findall(r"(\w+): (\w+),", lines)]
    assert actions, "no actions were found in the catalogue"
    return actions


def file_of(folder, group, module):
    return folder / f"src/actions/{group}/{module}.rs"


def copied(source, action, name):
    source = re.sub(rf"\b{action}\b", name, source)

    def unless_foreign(implementation):
        """Types that are declared elsewhere can have one implementation only."""
        is_own = re.search(rf"\b(enum|struct) {implementation[1]}\b", source)
        return implementation[0] if is_own else ""

    return re.sub(r"^impl Value for (\w+) \{\n.*?^\}\n", unless_foreign, source, flags=re.MULTILINE | re.DOTALL)


def count_lines(folder):
    """Counts the lines of all functions before they are optimized, as `cargo llvm-lines` does."""
    for old in DEPENDENCIES.glob("whmcs_api-*.ll"):
        old.unlink()
    compile_library(folder, IR)
    (ir,) = DEPENDENCIES.glob("whmcs_api-*.ll")
    count, is_inside = 0, False
    with ir.open(errors="replace") as lines:
        for line in lines:
            if line.startswith("define "):
                is_inside = True
            elif line.startswith("}"):
                is_inside = False
            # Lines with more indentation continue the previous one.
            elif is_inside and line.startswith("  ") and not line.startswith("   "):
                count += 1
    return count


def compile_library(folder, options=()):
    """Compiles the library again, and its dependencies once. Returns the time and the processor time, in seconds."""
    cargo = ["cargo", "rustc", "--quiet", "--locked", "--release", "--lib", "--target-dir", TARGET]
    (folder / "src/lib.rs").touch()
    start, before = time.monotonic(), os.times()
    subprocess.run([*cargo, "--", "--cap-lints=allow", *options], cwd=folder, check=True)
    after = os.times()
    processors = after.children_user + after.children_system - before.children_user - before.children_system
    return time.monotonic() - start, processors


if __name__ == "__main__":
    main()

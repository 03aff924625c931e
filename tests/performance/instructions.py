"""Counts the instructions of the server for a call, which, unlike times, do not depend on load.

The demo runs under valgrind's callgrind, which counts from one dump to the next. Each action is called separately, and
must not exceed its bound in tests/performance/instructions. With --write, the bounds are set to a tenth above the counts.
"""

import http.client
import pathlib
import re
import subprocess
import sys
import tempfile
import time
import urllib.parse

BOUNDS = pathlib.Path(__file__).with_name("instructions")
WARM, CALLS = 30, 200
LOGIN = {"identifier": "DemoIdentifier000000000000000001", "secret": "DemoSecret0000000000000000000001", "responsetype": "json"}
ACTIONS = {
    "GetCredits": {"clientid": 1},
    "GetInvoice": {"invoiceid": 12},
    "GetInvoices": {"limitnum": 25},
    "GetClientsDetails": {"clientid": 1},
    "GetProductsGroups": {},
    "GetProductsActive": {},
    "AddCredit": {"clientid": 1, "amount": "1.00", "description": "x"},
}


def main(program, write):
    with tempfile.TemporaryDirectory() as folder:
        valgrind = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={folder}/out"]
        server = subprocess.Popen(
            [*valgrind, program, "demo", "--listen", "127.0.0.1:0", "--data-dir", folder + "/data"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            told = next(line for line in server.stderr if "http://" in line)
            connection = http.client.HTTPConnection("127.0.0.1", int(re.search(r"127\.0\.0\.1:(\d+)", told)[1]))
            counted = {action: count(connection, server.pid, folder, action) for action in ACTIONS}
        finally:
            server.terminate()
            server.communicate()
    return report(counted, write)


def count(connection, process, folder, action):
    """Returns the instructions of one call, after many others."""
    call(connection, action, WARM)
    dump(process, folder)
    call(connection, action, CALLS)
    return dump(process, folder) // CALLS


def call(connection, action, times):
    body = urllib.parse.urlencode({**LOGIN, "action": action, **ACTIONS[action]})
    for _ in range(times):
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        connection.request("POST", "/includes/api.php", body, headers)
        reply = connection.getresponse().read()
        assert b'"result":"success"' in reply, reply


def dump(process, folder):
    """Returns the instructions since the last dump."""
    before = set(pathlib.Path(folder).glob("out.*"))
    subprocess.run(["callgrind_control", "--dump", str(process)], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    for _ in range(300):
        for new in set(pathlib.Path(folder).glob("out.*")) - before:
            totals = re.search(r"^totals: (\d+)", new.read_text(), re.MULTILINE)
            if totals:
                return int(totals[1])
        time.sleep(0.1)
    sys.exit("callgrind has not written what it counted")


def report(counted, write):
    if write:
        head = [line for line in BOUNDS.read_text().splitlines() if line.startswith("#")]
        lines = [f"{action} {round(instructions * 11 // 10, -3)}" for action, instructions in counted.items()]
        BOUNDS.write_text("\n".join(head + lines) + "\n")
    bounds = dict(line.split() for line in BOUNDS.read_text().splitlines() if not line.startswith("#"))
    for action, instructions in counted.items():
        print(f"{action:<20} {instructions:>10} instructions a call, of at most {bounds[action]}")
    return all(instructions <= int(bounds[action]) for action, instructions in counted.items())


if __name__ == "__main__":
    sys.exit(0 if main(sys.argv[1], "--write" in sys.argv) else "more instructions than tests/performance/instructions allows")

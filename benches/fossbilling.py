"""`make bench-fossbilling`: what methods of FOSSBilling's API take, and the actions of WHMCS's API that do the same.

Counts the processor time of the server and of its database, which does not depend on how busy the machine is. Both sides take
turns in rounds of the same number of calls, one after the other on one connection."""

import base64
import http.client
import json
import os
import statistics
import subprocess
import sys
import tempfile

ROUNDS, CALLS = 7, int((sys.argv + ["1500"])[2])
PAIRS = [
    ("admin/client/get", {"id": 1}, "GetClientsDetails", {"clientid": 1}),
    ("admin/client/get_list", {"per_page": 10}, "GetClients", {"limitnum": 10}),
    ("admin/invoice/get", {"id": 1}, "GetInvoice", {"invoiceid": 1}),
    ("admin/invoice/get_list", {"per_page": 10}, "GetInvoices", {"limitnum": 10}),
    ("admin/order/get_list", {"client_id": 1}, "GetClientsProducts", {"clientid": 1}),
    ("admin/product/get_list", {}, "GetProducts", {}),
    ("admin/support/ticket_get", {"id": 1}, "GetTicket", {"ticketid": 1}),
    (
        "admin/client/balance_add_funds",
        {"id": 1, "amount": "1.00", "description": "Bench"},
        "AddCredit",
        {"clientid": 1, "amount": "1.00", "description": "Bench"},
    ),
]


def cpu(processes):
    """Seconds that these processes have used."""
    used = 0
    for process in processes:
        with open(f"/proc/{process}/stat") as stat:
            fields = stat.read().rsplit(")", 1)[1].split()
        used += int(fields[11]) + int(fields[12])
    return used / os.sysconf("SC_CLK_TCK")


def descendants(process):
    """A process and all that it has started."""
    found = [process]
    for entry in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{entry}/stat") as stat:
                parent = int(stat.read().rsplit(")", 1)[1].split()[1])
        except OSError:
            continue
        if parent == process:
            found += descendants(int(entry))
    return found


def basic(login):
    return "Basic " + base64.b64encode(login.encode()).decode()


def main(program):
    with tempfile.TemporaryDirectory() as folder:
        arguments = [program, "demo", "--listen", "127.0.0.1:0", "--data-dir", folder]
        server = subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True)
        try:
            line = next(line for line in server.stdout if "http://" in line)
            address = line.split("http://", 1)[1].split("/", 1)[0]
            measure(http.client.HTTPConnection(address), descendants(server.pid))
        finally:
            server.terminate()
            server.wait()


def measure(connection, processes):
    admin = basic("admin:DemoAdminKey00000000000000000001")
    credential = basic("DemoIdentifier000000000000000001:DemoSecret0000000000000000000001")

    def spent(path, login, parameters):
        headers = {"authorization": login, "content-type": "application/json"}
        body, before = json.dumps(parameters), cpu(processes)
        for _ in range(CALLS):
            connection.request("POST", path, body, headers)
            answer = connection.getresponse()
            text = answer.read()
            assert answer.status == 200 and b'"error":{' not in text, text
        lengths[path] = len(text)
        return (cpu(processes) - before) / CALLS * 1e6

    lengths = {}
    print("| method | action | µs | µs of the action | ratio | bytes | bytes of the action | ratio |")
    print("|---|---|---:|---:|---:|---:|---:|---:|")
    for method, of_method, action, of_action in PAIRS:
        rounds = []
        for _ in range(ROUNDS):
            ours = spent(f"/api/{method}", admin, of_method)
            rounds.append((ours, spent(f"/v1/{action}", credential, of_action)))
        times = [statistics.median(side) for side in zip(*rounds[1:])]
        bytes_ = [lengths[f"/api/{method}"], lengths[f"/v1/{action}"]]
        columns = [f"{ours:.0f} | {theirs:.0f} | {ours / theirs:.2f}" for ours, theirs in (times, bytes_)]
        print(f"| {method} | {action} | {' | '.join(columns)} |", flush=True)


main(sys.argv[1])

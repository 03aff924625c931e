"""A Prometheus scrapes the metrics of the demo; then every query of the dashboard and every alert is evaluated."""

import json
import os
import re
import socket
import subprocess
import sys
import time
import urllib.parse
import urllib.request

PROGRAM, PROMETHEUS, HOME = sys.argv[1:]
CREDENTIAL = {"identifier": "DemoIdentifier000000000000000001", "secret": "DemoSecret0000000000000000000001"}


def eventually(what, ask, seconds=60):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            if found := ask():
                return found
        except OSError:
            pass
        time.sleep(0.2)
    sys.exit(f"never: {what}")


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def start_demo():
    log = open(f"{HOME}/demo.log", "w+")
    environment = os.environ | {"WHMCS_API_METRICS_LISTEN": "127.0.0.1:0"}
    arguments = [PROGRAM, "demo", "--listen", "127.0.0.1:0", "--data-dir", f"{HOME}/data"]
    demo = subprocess.Popen(arguments, env=environment, stdout=subprocess.DEVNULL, stderr=log)
    said = lambda: re.findall(r"http://([\d.:]+)/(?:includes|metrics)", open(log.name).read())
    return demo, *eventually("the demo answers", lambda: len(said()) == 2 and said())


def call(address, **parameters):
    body = urllib.parse.urlencode(CREDENTIAL | {"responsetype": "json"} | parameters).encode()
    with urllib.request.urlopen(f"http://{address}/includes/api.php", body) as answer:
        return json.load(answer)


def start_prometheus(metrics):
    with open(f"{HOME}/prometheus.yaml", "w") as file:
        json.dump(
            {
                "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
                "scrape_configs": [{"job_name": "whmcs-api", "static_configs": [{"targets": [metrics]}]}],
                "rule_files": [os.path.realpath("docs/alerts.yaml")],
            },
            file,
        )
    address = f"127.0.0.1:{free_port()}"
    log = open(f"{HOME}/prometheus.log", "w")
    options = [f"--config.file={HOME}/prometheus.yaml", f"--storage.tsdb.path={HOME}/series", f"--web.listen-address={address}"]
    return subprocess.Popen([PROMETHEUS, *options], stdout=log, stderr=log), address


def main():
    running = []
    try:
        demo, api, metrics = start_demo()
        running.append(demo)
        prometheus, address = start_prometheus(metrics)
        running.append(prometheus)

        def ask(path, **parameters):
            query = urllib.parse.urlencode(parameters)
            with urllib.request.urlopen(f"http://{address}/api/v1/{path}?{query}") as answer:
                return json.load(answer)["data"]

        def ask_number(query):
            found = ask("query", query=query)["result"]
            return float(found[0]["value"][1]) if found else None

        eventually("Prometheus reads them", lambda: ask_number("up") == 1)
        for number in range(1, 4):
            call(api, action="GetCredits", clientid=number)
            call(api, action="AddCredit", clientid=number, amount=1, description="watched")
        eventually(
            "the calls are counted",
            lambda: ask_number('sum(whmcs_api_calls_total{outcome="success"})') == 6,
        )
        metadata = eventually("metadata", lambda: ask("metadata"))
        named = {name: facts[0] for name, facts in metadata.items() if name.startswith("whmcs_api_")}
        assert len(named) >= 23, named
        for name, facts in named.items():
            assert facts["help"].endswith(".") and facts["type"] != "unknown", (name, facts)
        time.sleep(3)

        def queries(thing):
            if isinstance(thing, dict):
                yield from ([thing["expr"]] if "expr" in thing else [])
                thing = thing.values()
            for part in thing if not isinstance(thing, (str, int, float)) and thing is not None else []:
                yield from queries(part)

        empty, tried = [], 0
        for query in queries(json.load(open("docs/grafana-dashboard.json"))):
            tried += 1
            for variable, value in [("$instance", ".*"), ("$__rate_interval", "1m"), ("$__range", "5m")]:
                query = query.replace(variable, value)
            if not ask("query", query=query)["result"]:
                empty.append(query)
        # No audit has run, and the server was started only once in the last minute.
        unexpected = [query for query in empty if "audit" not in query and "start_time" not in query]
        assert not unexpected, unexpected
        alerts = [rule for group in ask("rules")["groups"] for rule in group["rules"]]
        assert alerts and all(rule["health"] == "ok" for rule in alerts), alerts
        firing = [rule["name"] for rule in alerts if rule["state"] == "firing"]
        assert not firing, firing
        print(f"Prometheus read {len(named)} metrics, {tried} queries of the dashboard and {len(alerts)} alerts")
    finally:
        for process in reversed(running):
            process.terminate()
            process.wait()


main()

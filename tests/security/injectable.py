"""A page with an SQL injection, which sqlmap must find to show that it works."""

import http.server
import sqlite3
import sys
import urllib.parse

database = sqlite3.connect(":memory:", check_same_thread=False)
database.executescript("CREATE TABLE t (id INTEGER, name TEXT); INSERT INTO t VALUES (1, 'one'), (2, 'two');")


class Page(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"])).decode()
        sent = urllib.parse.parse_qs(body).get("id", [""])[0]
        try:
            reply = str(database.execute(f"SELECT name FROM t WHERE id = {sent}").fetchall())
        except (sqlite3.Error, sqlite3.Warning, ValueError) as error:
            reply = str(error)
        self.send_response(200)
        self.end_headers()
        self.wfile.write(reply.encode(errors="replace"))

    def log_message(self, *_):
        pass


server = http.server.HTTPServer(("127.0.0.1", 0), Page)
print(server.server_port, flush=True)
sys.stdout.close()
server.serve_forever()

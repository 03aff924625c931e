"""A mail server that requires authentication, and prints received mails as lines of JSON."""

import email
import email.policy
import json
import logging
import signal
import socket

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult


class Handler:
    async def handle_DATA(self, server, session, envelope):
        mail = email.message_from_bytes(envelope.content, policy=email.policy.default)
        told = {name: mail[name] for name in ("From", "To", "Subject", "Message-ID")}
        told |= {"recipients": envelope.rcpt_tos, "defects": [str(defect) for defect in mail.defects]}
        for part in mail.walk():
            if not part.is_multipart():
                told[part.get_content_type()] = part.get_content().replace("\r\n", "\n")
        print(json.dumps(told), flush=True)
        return "250 Taken"


def login(server, session, envelope, mechanism, data):
    return AuthResult(success=data.login == b"whmcs" and data.password == "p\u00e4ss word".encode())


logging.getLogger("mail.log").setLevel(logging.ERROR)
with socket.create_server(("127.0.0.1", 0)) as free:
    port = free.getsockname()[1]
controller = Controller(
    Handler(), hostname="127.0.0.1", port=port, authenticator=login, auth_required=True, auth_require_tls=False,
    enable_SMTPUTF8=True,
)
controller.start()
print(port, flush=True)
signal.sigwait({signal.SIGTERM, signal.SIGINT})
controller.stop()

"""HTTP in bytes as they are given, for what no proper client would send.

`raw.py send ADDRESS PORT SECONDS BASE64` sends bytes and prints a line for each answer, then how it ended.
`raw.py slow ADDRESS PORT SECONDS CONNECTIONS` sends heads that never end and prints a line for each connection.
A line is `answered STATUS VERSION [APPLICATION]`, status 000 where the connection was closed without; `held` is a
connection that is still open at the end, without an answer.
"""
import base64
import re
import select
import socket
import sys
import time

HEAD = re.compile(rb"HTTP/(1\.[01]) (\d{3})[^\r\n]*\r\n(.*?)\r\n\r\n", re.S)
MARK = re.compile(rb"^x-application: *(\w+)", re.I | re.M)
MOST = 1 << 20


def answers(text: bytes) -> list[str]:
    lines = []
    for version, status, fields in HEAD.findall(text):
        mark = MARK.search(fields)
        lines.append(f"answered {status.decode()} {version.decode()} {mark[1].decode() if mark else ''}".rstrip())
    return lines


def report(received: bytes, is_open: bool) -> None:
    lines = answers(received)
    print("\n".join(lines) if lines else "held" if is_open else "answered 000 0")


def send(address: str, port: int, seconds: float, payload: bytes) -> None:
    until = time.monotonic() + seconds
    received, is_open = b"", True
    with socket.create_connection((address, port), seconds) as connection:
        connection.sendall(payload)
        while is_open and len(received) < MOST and (left := until - time.monotonic()) > 0:
            connection.settimeout(left)
            try:
                data = connection.recv(65536)
                received, is_open = received + data, bool(data)
            except TimeoutError:
                break
            except ConnectionError:
                is_open = False
    report(received, is_open)


def slow(address: str, port: int, seconds: float, count: int) -> None:
    until = time.monotonic() + seconds
    connections = {socket.create_connection((address, port), 5): b"" for _ in range(count)}
    for connection in connections:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: garden.example.com\r\n")
    alive = set(connections)
    while alive and time.monotonic() < until:
        for connection in select.select(list(alive), [], [], 0.5)[0]:
            try:
                data = connection.recv(65536)
            except ConnectionError:
                data = b""
            connections[connection] += data
            if not data:
                alive.discard(connection)
        for connection in list(alive):
            try:
                connection.sendall(b"X-Slow: 1\r\n")
            except ConnectionError:
                alive.discard(connection)
    for connection, received in connections.items():
        report(received, connection in alive)


if sys.argv[1] == "send":
    send(sys.argv[2], int(sys.argv[3]), float(sys.argv[4]), base64.b64decode(sys.argv[5]))
else:
    slow(sys.argv[2], int(sys.argv[3]), float(sys.argv[4]), int(sys.argv[5]))

"""SNTP (RFC 4330): `sntp.py serve ADDRESS` answers, `sntp.py ask ADDRESS` asks. Neither touches the clock."""
import socket
import struct
import sys
import time

UNIX_TO_NTP = 2208988800


def stamp(seconds: float) -> bytes:
    whole = int(seconds)
    return struct.pack("!II", (whole + UNIX_TO_NTP) & 0xFFFFFFFF, int((seconds - whole) * 2**32))


def family(address: str) -> int:
    return socket.AF_INET6 if ":" in address else socket.AF_INET


def serve(address: str) -> None:
    server = socket.socket(family(address), socket.SOCK_DGRAM)
    server.bind((address, 123))
    while True:
        request, client = server.recvfrom(512)
        if len(request) < 48:
            continue
        now = stamp(time.time())
        head = struct.pack("!BBbbII4s", 4 << 3 | 4, 1, 6, -20, 0, 16, b"GPS\0")
        server.sendto(head + now + request[40:48] + now + stamp(time.time()), client)


def ask(address: str) -> None:
    client = socket.socket(family(address), socket.SOCK_DGRAM)
    client.settimeout(2)
    client.sendto(struct.pack("!BBbb", 4 << 3 | 3, 0, 6, -20) + bytes(36) + stamp(time.time()), (address, 123))
    print(len(client.recv(512)), "bytes")


(serve if sys.argv[1] == "serve" else ask)(sys.argv[2])

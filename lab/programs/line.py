"""A long line between two interfaces: frames are passed on after a delay, a few are lost.

What a kernel's netem does, for kernels without it. The delay depends on the remote site, so that servers differ;
frames of a connection keep their order. Losses come from a fixed seed.
"""
import heapq
import random
import select
import socket
import sys
import time

ONE_WAY_S = {bytes([203, 0, 113]): 0.006, bytes([198, 51, 100]): 0.042}
DEFAULT_S = 0.009
LOSS = 0.012
PACKET_OUTGOING = 4


def delay(frame: bytes) -> float:
    if frame[12:14] == b"\x08\x00":
        for place in (26, 30):
            site = ONE_WAY_S.get(frame[place:place + 3])
            # The router's own line addresses belong to no site.
            if site is not None:
                return site
    return DEFAULT_S


def may_be_lost(frame: bytes) -> bool:
    """Only TCP segments with data: a lost SYN would hold a demo up for seconds."""
    return frame[12:14] == b"\x08\x00" and frame[23] == 6 and len(frame) > 200


def main() -> None:
    chance = random.Random(4)
    ends = []
    for name in sys.argv[1:3]:
        end = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
        end.bind((name, 0))
        ends.append(end)
    queue: list[tuple[float, int, int, bytes]] = []
    number = 0
    while True:
        wait = max(0.0, queue[0][0] - time.monotonic()) if queue else None
        for end in select.select(ends, [], [], wait)[0]:
            frame, where = end.recvfrom(65536)
            if where[2] == PACKET_OUTGOING:
                continue
            if may_be_lost(frame) and chance.random() < LOSS:
                continue
            number += 1
            heapq.heappush(queue, (time.monotonic() + delay(frame), number, 1 - ends.index(end), frame))
        now = time.monotonic()
        while queue and queue[0][0] <= now:
            _, _, side, frame = heapq.heappop(queue)
            try:
                ends[side].send(frame)
            except OSError:
                pass


main()

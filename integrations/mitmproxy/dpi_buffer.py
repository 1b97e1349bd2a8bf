"""weir for mitmproxy: every request and every answer is judged by weir before it goes on.

    mitmdump -s dpi_buffer.py --mode reverse:http://127.0.0.1:3000 --set keep_host_header=true

weir listens on a Unix socket of mode 0660: mitmproxy runs as its user or in its group. Options (--set name=value):

    weir_socket      path of the socket (/run/weir/mitmproxy.sock)
    weir_timeout     seconds that a judgement may take (0.5)
    weir_fail        what happens without a judgement: "open" lets pass, "closed" answers 503 (open)
    weir_body_limit  bytes of a body that weir is shown at most; 0: as many as weir wants to see (0)
    weir_reference   whether answers name their record in weir in a field "weir-reference" (false)

Needs Python 3.9, mitmproxy 8.1 to 11, and nothing else. src/mitm/mitmproxy/protocol.ts describes the frames.
"""

import asyncio
import html
import json
import logging
import struct
import time
import weakref

import mitmproxy.log
from mitmproxy import ctx, exceptions, http, version

HELLO, REQUEST, RESPONSE, ABANDON, VERDICT, BYE = range(1, 7)
PREFIX = struct.Struct(">IBII")  # length of the rest, type, id, length of the head
MOST_FRAME, MOST_UNSENT = 1 << 20, 64 << 20
RETRY_FIRST, RETRY_MOST = 0.05, 2.0


class Link:
    """The connection to weir, which comes back by itself."""

    def __init__(self, path):
        self.path = path
        self.writer = None
        self.limits = None  # what weir says of itself; None: not connected
        self.settled = asyncio.Event()  # set unless an attempt is under way that is worth waiting for
        self.waiting = {}  # id -> future of a verdict
        self.last_id = self.unjudged = 0
        self.task = asyncio.ensure_future(self.run())

    async def run(self):
        delay, was_down = RETRY_FIRST, False
        while True:
            since = time.monotonic()
            try:
                await self.connection()
            except Exception as error:  # whatever ends it, it is tried again
                reason = "closed" if isinstance(error, EOFError) else str(error) or type(error).__name__
            lost, self.limits = self.limits is not None, None
            for future in self.waiting.values():
                if not future.done():
                    future.set_exception(ConnectionError("the connection was lost"))
            if lost or not was_down:
                say("warn", f"{self.path}: {'connection lost' if lost else 'nobody judges'}: {reason}; trying again")
            was_down = not lost
            if lost and time.monotonic() - since > RETRY_MOST:
                delay = RETRY_FIRST
                self.settled.clear()  # weir may only have been started anew
            else:
                self.settled.set()
            await asyncio.sleep(delay)
            delay = min(delay * 2, RETRY_MOST)

    async def connection(self):
        """Ends only with an error."""
        reader, self.writer = await asyncio.open_unix_connection(self.path)
        try:
            self.send(HELLO, 0, encode({"version": 1, "agent": "mitmproxy " + version.VERSION}))
            _, _, self.limits = await asyncio.wait_for(self.receive(reader), 5)
            say("info", f"connected to {self.path}; not judged until now: {self.unjudged}")
            self.settled.set()
            while True:
                kind, number, head = await self.receive(reader)
                future = self.waiting.get(number)
                if kind == VERDICT and future is not None and not future.done():
                    future.set_result(head)
        finally:
            self.writer.close()

    async def receive(self, reader):
        length, kind, number, head_length = PREFIX.unpack(await reader.readexactly(PREFIX.size))
        length -= PREFIX.size - 4
        if not 0 <= head_length <= length <= MOST_FRAME:
            raise ValueError("what it sends is no frame")
        head = json.loads((await reader.readexactly(length))[:head_length])
        if kind == BYE:
            raise ConnectionError(head["reason"])
        return kind, number, head

    def send(self, kind, number, head, body=b""):
        length = PREFIX.size - 4 + len(head) + len(body)
        self.writer.write(PREFIX.pack(length, kind, number, len(head)) + head + body)

    async def ask(self, kind, number, head, body):
        """The verdict on a message. Raises whatever is the reason why there is none."""
        timeout, head = float(ctx.options.weir_timeout), encode(head)
        await asyncio.wait_for(self.settled.wait(), timeout)
        if self.limits is None or self.writer.transport.get_write_buffer_size() > MOST_UNSENT:
            raise ConnectionError("weir is not there, or does not read")
        if len(head) > self.limits["head_limit"]:
            return {"action": "deny", "status": 431, "reason": "the head is too long to be judged"}
        limit = self.limits["request_body_limit" if kind == REQUEST else "response_body_limit"]
        future = self.waiting[number] = asyncio.get_running_loop().create_future()
        try:
            self.send(kind, number, head, body[: min(limit, ctx.options.weir_body_limit or limit)])
            verdict = await asyncio.wait_for(future, timeout)
        except asyncio.TimeoutError:
            self.send(ABANDON, number, b"{}")
            raise TimeoutError(f"no verdict within {timeout} s") from None
        finally:
            del self.waiting[number]
        if not verdict["judged"]:
            raise ConnectionError(verdict["reason"])
        return verdict


def say(level, text):
    if hasattr(mitmproxy.log, "MitmLogHandler"):  # mitmproxy 9 and later
        logging.log(logging.WARNING if level == "warn" else logging.INFO, "weir: %s", text)
    else:
        getattr(ctx.log, level)("weir: " + text)


def encode(head):
    return json.dumps(head, ensure_ascii=False, separators=(",", ":")).encode()


def latin1(text):
    """Whatever a client sent, one character a byte."""
    return (text if isinstance(text, bytes) else (text or "").encode("utf-8", "replace")).decode("latin-1")


def endpoint(address):
    return [latin1(address[0]), address[1]] if address else ["", 0]


def describe(message):
    """What request and response have in common; the body as far as mitmproxy holds it."""
    body = b"" if message.stream else message.raw_content or b""
    declared = message.headers.get("content-length", "")
    known = declared.isascii() and declared.isdigit() and len(declared) < 16
    return {
        "protocol": latin1(message.data.http_version),
        "headers": [[latin1(name), latin1(value)] for name, value in message.headers.fields],
        "body_bytes": len(body) if not message.stream else int(declared) if known else -1,
    }, body


def describe_request(flow):
    request, client = flow.request, flow.client_conn
    head, body = describe(request)
    if request.data.authority and "host" not in request.headers:  # HTTP/2
        head["headers"].insert(0, ["host", latin1(request.data.authority)])
    # mitmproxy 8 as a transparent proxy: the kernel leads to its own port what was meant for others.
    server = flow.server_conn.address if ctx.options.mode == "transparent" else client.sockname
    tls = [latin1(client.tls_version), latin1(client.sni), latin1(client.alpn)] if client.tls_version else None
    head.update(client=endpoint(client.peername), server=endpoint(server), tls=tls)
    head.update(method=latin1(request.data.method), target=latin1(request.data.path))
    head["time_us"] = int(request.timestamp_start * 1e6)
    return head, body


def page(flow, verdict):
    """What is sent instead."""
    reference = verdict.get("reference", "")
    fields = [(b"content-type", b"text/html; charset=utf-8"), (b"cache-control", b"no-store")]
    if verdict.get("location"):
        fields.append((b"location", verdict["location"].encode("latin-1")))
    if verdict.get("retry_after"):
        fields.append((b"retry-after", b"%d" % verdict["retry_after"]))
    if reference and ctx.options.weir_reference:
        fields.append((b"weir-reference", reference.encode()))
    response = http.Response.make(verdict["status"], b"", fields)
    if flow.request.method != "HEAD":
        title = f"{response.status_code} {response.reason}"
        named = f"<p>Reference: <code>{html.escape(reference)}</code></p>" if reference else ""
        response.content = f"<!doctype html><title>{title}</title><h1>{title}</h1>{named}\n".encode()
    return response


class DpiBuffer:
    def __init__(self):
        self.link = None
        self.by_head = weakref.WeakSet()  # flows whose requests were judged before their bodies came
        self.passed = weakref.WeakKeyDictionary()  # flow -> its connection to weir, id, reference
        self.told = float("-inf")

    def load(self, loader):
        # Else a request after an empty line, or of a method like M-SEARCH, is no HTTP to mitmproxy, and led past weir.
        ctx.options.update(rawtcp=False)
        loader.add_option("weir_socket", str, "/run/weir/mitmproxy.sock", "Socket on which weir listens.")
        loader.add_option("weir_timeout", str, "0.5", "Seconds that a judgement by weir may take.")
        loader.add_option("weir_fail", str, "open", "What happens without a judgement: open or closed.")
        loader.add_option("weir_body_limit", int, 0, "Bytes of a body that weir is shown; 0: as many as it wants.")
        loader.add_option("weir_reference", bool, False, "Name weir's record of a request in its answer.")

    def configure(self, updated):
        options = ctx.options
        if not options.weir_timeout.replace(".", "", 1).isdecimal() or not 0.001 <= float(options.weir_timeout) <= 60:
            raise exceptions.OptionsError("weir_timeout: a number of seconds from 0.001 to 60")
        if options.weir_fail not in ("open", "closed"):
            raise exceptions.OptionsError("weir_fail: open or closed")
        if options.weir_body_limit < 0:
            raise exceptions.OptionsError("weir_body_limit: a number of bytes, 0 or more")
        if "weir_socket" in updated:
            self.done()

    def running(self):
        if self.link is None:
            self.link = Link(ctx.options.weir_socket)

    def done(self):
        if self.link is not None and not self.link.task.get_loop().is_closed():
            self.link.task.cancel()
        self.link = None

    async def requestheaders(self, flow):
        if flow.request.stream and not flow.error:
            await self.request(flow)
            self.by_head.add(flow)

    async def request(self, flow):
        if flow in self.by_head:
            self.by_head.discard(flow)
            return
        self.running()
        link = self.link
        number = link.last_id = link.last_id % 0xFFFFFFFF + 1
        try:
            verdict = await link.ask(REQUEST, number, *describe_request(flow))
        except Exception as error:  # whatever it is, weir_fail holds
            verdict = self.unjudged(link, error)
        else:
            if verdict["action"] == "pass":
                self.passed[flow] = (link, link.writer, number, verdict["reference"])
        self.obey(flow, flow.request, verdict)

    async def responseheaders(self, flow):
        if flow.response.stream:
            await self.response(flow)

    async def response(self, flow):
        link, writer, number, reference = self.passed.pop(flow, (None, None, 0, ""))
        if link is None:
            return
        try:
            if link.writer is not writer:
                raise ConnectionError("the connection was lost")
            head, body = describe(flow.response)
            head["status"] = max(0, min(999, flow.response.status_code))  # servers say what they like
            verdict = await link.ask(RESPONSE, number, head, body)
        except Exception as error:
            verdict = self.unjudged(link, error)
        if ctx.options.weir_reference and verdict["action"] == "pass":
            flow.response.headers["weir-reference"] = reference
        self.obey(flow, flow.response, verdict)

    def error(self, flow):
        self.by_head.discard(flow)
        link, writer, number, _ = self.passed.pop(flow, (None, None, 0, ""))
        if link is not None and link.limits is not None and link.writer is writer:
            link.send(ABANDON, number, b"{}")

    def unjudged(self, link, error):
        link.unjudged += 1
        action = "pass" if ctx.options.weir_fail == "open" else "deny"
        if time.monotonic() - self.told > 10:
            self.told = time.monotonic()
            say("warn", f"not judged ({link.unjudged} by now), so {action}: {str(error) or type(error).__name__}")
        return {"action": action, "status": 503, "reason": "it could not be judged"}

    def obey(self, flow, message, verdict):
        action, reference = verdict["action"], verdict.get("reference") or "-"
        if action == "pass":
            return
        what, client = type(message).__name__.lower(), endpoint(flow.client_conn.peername)[0]
        say("info", f"{what} of {client}: {action} {verdict['status']}, reference {reference}: {verdict['reason']}")
        if action != "drop" and not message.stream:
            flow.response = page(flow, verdict)
        elif flow.killable:
            flow.kill()  # what is streamed has no place for a page


addons = [DpiBuffer()]

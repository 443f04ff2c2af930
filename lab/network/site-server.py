"""site-server.py SITES COUNTS: all sites of one network namespace, HTTP/1.1 on port 80 of each site's address.

SITES holds {"generation", "sites": [{"id", "address", "host", "letsIn"?, "others"?, "perSecond"?, "isDown"?}]} and is read again on SIGHUP
and when it changes; stdout tells `applied GENERATION` then. SIGUSR1 has COUNTS written, {site: {source: {...}}}; stdout tells `counted`.
It ends with its stdin. Packets of those whom a site drops never arrive here: nftables does that.
"""
import asyncio
import json
import os
import resource
import signal
import socket
import struct
import subprocess
import sys
import time

SITES, COUNTS = sys.argv[1:3]
LOOK_S = 0.2
FIELDS = ("connections", "requests", "refused")


class State:
    def __init__(self):
        self.by_address = {}
        self.servers = {}
        self.counts = {}
        self.seconds = {}
        self.stamp = None

    def count(self, site, source, field):
        at = self.counts.setdefault(site, {})
        of = at.get(source)
        if of is None:
            of = at[source] = dict.fromkeys(FIELDS, 0)
        of[field] += 1

    def is_over(self, site, source):
        """Whether this is more than the site takes from one address in a second."""
        limit = site.get("perSecond")
        if limit is None:
            return False
        key, second = (site["id"], source), int(time.monotonic())
        last, n = self.seconds.get(key, (second, 0))
        n = n + 1 if last == second else 1
        self.seconds[key] = (second, n)
        return n > limit


state = State()


def refusal(site, source):
    lets_in = site.get("letsIn")
    return None if lets_in is None or source in lets_in else site.get("others", "drop")


def response(status, body, *headers):
    lines = [f"HTTP/1.1 {status}", "content-type: text/plain", f"content-length: {len(body)}", *headers]
    return ("\r\n".join(lines) + "\r\n\r\n" + body).encode()


class Site(asyncio.Protocol):
    def connection_made(self, transport):
        self.transport = transport
        self.buffer = b""
        self.source = transport.get_extra_info("peername")[0]
        self.sites = state.by_address.get(transport.get_extra_info("sockname")[0], [])
        if not self.sites:
            return transport.abort()
        # Whose it is at a shared address is known by the request alone.
        if len(self.sites) == 1:
            self.meet(self.sites[0])

    def meet(self, site):
        if refusal(site, self.source) == "reset":
            state.count(site["id"], self.source, "refused")
            return self.reset()
        state.count(site["id"], self.source, "connections")

    def reset(self):
        linger = struct.pack("ii", 1, 0)
        self.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self.transport.abort()

    def data_received(self, data):
        self.buffer += data
        while b"\r\n\r\n" in self.buffer and not self.transport.is_closing():
            head, self.buffer = self.buffer.split(b"\r\n\r\n", 1)
            self.answer(head.decode("latin-1"))
        if len(self.buffer) > 65536:
            self.transport.abort()

    def answer(self, head):
        first, *lines = head.split("\r\n")
        headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        # As it is now: a kept connection must not keep an old rule.
        sites = state.by_address.get(self.transport.get_extra_info("sockname")[0], [])
        site = sites[0] if len(sites) == 1 else next((s for s in sites if s["host"] == headers.get("host")), None)
        if site is None:
            return self.transport.write(response("421 Misdirected Request", "no such site\n"))
        if len(sites) > 1:
            self.meet(site)
        if not self.transport.is_closing():
            self.respond(site, first.startswith("HEAD "))
        if headers.get("connection", "").lower() == "close":
            self.transport.close()

    def respond(self, site, is_head):
        state.count(site["id"], self.source, "requests")
        answer = self.answer_of(site)
        if answer is None:
            return
        self.transport.write(answer.split(b"\r\n\r\n")[0] + b"\r\n\r\n" if is_head else answer)

    def answer_of(self, site):
        kind = refusal(site, self.source)
        if kind is not None:
            state.count(site["id"], self.source, "refused")
        if kind == "drop":
            return None
        if kind == "denied":
            return response("403 Forbidden", "forbidden\n")
        if kind == "challenge":
            return response("403 Forbidden", "prove that you are human\n", "cf-mitigated: challenge")
        if kind == "different":
            return response("200 OK", "<p>This offer is not available where you are.</p>\n" * 40)
        if state.is_over(site, self.source):
            state.count(site["id"], self.source, "refused")
            return response("429 Too Many Requests", "too many requests\n", "retry-after: 1")
        return response("200 OK", f"welcome to {site['id']}\n")


def rules(sites):
    """Packets that vanish. Only a SYN is looked at, as a firewall that knows its connections would."""
    alone = [site for site in sites if len(state.by_address[site["address"]]) == 1]
    dropping = [site for site in alone if "letsIn" in site and site.get("others", "drop") == "drop"]
    sets = {
        "down { type ipv4_addr;": [site["address"] for site in sites if site.get("isDown")],
        "closed { type ipv4_addr;": [site["address"] for site in dropping],
        "let_in { type ipv4_addr . ipv4_addr;": [f"{s['address']} . {a}" for s in dropping for a in s["letsIn"]],
    }
    lines = ["table ip sites", "delete table ip sites", "table ip sites {"]
    for head, elements in sets.items():
        lines.append(f"set {head}" + (f" elements = {{ {', '.join(elements)} }}" if elements else "") + " }")
    lines += [
        "chain input { type filter hook input priority 0;",
        "ip daddr @down drop",
        "tcp flags & (syn | ack) == syn ip daddr @closed ip daddr . ip saddr != @let_in drop",
        "}",
        "}",
    ]
    return "\n".join(lines) + "\n"


async def apply():
    state.stamp = stamp()
    with open(SITES) as file:
        settings = json.load(file)
    sites = settings["sites"]
    by_address = {}
    for site in sites:
        if "letsIn" in site:
            site["letsIn"] = set(site["letsIn"])
        by_address.setdefault(site["address"], []).append(site)
    state.by_address = by_address
    subprocess.run(["nft", "-f", "-"], input=rules(sites), text=True, check=True)
    loop = asyncio.get_running_loop()
    for address in by_address.keys() - state.servers.keys():
        state.servers[address] = await loop.create_server(Site, address, 80, backlog=16384)
    print("applied", settings.get("generation"), flush=True)


def stamp():
    try:
        found = os.stat(SITES)
        return (found.st_mtime_ns, found.st_ino)
    except FileNotFoundError:
        return state.stamp


def tell_counts():
    draft = COUNTS + ".draft"
    with open(draft, "w") as file:
        json.dump(state.counts, file)
    os.rename(draft, COUNTS)
    print("counted", flush=True)


async def main():
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    loop = asyncio.get_running_loop()
    wanted = asyncio.Event()
    loop.add_signal_handler(signal.SIGHUP, wanted.set)
    loop.add_signal_handler(signal.SIGUSR1, tell_counts)
    loop.add_reader(0, lambda: os.read(0, 4096) or os._exit(0))
    await apply()
    while True:
        try:
            await asyncio.wait_for(wanted.wait(), LOOK_S)
        except asyncio.TimeoutError:
            pass
        if wanted.is_set() or stamp() != state.stamp:
            wanted.clear()
            try:
                await apply()
            except (ValueError, KeyError, subprocess.CalledProcessError) as error:
                # Somebody edits it by hand; the last that could be read stays in force.
                print(f"unreadable: {error}", file=sys.stderr, flush=True)


asyncio.run(main())

"""Both ends of connections through a gateway: `serve` on port 80, or `hold SITE COUNT` and tell by which addresses they came.

Who holds them reads `alive`, and sends a line over each, or `failed`, and tells what those failed of that did, by then.
"""

import collections
import errno
import json
import resource
import selectors
import socket
import sys

_, most = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def serve():
    listener = socket.create_server(("0.0.0.0", 80), backlog=4096)
    waiting = selectors.DefaultSelector()
    waiting.register(listener, selectors.EVENT_READ)
    print("ready")
    while True:
        for key, _ in waiting.select():
            if key.fileobj is listener:
                peer, (address, _) = listener.accept()
                peer.sendall(f"{address}\n".encode())
                waiting.register(peer, selectors.EVENT_READ, address)
                continue
            try:
                said = key.fileobj.recv(64)
                if said:
                    key.fileobj.sendall(f"{key.data}\n".encode())
                    continue
            except OSError:
                pass
            waiting.unregister(key.fileobj)
            key.fileobj.close()


def reason(error):
    if isinstance(error, TimeoutError):
        return "timeout"
    return {
        errno.ECONNRESET: "reset",
        errno.ECONNREFUSED: "refused",
        errno.EHOSTUNREACH: "unreachable",
        errno.ENETUNREACH: "unreachable",
        errno.EADDRNOTAVAIL: "noLocalPort",
    }.get(error.errno, "other")


def hold(site, count):
    peers, by, failed = [], collections.Counter(), collections.Counter()
    for _ in range(count):
        try:
            peer = socket.create_connection((site, 80), timeout=1)
            address = peer.recv(64).decode().strip()
            peers.append((peer, address))
            by[address] += 1
        except OSError as error:
            by["failed"] += 1
            failed[reason(error)] += 1
    print(json.dumps(by))
    for line in sys.stdin:
        if line == "failed\n":
            print(json.dumps(failed))
            continue
        alive = 0
        for peer, address in peers:
            try:
                peer.sendall(b"x\n")
                alive += peer.recv(64).decode().strip() == address
            except OSError as error:
                failed[reason(error)] += 1
        print(alive)


if sys.argv[1] == "serve":
    serve()
else:
    hold(sys.argv[2], int(sys.argv[3]))

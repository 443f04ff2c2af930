"""Both ends of connections through a gateway: `serve` on port 80, or `hold SITE COUNT` and tell by which addresses they came."""

import collections
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


def hold(site, count):
    peers, by = [], collections.Counter()
    for _ in range(count):
        try:
            peer = socket.create_connection((site, 80), timeout=1)
            address = peer.recv(64).decode().strip()
            peers.append((peer, address))
            by[address] += 1
        except OSError:
            by["failed"] += 1
    print(json.dumps(by))
    for line in sys.stdin:
        alive = 0
        for peer, address in peers:
            try:
                peer.sendall(b"x\n")
                alive += peer.recv(64).decode().strip() == address
            except OSError:
                pass
        print(alive)


if sys.argv[1] == "serve":
    serve()
else:
    hold(sys.argv[2], int(sys.argv[3]))

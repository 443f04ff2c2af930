#!/usr/bin/env python3
"""A customer's client with a bug that shows at its peak alone: python3, standard library.

Up to --limit concurrent jobs it reuses connections that are kept alive. Above it, its pool is full, and each request opens a
connection of its own. NOVEMBER_FIXED=1 makes the pool as large as there are jobs.

Its last line is a JSON object: requests, failed, and opened, the connections that it opened for them.
"""
import argparse
import http.client
import json
import os
import threading
import time


class Pool:
    """Connections that are kept alive, as long as no more than `size` jobs share them."""

    def __init__(self, host, port, size):
        self.host, self.port, self.size = host, port, size
        self.idle, self.opened = [], 0
        self.lock = threading.Lock()

    def take(self, jobs):
        with self.lock:
            # The bug: one job too many, and nothing is reused any more.
            keeps = jobs <= self.size
            if keeps and self.idle:
                return self.idle.pop(), True
            self.opened += 1
        return http.client.HTTPConnection(self.host, self.port, timeout=10), keeps

    def give(self, connection, keeps):
        if not keeps:
            return connection.close()
        with self.lock:
            self.idle.append(connection)


def job(pool, jobs, until, counts):
    while time.monotonic() < until:
        connection, keeps = pool.take(jobs)
        try:
            connection.request("GET", "/")
            answer = connection.getresponse()
            answer.read()
            ok = answer.status < 400
        except (OSError, http.client.HTTPException):
            ok, keeps = False, False
        pool.give(connection, keeps)
        with pool.lock:
            counts["requests"] += 1
            counts["failed"] += not ok
        # A job does something with what it was told.
        time.sleep(0.02)


def main():
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--jobs", type=int, required=True)
    words.add_argument("--limit", type=int, required=True)
    words.add_argument("--to", required=True, help="host:port")
    words.add_argument("--seconds", type=float, required=True)
    asked = words.parse_args()
    host, _, port = asked.to.rpartition(":")
    fixed = os.environ.get("NOVEMBER_FIXED") == "1"
    pool = Pool(host, int(port), asked.jobs if fixed else asked.limit)
    counts = {"requests": 0, "failed": 0}
    until = time.monotonic() + asked.seconds
    threads = [
        threading.Thread(target=job, args=(pool, asked.jobs, until, counts))
        for _ in range(asked.jobs)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(json.dumps(dict(counts, opened=pool.opened)), flush=True)


if __name__ == "__main__":
    main()

"""steady.py SETTINGS COUNTS: opens new connections at a fixed rate to all sites in turn, asks once on each and checks the answer.

SETTINGS holds {"perSecond", "first", "timeoutS", "sites": [{"id", "address", "host"}]}. COUNTS holds {"attempted", "failed":
{site: {reason: n}}, "answered": {site: n}, "slow": n}, every second; on SIGTERM it ends once everything open has been answered.
"""
import asyncio
import json
import os
import signal
import sys
import time

SLOW_S = 0.9

with open(sys.argv[1]) as file:
    settings = json.load(file)
sites = settings["sites"]
counts = {"attempted": 0, "answered": {}, "failed": {}, "slow": 0}


async def ask(site):
    reader, writer = await asyncio.open_connection(site["address"], 80)
    try:
        writer.write(f"GET / HTTP/1.1\r\nhost: {site['host']}\r\nconnection: close\r\n\r\n".encode())
        answer = (await reader.read()).decode("latin-1")
    finally:
        writer.close()
    head, _, body = answer.partition("\r\n\r\n")
    status = head.split(" ")[1] if " " in head else "none"
    if status != "200":
        return f"status {status}"
    return None if body == f"welcome to {site['id']}\n" else "different body"


async def attempt(site):
    counts["attempted"] += 1
    began = time.monotonic()
    try:
        reason = await asyncio.wait_for(ask(site), settings["timeoutS"])
    except asyncio.TimeoutError:
        reason = "timeout"
    except ConnectionResetError:
        reason = "reset"
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else str(error)
    if reason is None:
        counts["answered"][site["id"]] = counts["answered"].get(site["id"], 0) + 1
        counts["slow"] += time.monotonic() - began > SLOW_S
    else:
        of = counts["failed"].setdefault(site["id"], {})
        of[reason] = of.get(reason, 0) + 1


def tell():
    draft = sys.argv[2] + ".draft"
    with open(draft, "w") as file:
        json.dump(counts, file)
    os.rename(draft, sys.argv[2])


async def main():
    over = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, over.set)
    print("started", flush=True)
    open_now, began, told = set(), time.monotonic(), 0.0
    n = 0
    while not over.is_set():
        now = time.monotonic() - began
        # What is late is caught up with, so that the rate holds on a busy machine.
        while n <= now * settings["perSecond"]:
            task = asyncio.ensure_future(attempt(sites[(settings["first"] + n) % len(sites)]))
            open_now.add(task)
            task.add_done_callback(open_now.discard)
            n += 1
        if now - told >= 1:
            tell()
            told = now
        try:
            await asyncio.wait_for(over.wait(), max(0.001, n / settings["perSecond"] - (time.monotonic() - began)))
        except asyncio.TimeoutError:
            pass
    if open_now:
        await asyncio.wait(open_now)
    tell()


asyncio.run(main())

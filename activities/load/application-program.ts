/**
 * Runs a command beside a look at its sockets: a program for python3 (3.6 or newer, standard library, Linux). It prints one
 * line of JSON: the end of the command's stdout, what the host's TCP opened meanwhile, the most sockets that were
 * open at once by destination, and how many of the connections that its first word orders were established at once, for how
 * long. Its exit code is the command's.
 *
 * Processes are those of the command's process group and their descendants, so that those whose parents are gone count too.
 * A look takes longer with more sockets; four times as long as it took nothing is looked at, so that it takes a fifth of one
 * processor at most.
 */
export const applicationProgram = String.raw`
import json, os, socket, subprocess, sys, threading, time

MOST, EVERY, REST, KEPT = 50, 0.1, 4, 8192
# Open, or on their way: ESTABLISHED, SYN_SENT, FIN_WAIT1, FIN_WAIT2, CLOSE_WAIT, LAST_ACK, CLOSING.
OPEN = {"01", "02", "04", "05", "08", "09", "0B"}
ESTABLISHED, LISTEN = "01", "0A"
WANTED = {one["tuple"]: one["connections"] for one in json.loads(sys.argv[1])}


def active_opens():
    with open("/proc/net/snmp") as lines:
        names, values = [line.split() for line in lines if line.startswith("Tcp:")]
    return int(values[names.index("ActiveOpens")])


def processes():
    """Pids of our group and of their descendants, but not of ours."""
    parents, groups = {}, {}
    for name in os.listdir("/proc"):
        if not name.isdigit():
            continue
        try:
            with open("/proc/%s/stat" % name) as stat:
                # The name in brackets may hold anything.
                fields = stat.read().rpartition(")")[2].split()
        except OSError:
            continue
        parents[int(name)], groups[int(name)] = int(fields[1]), int(fields[2])
    own = {pid for pid, group in groups.items() if group == os.getpgrp()}
    grown = True
    while grown:
        more = {pid for pid, parent in parents.items() if parent in own} - own
        own |= more
        grown = bool(more)
    return own - {os.getpid()}


def inodes(pids):
    found = set()
    for pid in pids:
        try:
            for fd in os.listdir("/proc/%d/fd" % pid):
                target = os.readlink("/proc/%d/fd/%s" % (pid, fd))
                if target.startswith("socket:["):
                    found.add(target[8:-1])
        except OSError:
            continue
    return found


def place(text):
    words, port = text.split(":")
    raw = b"".join(bytes.fromhex(words[at : at + 8])[::-1] for at in range(0, len(words), 8))
    if len(raw) == 16 and raw.startswith(bytes(10) + b"\xff\xff"):
        raw = raw[12:]
    if len(raw) == 4:
        return "%s:%d" % (socket.inet_ntop(socket.AF_INET, raw), int(port, 16))
    return "[%s]:%d" % (socket.inet_ntop(socket.AF_INET6, raw), int(port, 16))


def look(most, carried):
    wanted, counts, now, listening = inodes(processes()), {}, {}, set()
    rows = []
    for name in ("tcp", "tcp6"):
        try:
            with open("/proc/net/" + name) as lines:
                next(lines)
                rows += [line.split() for line in lines]
        except OSError:
            continue
    for row in rows:
        if row[3] == LISTEN and row[9] in wanted:
            listening.add(row[1].rpartition(":")[2])
    for row in rows:
        # What comes in at a port of its own is no connection that it opened.
        if row[3] in OPEN and row[9] in wanted and row[1].rpartition(":")[2] not in listening:
            counts[row[2]] = counts.get(row[2], 0) + 1
            if row[3] == ESTABLISHED:
                now[row[2]] = now.get(row[2], 0) + 1
    for key, count in counts.items():
        most[key] = max(most.get(key, 0), count)
    carried.see({place(key): count for key, count in now.items()})


class Carried:
    """Of what was ordered: the most that was established at once, and for how long all of it was, in one stretch or several."""

    def __init__(self):
        self.peak, self.held, self.since = 0, 0.0, None

    def see(self, now):
        carried, at = sum(min(now.get(one, 0), most) for one, most in WANTED.items()), time.monotonic()
        self.peak = max(self.peak, carried)
        whole = carried == sum(WANTED.values())
        if whole and self.since is not None:
            self.held += at - self.since
        self.since = at if whole else None


def watch(most, carried, ended):
    while not ended.is_set():
        begun = time.monotonic()
        try:
            look(most, carried)
        except (OSError, ValueError, IndexError):
            pass
        ended.wait(max(EVERY, REST * (time.monotonic() - begun)))


def end_of(stream):
    kept = b""
    for part in iter(lambda: stream.read1(65536), b""):
        kept = (kept + part)[-KEPT:]
    return kept.decode("utf-8", "replace")


before = active_opens()
try:
    child = subprocess.Popen(sys.argv[2:], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
except OSError as error:
    sys.stderr.write("%s: %s\n" % (sys.argv[2], error.strerror))
    sys.exit(126 if isinstance(error, PermissionError) else 127)
most, carried, ended = {}, Carried(), threading.Event()
watcher = threading.Thread(target=watch, args=(most, carried, ended), daemon=True)
watcher.start()
end = end_of(child.stdout)
code = child.wait()
ended.set()
watcher.join()
sockets = {}
for key, count in most.items():
    sockets[place(key)] = max(sockets.get(place(key), 0), count)
report = {
    "end": end,
    "activeOpens": max(0, active_opens() - before),
    "carried": {"peak": carried.peak, "heldS": round(carried.held, 3)},
    "sockets": sorted(sockets.items(), key=lambda item: -item[1])[:MOST],
}
print(json.dumps(report, separators=(",", ":")), flush=True)
sys.exit(code if code >= 0 else 128 - code)
`;

/**
 * The storm: a program for python3 (3.6 or newer, standard library) on the host, in one thread around one selector. It takes
 * its order as JSON, and prints one line of JSON at its end. Exit code 3: the limit of open files is too low.
 *
 * Each ordered connection is a slot. A slot opens, stays, is closed after its life and opens again; one that failed tries
 * again after a pause, with at most 200 of a destination a second. A destination is held while each of its slots is open or
 * is being renewed by us: what fails, and what the other side closes, stops the clock until all are open again.
 *
 * Connects are timed from the call until the selector tells of it, so what holds up the loop is in the time of those under
 * way. Some 128 are, shared out among the destinations, and a few are begun between two questions to the selector: begun by
 * thousands at once they took 0.6 s on loopback. A silent destination delays no other. A life may last a little longer for it.
 */
export const stormProgram = String.raw`
import collections, errno, heapq, json, math, resource, selectors, socket, sys, time

order = json.loads(sys.argv[1])
TIMEOUT, PAUSE, SLOW = 5.0, 0.25, 0.9
RETRIES_PER_S = 200
HOLD, LIFE = order["holdS"], order["lifeS"]
clock = time.monotonic
CLASSES = {
    errno.ECONNREFUSED: "refused",
    errno.ETIMEDOUT: "timeout",
    errno.EADDRNOTAVAIL: "noLocalPort",
}
for name in ("ECONNRESET", "EPIPE", "ECONNABORTED"):
    CLASSES[getattr(errno, name)] = "reset"
for name in ("EHOSTUNREACH", "ENETUNREACH", "EHOSTDOWN", "ENETDOWN", "EACCES", "EPERM"):
    CLASSES[getattr(errno, name)] = "unreachable"


class Times:
    """Counts by buckets, each 5 % wider than the last; the first begins at 0.01 ms."""

    def __init__(self):
        self.counts, self.all, self.slow = {}, 0, 0

    def add(self, seconds):
        at = max(0, int(math.log(max(seconds * 1e5, 1.0)) / math.log(1.05)))
        self.counts[at] = self.counts.get(at, 0) + 1
        self.all += 1
        self.slow += seconds > SLOW

    def merge(self, other):
        for at, count in other.counts.items():
            self.counts[at] = self.counts.get(at, 0) + count
        self.all += other.all
        self.slow += other.slow

    def percentile(self, share):
        wanted, seen = math.ceil(self.all * share), 0
        for at in sorted(self.counts):
            seen += self.counts[at]
            if seen >= wanted:
                return round(0.01 * 1.05 ** (at + 0.5), 3)
        return 0


class Hold:
    """Seconds for which something was true."""

    def __init__(self):
        self.seconds, self.since = 0.0, None

    def note(self, now, holds):
        if self.since is not None:
            self.seconds += now - self.since
        self.since = now if holds else None


class Destination:
    def __init__(self, tuple_, connections):
        host, port = tuple_.rsplit(":", 1)
        host = host.strip("[]")
        self.tuple, self.connections = tuple_, connections
        self.family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self.address = (host, int(port))
        # Slots that wait for their turn to open.
        self.waiting = connections
        # Open slots whose life is over.
        self.due = collections.deque()
        self.connecting = self.open = self.renewing = self.peak = self.tried = 0
        self.failed, self.times, self.hold = {}, Times(), Hold()
        self.retried = 0.0

    def retry_at(self):
        """Thousands of slots that fail at once must not become a flood of those who ask again."""
        self.retried = max(clock() + PAUSE, self.retried + 1 / RETRIES_PER_S)
        return self.retried

    def fail(self, code):
        name = CLASSES.get(code, "other")
        self.failed[name] = self.failed.get(name, 0) + 1

    def full(self):
        return self.open > 0 and self.open + self.renewing == self.connections

    def figures(self):
        return figures(self.tried, self.failed, self.peak, self.hold, self.times)


def figures(tried, failed, peak, hold, times):
    return {
        "tried": tried,
        "failed": failed,
        "peak": peak,
        "heldS": round(min(hold.seconds, HOLD), 3),
        "p50Ms": times.percentile(0.5),
        "p99Ms": times.percentile(0.99),
        "p999Ms": times.percentile(0.999),
        "slowShare": times.slow / times.all if times.all else 0,
    }


class Slot:
    def __init__(self, destination, renewal):
        self.to, self.renewal = destination, renewal
        self.started, self.open, self.socket, self.ended = clock(), False, None, False


class Storm:
    def __init__(self):
        self.selector = selectors.DefaultSelector()
        self.to = [Destination(*each) for each in order["destinations"]]
        self.most = max(2, 128 // len(self.to))
        self.few = max(1, 16 // len(self.to))
        self.timers, self.count, self.peak, self.open = [], 0, 0, 0
        self.hold = Hold()

    def at(self, when, act, *args):
        self.count += 1
        heapq.heappush(self.timers, (when, self.count, act, args))

    def run(self, deadline):
        while self.hold.seconds < HOLD and clock() < deadline:
            more = [self.open_some(to) for to in self.to]
            self.note()
            left = 0.0 if any(more) else deadline - clock()
            if self.timers:
                left = min(left, self.timers[0][0] - clock())
            if self.hold.since is not None:
                left = min(left, HOLD - self.hold.seconds)
            events = self.selector.select(max(0.0, min(left, 1.0)))
            now = clock()
            for key, _ in events:
                self.told(key.data, now)
            while self.timers and self.timers[0][0] <= now:
                _, _, act, args = heapq.heappop(self.timers)
                act(*args)
            self.note()

    def open_some(self, to):
        """A few, so that the selector is soon asked again. True when more could begin at once."""
        for _ in range(self.few):
            if to.connecting >= self.most:
                return False
            if to.due:
                slot = to.due.popleft()
                if slot.ended:
                    continue
                self.leave(slot)
                # It counts as held until it has failed.
                self.connect(to, True)
            elif to.waiting:
                to.waiting -= 1
                self.connect(to, False)
        return to.connecting < self.most and bool(to.due or to.waiting)

    def again(self, to):
        to.waiting += 1

    def note(self):
        now, full = clock(), True
        for to in self.to:
            to.hold.note(now, to.full())
            full = full and to.full()
        self.hold.note(now, full)

    def connect(self, to, renewal):
        slot = Slot(to, renewal)
        to.tried += 1
        to.connecting += 1
        to.renewing += renewal
        try:
            slot.socket = socket.socket(to.family, socket.SOCK_STREAM)
            slot.socket.setblocking(False)
            slot.started = clock()
            code = slot.socket.connect_ex(to.address)
        except OSError as error:
            code = error.errno
        if code not in (0, errno.EINPROGRESS):
            return self.fail(slot, code)
        self.selector.register(slot.socket, selectors.EVENT_WRITE, slot)
        self.at(slot.started + TIMEOUT, self.late, slot)

    def late(self, slot):
        if not slot.open and not slot.ended:
            self.fail(slot, errno.ETIMEDOUT)

    def told(self, slot, now):
        if slot.ended:
            return
        if slot.open:
            return self.heard(slot)
        code = slot.socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if code != 0:
            return self.fail(slot, code)
        to = slot.to
        slot.open = True
        to.connecting -= 1
        to.renewing -= slot.renewal
        to.open += 1
        to.peak = max(to.peak, to.open)
        self.open += 1
        self.peak = max(self.peak, self.open)
        to.times.add(now - slot.started)
        self.selector.modify(slot.socket, selectors.EVENT_READ, slot)
        self.at(now + LIFE, to.due.append, slot)

    def heard(self, slot):
        """What it says is dropped; a connection that ends by the other side is opened again after a pause."""
        try:
            if slot.socket.recv(65536):
                return
        except BlockingIOError:
            return
        except OSError as error:
            slot.to.fail(error.errno)
        self.leave(slot)
        self.at(slot.to.retry_at(), self.again, slot.to)

    def leave(self, slot):
        slot.to.open -= 1
        self.open -= 1
        self.close(slot)

    def fail(self, slot, code):
        slot.to.fail(code)
        slot.to.connecting -= 1
        slot.to.renewing -= slot.renewal
        self.close(slot)
        self.at(slot.to.retry_at(), self.again, slot.to)

    def close(self, slot):
        slot.ended = True
        if slot.socket is None:
            return
        try:
            self.selector.unregister(slot.socket)
        except KeyError:
            pass
        # Unread words would make the kernel reset instead of closing.
        try:
            while slot.open and slot.socket.recv(65536):
                pass
        except OSError:
            pass
        slot.socket.close()

    def end(self):
        for key in list(self.selector.get_map().values()):
            self.close(key.data)

    def report(self):
        failed, times = {}, Times()
        for to in self.to:
            times.merge(to.times)
            for name, count in to.failed.items():
                failed[name] = failed.get(name, 0) + count
        tried = sum(to.tried for to in self.to)
        return {
            "total": figures(tried, failed, self.peak, self.hold, times),
            "destinations": [dict(to.figures(), tuple=to.tuple) for to in self.to],
            "opening": sorted(times.counts.items()),
        }


wanted = sum(each[1] for each in order["destinations"]) + 64
soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
unlimited = resource.RLIM_INFINITY
if hard != unlimited and hard < wanted:
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, wanted))
    except (ValueError, OSError):
        sys.stderr.write("%d open files are allowed, %d are wanted\n" % (hard, wanted))
        sys.exit(3)
elif soft != unlimited and soft < wanted:
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
storm = Storm()
storm.run(clock() + order["giveUpS"])
storm.end()
print(json.dumps(storm.report(), separators=(",", ":")), flush=True)
`;

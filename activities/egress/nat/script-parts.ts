/**
 * What is done on a gateway, in POSIX sh. `$1` is the work folder, `$2` the interface, `$3` the generation, `$4` the new and
 * `$5` the old addresses, with blanks between. All of them hold one lock, so that two orders never mix; what the gateway must
 * remember over a boot stands in files that are written aside and renamed.
 */

/** Exit codes of ours, beside what programs end with. */
export const exits = {
  ...{ superseded: 70, addressTaken: 71, stillUsed: 72, notPermitted: 73 },
  ...{ noProgram: 74, noInterface: 75, rulesRefused: 76, notProvisioned: 77 },
  ...{ lookBroken: 78, notAsked: 79, earlierMigration: 80 },
} as const;

export const head = `
set -u
export LC_ALL=C PATH=/usr/sbin:/sbin:/usr/bin:/bin:\${PATH:-}
umask 077
dir=$1 iface=$2 generation=$3 fresh=$4 old=$5
table='ip runbooks_egress'
fail() { code=$1; shift; echo "$*" >&2; exit "$code"; }
for program in nft ip conntrack flock awk; do
  command -v "$program" >/dev/null || fail ${exits.noProgram} "$program is not installed"
done
[ "$(id -u)" -eq 0 ] || fail ${exits.notPermitted} "$(id -un) is not root"
has() { ip -o -4 addr show dev "$iface" | awk -v a="$1" '{ split($4, p, "/"); if (p[1] == a) found = 1 } END { exit !found }'; }
`;

const locked = `
ip link show dev "$iface" >/dev/null 2>&1 || fail ${exits.noInterface} "there is no interface $iface"
mkdir -p "$dir" || exit 1
exec 9>"$dir/lock"
flock -w 30 9 || fail 1 "another order is under way for more than 30 s"
put() { cat >"$dir/$1.next" && mv "$dir/$1.next" "$dir/$1"; }
has_now() { cat "$dir/generation" 2>/dev/null || echo 0; }
fence() {
  now=$(has_now)
  [ "$now" -le "$generation" ] || fail ${exits.superseded} "generation $now is there, $generation is older"
  echo "$generation" | put generation
}
# Two seconds are the longest that anybody waits for a neighbour that is not there. Exit code 1 says that one has answered; any
# other that nobody could be asked.
ask_for() {
  command -v arping >/dev/null || return 0
  said=$(arping -D -c 2 -w 2 -I "$iface" "$1" 2>&1)
  case $? in 0) ;; 1) echo "taken $1" ;; *) echo "unasked $1: $(echo "$said" | tail -n 1)" ;; esac
}
tell() { if command -v arping >/dev/null; then arping -U -q -c 1 -w 1 -I "$iface" "$1" >/dev/null 2>&1 || :; fi; }
# The kernel takes all other addresses of a subnet along with its first one unless it is set.
setting=/proc/sys/net/ipv4/conf/$iface/promote_secondaries
settle() {
  [ -e "$dir/promote_secondaries" ] || return 0
  cat "$dir/promote_secondaries" >"$setting" && rm -f "$dir/promote_secondaries"
}
# Whoever is killed by SIGKILL leaves it to the next order.
settle
promote() {
  trap settle EXIT
  trap 'exit 1' HUP INT PIPE TERM
  put promote_secondaries <"$setting" || exit 1
  echo 1 >"$setting" || exit 1
}
# Loads all or nothing. What is remembered is what the rules make of the table that was there, tried where nobody else comes:
# what somebody changes by hand in the moment of the load is in the table, and not in that.
load() {
  nft -s list table $table >"$dir/table" 2>/dev/null
  said=$(nft -f "$1" 2>&1) || fail ${exits.rulesRefused} "$(echo "$said" | head -3)"
  cat "$dir/table" "$1" | unshare -n sh -c "nft -f - && nft -s list table $table" >"$dir/table.loaded" 2>/dev/null ||
    nft -s list table $table >"$dir/table.loaded" # It may make no namespaces: a container.
  sha256sum <"$dir/table.loaded" | cut -d' ' -f1 | put rules.sha256
  rm -f "$dir/table" "$dir/table.loaded"
}
bring_up() {
  for address in $fresh; do
    has "$address" && continue
    ip addr add "$address/32" dev "$iface" || exit 1
    told="\${told:-} $address"
  done
  for address in \${told:-}; do tell "$address" & done
  wait
}
`;

export const begin = head + locked;

/** Open: any state in which a packet may still come. */
export const openStates =
  "ESTABLISHED|SYN_SENT|SYN_SENT2|SYN_RECV|FIN_WAIT|CLOSE_WAIT|LAST_ACK";

/** What is done on a gateway beside taking addresses off: see script-parts.ts for the words that each script gets. */

import { bringBack } from "./retire-scripts";
import { begin, exits, head, openStates } from "./script-parts";

/** Once: what was there before anybody touched it. */
const snapshot = `
if [ ! -e "$dir/snapshot" ]; then
  rm -rf "$dir/snapshot.next"
  mkdir "$dir/snapshot.next" || exit 1
  nft list ruleset >"$dir/snapshot.next/ruleset" || exit 1
  ip -o -4 addr show dev "$iface" >"$dir/snapshot.next/addresses" || exit 1
  cat "/proc/sys/net/ipv4/conf/$iface/promote_secondaries" >"$dir/snapshot.next/promote_secondaries"
  cat "/proc/sys/net/ipv4/conf/$iface/rp_filter" >"$dir/snapshot.next/rp_filter"
  for address in $fresh; do has "$address" || echo "$address"; done >"$dir/snapshot.next/added"
  mv "$dir/snapshot.next" "$dir/snapshot" || exit 1
fi
`;

/** On stdin: rules by which nothing is moved. */
export const provisionScript = `${begin}
[ ! -e "$dir/released" ] || fail ${exits.earlierMigration} "rules of an earlier migration are in force, see $dir/rules"
cat >"$dir/rules.first"
for address in $fresh; do
  has "$address" && continue
  ask_for "$address" &
done >"$dir/asked"
wait
taken=$(awk '$1 == "taken" { print $2 }' "$dir/asked")
[ -z "$taken" ] || fail ${exits.addressTaken} "another machine has" $taken
[ ! -s "$dir/asked" ] || fail ${exits.notAsked} "$(cut -d' ' -f2- "$dir/asked")"
${snapshot}
bring_up
# Rules of a stage that is on are left: this is a call that came late, or came twice.
if [ ! -e "$dir/rules" ] || ! nft list table $table >/dev/null 2>&1; then
  [ -e "$dir/rules" ] || mv "$dir/rules.first" "$dir/rules"
  load "$dir/rules"
fi
rm -f "$dir/rules.first" "$dir/asked"
exit 0
`;

/** On stdin: the rules. First it is remembered what is to be, then it is so: a boot or a kill in between leads there, too. */
export const steerScript = `${begin}
[ -e "$dir/snapshot" ] || fail ${exits.notProvisioned} "there is no snapshot in $dir"
put rules.new || exit 1
said=$(nft -c -f "$dir/rules.new" 2>&1) || fail ${exits.rulesRefused} "$(echo "$said" | head -3)"
fence
mv "$dir/rules.new" "$dir/rules" || exit 1
load "$dir/rules"
`;

export const reloadScript = `${begin}
[ -e "$dir/rules" ] || fail ${exits.notProvisioned} "there are no rules in $dir"
fence
bring_up
load "$dir/rules"
`;

/** Old addresses first, so that connections have a way out. The generation stays: an order that comes late is refused by a gateway that has been restored, too. */
export const restoreScript = `${begin}${bringBack}
fence
bring_back
if nft list table $table >/dev/null 2>&1; then nft delete table $table || exit 1; fi
if [ -e "$dir/snapshot/added" ]; then
  while read -r address; do
    if has "$address"; then ip addr del "$address/32" dev "$iface" || exit 1; fi
  done <"$dir/snapshot/added"
  cat "$dir/snapshot/promote_secondaries" >"/proc/sys/net/ipv4/conf/$iface/promote_secondaries"
fi
rm -rf "$dir/snapshot" "$dir/rules" "$dir/rules.sha256"
`;

/** Rules and new addresses stay, and are the operator's from now on; what would bring the old ones back goes. */
export const releaseScript = `${begin}
echo "$generation" | put released || exit 1
rm -rf "$dir/retired" "$dir/retired.routes" "$dir/snapshot"
`;

const chains = `
nft list tables >/dev/null || fail ${exits.lookBroken} "nft does not answer"
chains=$(nft -j list chains) || fail ${exits.lookBroken} "nft lists no chains"
echo "chains $chains"
`;

/** Facts and faults, a line each. */
export const inspectScript = `
set -u
export LC_ALL=C PATH=/usr/sbin:/sbin:/usr/bin:/bin:\${PATH:-}
dir=$1 iface=$2 fresh=$4 old=$5
fault() { echo "fault $*"; }
echo "kernel $(uname -r)"
net=/proc/sys/net/netfilter
echo "entries $(cat $net/nf_conntrack_count 2>/dev/null || echo 0)"
echo "most $(cat $net/nf_conntrack_max 2>/dev/null || echo 0)"
echo "hold $(cat $net/nf_conntrack_tcp_timeout_time_wait 2>/dev/null || echo 120)"
for program in nft ip conntrack flock awk curl arping; do
  command -v "$program" >/dev/null || fault "$program is not installed"
done
[ "$(id -u)" -eq 0 ] || fault "$(id -un) is not root: let it become root (ssh.become)"
has() { ip -o -4 addr show dev "$iface" 2>/dev/null | awk -v a="$1" '{ split($4, p, "/"); if (p[1] == a) found = 1 } END { exit !found }'; }
[ ! -e "$dir/released" ] || fault "rules of an earlier migration are in force, see $dir/rules"
if ! ip link show dev "$iface" >/dev/null 2>&1; then fault "there is no interface $iface"; else
  for address in $old; do has "$address" || fault "$iface lacks the old address $address"; done
  for address in $fresh; do
    if has "$address" && [ ! -e "$dir/snapshot" ]; then fault "$iface has the new address $address already"; fi
  done
fi
[ "$(cat /proc/sys/net/ipv4/ip_forward)" = 1 ] || fault "it forwards nothing: net.ipv4.ip_forward is 0"
if [ "$(id -u)" -eq 0 ] && command -v nft >/dev/null; then echo "chains $(nft -j list chains)"; fi
echo end
`;

/** One look; a part that fails makes it end with another code than 0, and half of it counts as none. */
export const lookScript = `${head}
ip link show dev "$iface" >/dev/null 2>&1 || fail ${exits.noInterface} "there is no interface $iface"
stats=$(conntrack -S) || fail ${exits.lookBroken} "conntrack tells no statistics"
echo "$stats" | awk '{ for (i = 1; i <= NF; i++) { split($i, p, "="); s[p[1]] += p[2] } }
  END { print "stats", s["insert_failed"] + 0, s["drop"] + 0, s["early_drop"] + 0, s["found"] + 0 }'
echo "entries $(cat /proc/sys/net/netfilter/nf_conntrack_count)"
echo "most $(cat /proc/sys/net/netfilter/nf_conntrack_max)"
counts=$({ conntrack -L -p tcp 2>/dev/null; echo "end $?"; } | awk -v olds="$old" -v fresh="$fresh" '
  BEGIN { n = split(olds, a, " "); for (i = 1; i <= n; i++) is_old[a[i]] = 1
          n = split(fresh, b, " "); for (i = 1; i <= n; i++) is_new[b[i]] = 1 }
  $1 == "end" { ended = ($2 == 0); next }
  $4 ~ /^(${openStates})$/ {
    dst = ""; port = ""; reply = ""
    for (i = 5; i <= NF; i++) {
      if ($i ~ /^dst=/) { if (dst == "") dst = substr($i, 5); else if (reply == "") reply = substr($i, 5) }
      else if ($i ~ /^dport=/ && port == "") port = substr($i, 7)
    }
    key = dst ":" port
    if (is_new[reply]) { fresh_at[key]++; fresh_all++; seen[key] = 1 }
    else if (is_old[reply]) { old_at[key]++; old_all++; seen[key] = 1 }
  }
  END {
    if (!ended) exit 1
    print "open", old_all + 0, fresh_all + 0
    for (key in seen) print "tuple", key, old_at[key] + 0, fresh_at[key] + 0, old_at[key] + fresh_at[key]
  }') || fail ${exits.lookBroken} "the list of connections ended early"
echo "$counts" | grep '^open'
echo "$counts" | grep '^tuple' | sort -k5,5 -rn | head -50
# Rules and what is remembered of them change one after the other: in between they would seem to be somebody else's.
if [ -e "$dir/lock" ]; then
  exec 9<"$dir/lock"
  flock -s -w 30 9 || fail ${exits.lookBroken} "an order is under way for more than 30 s"
fi
echo "generation $(cat "$dir/generation" 2>/dev/null || echo 0)"
tables=$(nft list tables) || fail ${exits.lookBroken} "nft does not answer"
if echo "$tables" | grep -qxF "table $table"; then
  listed=$(nft -s list table $table | sha256sum | cut -d' ' -f1) || fail ${exits.lookBroken} "nft does not answer"
  echo "digest $listed $(cat "$dir/rules.sha256" 2>/dev/null || echo none)"
  echo "opened $(nft list counter $table opened | awk '$1 == "packets" { print $2 }')"
else
  echo "digest absent none"
  echo "opened 0"
fi
ip -o -4 addr show dev "$iface" | awk '{ split($4, p, "/"); print "address", p[1] }'
if [ -e "$dir/retired" ] || [ -e "$dir/released" ]; then echo retired; fi
exec 9<&-
${chains}
echo end
`;

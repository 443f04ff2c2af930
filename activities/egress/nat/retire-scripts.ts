/** Taking the old addresses off the interface, and bringing them back: with their order, and with the routes that went along. */

import { begin, exits, openStates } from "./script-parts";

/** Of routes that stand in for those of old addresses; no daemon of routing has this number. */
const standIn = 113;

/** Addresses and routes in the words that `ip` takes. */
const lists = `
is_old() { case " $old " in *" $1 "*) return 0 ;; *) return 1 ;; esac; }
addresses_now() {
  ip -o -4 addr show dev "$iface" | awk '{
    words = $4
    for (i = 5; i <= NF; i++) {
      if ($i ~ /^(peer|brd|scope|metric)$/) { words = words " " $i " " $(i + 1); i++ }
      else if ($i == "noprefixroute") words = words " " $i
      else if ($i ~ /\\\\$/) { label = $i; sub(/\\\\$/, "", label); words = words " label " label; break }
    }
    print words }'
}
routes_now() {
  ip -4 route show table all dev "$iface" | awk '
    $1 ~ /^(local|broadcast|multicast)$/ || / proto ${standIn}( |$)/ { next }
    { gsub(/ (linkdown|dead|offload|rt_offload|trap|rt_trap)/, ""); sub(/ +$/, ""); print }'
}
source_of() { case " $1 " in *" src "*) set -- "\${1##* src }"; echo "\${1%% *}" ;; esac; }
add_route() {
  said=$(ip -4 route append $1 dev "$iface" 2>&1) && return
  case $said in *"File exists"*) ;; *) fail 1 "route $1: $said" ;; esac
}
# Those whose source address is away cannot be there.
routes_back() {
  routes_now >"$dir/routes.now"
  while read -r route; do
    source=$(source_of "$route")
    if [ -n "$source" ] && ! has "$source"; then continue; fi
    grep -qxF -- "$route" "$dir/routes.now" || add_route "$route"
  done <"$dir/retired.routes"
  rm -f "$dir/routes.now"
}
`;

/** `$6` is `cut` where somebody has said that what is open still may be cut. */
export const retireScript = `${begin}${lists}
force=\${6:-}
open=$({ conntrack -L -p tcp 2>/dev/null; echo "end $?"; } | awk -v list="$old" '
  BEGIN { n = split(list, a, " "); for (i = 1; i <= n; i++) is[a[i]] = 1 }
  $1 == "end" { ended = ($2 == 0); next }
  $4 ~ /^(${openStates})$/ { dst = ""; for (i = 5; i <= NF; i++) if ($i ~ /^dst=/) dst = substr($i, 5); if (is[dst]) count++ }
  END { if (!ended) exit 1; print count + 0 }') || fail ${exits.lookBroken} "the list of connections ended early"
[ "$open" -eq 0 ] || [ "$force" = cut ] || fail ${exits.stillUsed} "$open connections are open on old addresses"
here=
for address in $fresh; do if has "$address"; then here=$address; break; fi; done
[ -n "$here" ] || fail ${exits.notProvisioned} "$iface has none of the new addresses"
if [ ! -e "$dir/retired" ]; then
  routes_now | put retired.routes || exit 1
  addresses_now | put retired || exit 1
fi
# Before the subnet's own route goes there is another one, so that no packet finds none.
while read -r route; do
  source=$(source_of "$route")
  if [ -z "$source" ] || ! is_old "$source"; then continue; fi
  add_route "$(echo "$route" | sed -E "s/ proto [^ ]+//; s/ src [^ ]+/ src $here/") proto ${standIn}"
done <"$dir/retired.routes"
promote
addresses_now >"$dir/before"
while read -r words; do
  address=\${words%%[/ ]*}
  if is_old "$address" && has "$address"; then ip addr del $words dev "$iface" || exit 1; fi
done <"$dir/before"
while read -r words; do
  address=\${words%%[/ ]*}
  is_old "$address" || has "$address" || ip addr add $words dev "$iface" || exit 1
done <"$dir/before"
rm -f "$dir/before"
routes_back
# A subnet that has another address still has its own route again.
routes_now | awk '/ proto kernel /' | while read -r route; do
  ip -4 route del "\${route%% *}" proto ${standIn} dev "$iface" 2>/dev/null || :
done
`;

/**
 * The kernel takes the first address of a subnet as its primary one, and the first of all where none fits. So those that
 * stood behind an old one are added anew: `again` in its subnet, before which it has to come, and the new addresses at the
 * end, `behind`. What goes through keeps its way meanwhile: replies are translated before anybody asks whose address it is.
 */
export const bringBack = `${lists}
network_order='
  function network(cidr) {
    if (split(cidr, p, "/") < 2) p[2] = 32
    split(p[1], b, ".")
    return p[2] " " int((((b[1] * 256 + b[2]) * 256 + b[3]) * 256 + b[4]) / 2 ^ (32 - p[2]))
  }
  { split($1, own, "/"); address = own[1]; key = network($1) }
  index(now, " " address " ") {
    if (lacks[key]) print "again", $0
    else if (any && index(fresh, " " address " ")) print "behind", $0
    next
  }
  index(old, " " address " ") { any = lacks[key] = 1; print "add", $0 }'
bring_back() {
  [ -e "$dir/retired" ] || return 0
  promote
  if [ ! -e "$dir/back" ]; then
    now=$(addresses_now | awk '{ split($1, p, "/"); printf "%s ", p[1] }')
    awk -v now=" $now" -v old=" $old " -v fresh=" $fresh " "$network_order" "$dir/retired" | put back || exit 1
  fi
  while read -r verb words; do
    if [ "$verb" = again ] && has "\${words%%[/ ]*}"; then ip addr del $words dev "$iface" || exit 1; fi
  done <"$dir/back"
  while read -r verb words; do
    [ "$verb" = behind ] || has "\${words%%[/ ]*}" || ip addr add $words dev "$iface" || exit 1
  done <"$dir/back"
  routes_back
  ip -4 route flush table all proto ${standIn} dev "$iface" || exit 1
  while read -r verb words; do
    [ "$verb" = behind ] || continue
    if has "\${words%%[/ ]*}"; then ip addr del $words dev "$iface" || exit 1; fi
    ip addr add $words dev "$iface" || exit 1
  done <"$dir/back"
  routes_back
  while read -r verb words; do tell "\${words%%[/ ]*}" & done <"$dir/back"
  wait
  rm -f "$dir/back" "$dir/retired" "$dir/retired.routes"
}
`;

export const bringBackScript = `${begin}${bringBack}
bring_back
`;

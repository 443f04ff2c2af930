#!/bin/sh
# guard.sh PREFIX: ends whatever runs in the network namespaces whose names begin with the prefix and removes them,
# as soon as stdin is closed: that is when whoever made them is done, or was killed. Their links go with them.
prefix=$1
# Nothing but what a lab or a test made is ever removed.
case $prefix in rblab-[0-9]*- | rbnet-[0-9]*-) ;; *) exit 64 ;; esac
trap '' HUP INT TERM
cat >/dev/null

spaces() { ip netns list 2>/dev/null | while read -r name _; do case $name in "$prefix"*) echo "$name" ;; esac; done; }
inside() { for space in $(spaces); do ip netns pids "$space"; done 2>/dev/null; }

# PostgreSQL's immediate shutdown first: a killed server would leave its shared memory behind.
signal=QUIT
tries=0
while pids=$(inside) && [ -n "$pids" ] && [ "$tries" -lt 100 ]; do
  [ "$tries" -lt 30 ] || signal=KILL
  # Word by word: one id each.
  # shellcheck disable=SC2086
  [ $((tries % 10)) -ne 0 ] || kill -s "$signal" $pids 2>/dev/null
  tries=$((tries + 1))
  sleep 0.1
done
for space in $(spaces); do ip netns delete "$space" 2>/dev/null; done
exit 0

#!/bin/sh
# guard.sh FOLDER: ends every server below the folder and removes it, as soon as stdin is closed: that is when whoever made
# the folder is done, or was killed. A server is known by a pid file below the folder and by its command line, which names
# the folder: process ids are used again.
folder=$1
# Nothing but what a lab made is ever removed.
[ -f "$folder/.rb-ground" ] || exit 0
trap '' HUP INT TERM
cat >/dev/null

servers() {
  find "$folder" -name '*.pid' -type f 2>/dev/null | while read -r file; do
    pid=
    read -r pid <"$file" 2>/dev/null
    case $pid in '' | *[!0-9]*) continue ;; esac
    case $(ps -o args= -p "$pid" 2>/dev/null) in *"$folder"/*) echo "$pid" ;; esac
  done
  # A data directory that was moved or emptied under a running server has no pid file any more.
  ps -A -o pid= -o args= | while read -r pid program args; do
    case $program in */postgres | postgres) ;; *) continue ;; esac
    case " $args" in *" $folder"/*) echo "$pid" ;; esac
  done
}

# Immediate shutdown first: a killed server would leave its shared memory behind.
signal=QUIT
tries=0
while pids=$(servers) && [ -n "$pids" ] && [ "$tries" -lt 100 ]; do
  [ "$tries" -lt 30 ] || signal=KILL
  # Word by word: one id each.
  # shellcheck disable=SC2086
  [ $((tries % 10)) -ne 0 ] || kill -s "$signal" $pids 2>/dev/null
  tries=$((tries + 1))
  sleep 0.1
done
rm -rf "$folder"

#!/bin/sh
# Runs a command whose program reads secrets from its environment only.
# usage: with-secrets.sh NAME=SECRET ... COMMAND [ARGUMENT ...]
# Each leading NAME=SECRET exports the text of $SECRETS/SECRET (/run/secrets by default) as NAME.
set -eu

while [ $# -gt 0 ]; do
  case $1 in
  [A-Z]*=*) ;;
  *) break ;;
  esac
  name=${1%%=*}
  file=${SECRETS:-/run/secrets}/${1#*=}
  if [ ! -r "$file" ]; then
    echo "cannot read the secret $file" >&2
    echo "hint: run deploy/make-secrets.sh on the host; the container's user must be able to read the file." >&2
    exit 78
  fi
  export "$name=$(cat "$file")"
  shift
done

if [ $# -eq 0 ]; then
  echo "no command to run" >&2
  echo "hint: with-secrets.sh NAME=SECRET COMMAND" >&2
  exit 64
fi
exec "$@"

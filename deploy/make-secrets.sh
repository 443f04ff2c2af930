#!/bin/sh
# Makes what docker-compose.yml mounts as secrets. Safe to repeat: a secret that is there is kept.
set -eu
umask 077

folder=$(cd "$(dirname "$0")" && pwd)/${1:-secrets}
mkdir -p "$folder"
chmod 700 "$folder"

password() {
  [ -s "$folder/$1" ] || head -c 32 /dev/urandom | od -An -v -tx1 | tr -d ' \n' >"$folder/$1"
}
password postgres_password
password runbooks_password
[ -s "$folder/ssh_key" ] || ssh-keygen -q -t ed25519 -N '' -C upgrade-runbooks -f "$folder/ssh_key"

# Compose mounts each file as it is, and the containers' users are not yours: readable files, in a folder that only you
# can enter.
chmod 444 "$folder/postgres_password" "$folder/runbooks_password" "$folder/ssh_key"

echo "Secrets are in $folder. Let your hosts accept this key:"
cat "$folder/ssh_key.pub"

#!/bin/sh
# A database and a role of their own for artifacts, so that a worker cannot touch Temporal's tables. Run once by the
# PostgreSQL image, when it makes the cluster.
set -eu

# psql reads the file itself: the password is in no argument and no environment.
psql --set ON_ERROR_STOP=1 --set file="${SECRETS:-/run/secrets}/runbooks_password" \
  --username "$POSTGRES_USER" --dbname postgres --no-psqlrc --quiet <<'SQL'
\set password `cat :'file'`
create role runbooks login password :'password';
create database runbooks owner runbooks;
revoke connect on database runbooks from public;
SQL

#!/bin/sh
# Makes both databases of a Temporal server and moves their schema to the version of these tools. Safe to repeat: what is
# there already is left alone. Reads SQL_HOST, SQL_PORT, SQL_USER, SQL_PASSWORD and SQL_PLUGIN.
set -eu

versions=/etc/temporal/schema/postgresql/v12

prepare() {
  database=$1
  schema=$2
  temporal-sql-tool --database "$database" create
  temporal-sql-tool --database "$database" setup-schema --version 0.0
  temporal-sql-tool --database "$database" update-schema --schema-dir "$versions/$schema/versioned"
}

prepare temporal temporal
prepare temporal_visibility visibility

#!/bin/sh
# Makes the namespace and its search attributes. Safe to repeat: what is there already is left alone. Reads the standard
# TEMPORAL_* variables, and RETENTION: how long a finished run stays readable.
set -eu

if ! temporal operator namespace describe --namespace "$TEMPORAL_NAMESPACE" >/dev/null 2>&1; then
  temporal operator namespace create --namespace "$TEMPORAL_NAMESPACE" --retention "${RETENTION:-90d}"
fi

# A server learns of a new namespace within seconds, and refuses its name until then.
attribute() {
  tries=0
  until temporal operator search-attribute create --namespace "$TEMPORAL_NAMESPACE" --name "$1" --type "$2"; do
    tries=$((tries + 1))
    [ "$tries" -lt 30 ] || exit 1
    sleep 1
  done
}

attribute RunbookName Keyword
attribute RunbookPhase Keyword
attribute RunbookWaiting Keyword
attribute RunbookTarget Keyword
attribute ChangeTicket Keyword
attribute RunbookPct Int
attribute RunbookNextWindow Datetime
attribute RunbookBlocked Bool

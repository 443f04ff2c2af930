/** What a host says of itself to preflight; reads only. POSIX sh. */
export const hostScript = `
mark=$1 data=$2 work=$3 address=$4 port=$5 locales=$6 libraries=$7 files=$8
say() { printf '\\n@%s %s\\n' "$mark" "$*"; }
# The part of a path that is there.
known() { there=$1; while [ ! -e "$there" ] && [ ! -L "$there" ]; do there=\${there%/*}; [ -n "$there" ] || there=/; done; printf %s "$there"; }
real() {
  there=$(known "$1"); rest=\${1#"$there"}
  if [ -d "$there" ]; then there=$(cd -P "$there" 2>/dev/null && pwd) || there="unreadable $1"; elif [ -L "$there" ]; then there="a link $there"; fi
  [ "$there" != / ] || there=
  case $rest in ''|/*) ;; *) rest=/$rest ;; esac
  printf '%s%s' "$there" "$rest"
}
state() {
  if [ -L "$1" ]; then echo 'a link'; elif [ ! -e "$1" ]; then echo absent; elif [ ! -d "$1" ]; then echo 'no folder'
  elif [ -n "$(ls -A "$1" 2>&1)" ]; then echo full; else echo empty; fi
}
space() { df -Pk "$(known "$1")" 2>/dev/null | { read -r _; read -r _ _ _ free _ mount; printf '%s %s' "\${free:--}" "$mount"; }; }
# A folder that is not there yet is made in what is.
mayWrite() { if [ -w "$(known "$1")" ]; then echo yes; else echo no; fi; }
sorted() {
  has=$(locale -a 2>/dev/null | tr 'A-Z' 'a-z' | tr -d - | grep -Fx "$(printf %s "$1" | tr 'A-Z' 'a-z' | tr -d -)")
  [ -n "$has" ] || { printf -- -; return; }
  printf '%s\\n' a A b B 'a b' a-b ab 'a.b' 1-1 11 '1 1' _a 'é' e E z Z 'ß' ss st '"a' "'a" 'œ' oe 'ö' o 'ñ' n 'я' 'あ' '10' '9' '-1' '+1' | LC_ALL=$1 sort | cksum | tr -d ' \\n'
}
say uid "$(id -u)"
say user "$(id -un)"
say umask "$(umask)"
for name in postgres pg_ctl pg_controldata pg_basebackup pg_verifybackup pg_waldump pg_checksums pg_amcheck psql pg_isready pg_dump pg_dumpall; do
  version=-
  if [ -n "$RB_BIN" ] && [ -x "$RB_BIN/$name" ]; then
    version=$("$RB_BIN/$name" --version 2>/dev/null); version=\${version##*PostgreSQL) }; version=\${version%% *}
  fi
  say program "$name" "\${version:--}"
done
say target "$(state "$data")"
say tablespaces "$(state "$data.tblspc")"
say dataReal "$(real "$data")"
say workReal "$(real "$work")"
say mayWriteData "$(mayWrite "\${data%/*}")"
say mayWriteWork "$(mayWrite "$work")"
say workMode "$({ stat -c %a "$work" || stat -f %Lp "$work" || echo -; } 2>/dev/null)"
say dataSpace "$(space "$data")"
say workSpace "$(space "$work")"
[ ! -d "$data/pg_wal" ] || say walSpace "$(space "$data/pg_wal/.")"
pid=
{ read -r pid <"$data/postmaster.pid"; } 2>/dev/null
if [ -n "$pid" ] && kill -0 "$pid" 2>/dev/null; then say postmaster "$pid"; fi
if [ -n "$RB_BIN" ]; then
  "$RB_BIN/pg_isready" -q -t 3 -h "$address" -p "$port" >/dev/null 2>&1
  case $? in 0|1) say answering yes ;; *) say answering no ;; esac
  id=$(LC_ALL=C "$RB_BIN/pg_controldata" -D "$data" 2>/dev/null | sed -n 's/^Database system identifier: *//p')
  [ -z "$id" ] || say system "$id"
  icu=$(ldd "$RB_BIN/postgres" 2>/dev/null | sed -n 's/.*libicui18n[^ ]* => \\([^ ]*\\).*/\\1/p')
  [ -z "$icu" ] || icu=$(readlink -f "$icu"); icu=\${icu##*.so.}
fi
boot=
{ read -r boot </proc/sys/kernel/random/boot_id; } 2>/dev/null || boot=$(hostname)
say boot "$boot"
say icu "\${icu:--}"
say libc "$(getconf GNU_LIBC_VERSION 2>/dev/null || uname -sr)"
# From here on $* is joined by it, too.
IFS='
'
for name in $locales; do say "locale $(sorted "$name") $name"; done
lib=$("$RB_BIN/pg_config" --pkglibdir 2>/dev/null) || lib=\${RB_BIN%/bin}/lib
for name in $libraries; do
  has=no
  for file in "$lib/$name".so "$lib/$name".dylib "\${RB_BIN%/bin}/lib/postgresql/$name".so; do [ ! -e "$file" ] || has=yes; done
  say "library $has $name"
done
for name in $files; do if [ -r "$name" ]; then say "file yes $name"; else say "file no $name"; fi; done
say "kept $(timedatectl show -p NTPSynchronized --value 2>/dev/null || echo -)"
say end
`;

/** By itself, for the longer a call takes the less its clock tells. Nanoseconds are GNU's. */
export const clockScript = "date +%s.%N";

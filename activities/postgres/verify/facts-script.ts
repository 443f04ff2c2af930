/**
 * POSIX sh that looks at a backup folder ($1) and changes nothing; each line is a name, a tab and a value. It looks at what
 * pg_verifybackup passes over: links, signal files, the manifest's own algorithm, the control file's checksum, and whose WAL
 * lies in pg_wal.
 */
export const factsScript = `
LC_ALL=C; export LC_ALL
say() { printf '%s\\t%s\\n' "$1" "$2"; }
cd -P -- "$1" 2>/dev/null || { say absent "$1"; say end ok; exit 0; }
say folder "$(pwd -P)"
manifest=backup_manifest
if [ -f $manifest ] && [ ! -L $manifest ]; then
  awk -v FS='\\n' '
    function say(name, value) { printf "%s\\t%s\\n", name, value }
    function field(name) {
      if (!match($0, "\\"" name "\\": \\"?[^\\",} ]+")) return ""
      part = substr($0, RSTART, RLENGTH); sub(/^"[^"]*": "?/, "", part); return part
    }
    NR == 1 && /^[{] "PostgreSQL-Backup-Manifest-Version": [0-9]+,$/ { say("manifest.version", field("PostgreSQL-Backup-Manifest-Version")); next }
    /^"System-Identifier": [0-9]+,$/ { say("manifest.system", field("System-Identifier")); next }
    /^"Files": \\[$/ || /^"WAL-Ranges": \\[$/ || /^\\],?$/ { next }
    /^[{] "(Encoded-)?Path": ".*"Size": [0-9]+,.*[}],?$/ {
      files++; bytes += field("Size")
      algorithm = field("Checksum-Algorithm"); sum = field("Checksum")
      if (algorithm == "" || sum == "") bare++
      else if (!(algorithm in seen)) { seen[algorithm] = 1; say("manifest.algorithm", algorithm) }
      split($0, words, "\\""); path = words[2] == "Path" ? words[4] : ""
      if (path ~ /^(backup_label|global\\/pg_control|PG_VERSION|tablespace_map)$/) say("manifest.has", path)
      if (path == "postgresql.auto.conf") say("manifest.auto", algorithm " " sum " " field("Size"))
      next
    }
    /^[{] "Timeline": [0-9]+, "Start-LSN": "[0-9A-F]+\\/[0-9A-F]+", "End-LSN": "[0-9A-F]+\\/[0-9A-F]+" [}],?$/ {
      say("manifest.range", field("Timeline") " " field("Start-LSN") " " field("End-LSN")); next
    }
    /^"Manifest-Checksum": "[0-9a-f]+"[}]$/ { say("manifest.checksum", field("Manifest-Checksum")); next }
    { strange++ }
    END { printf "manifest.files\\t%d\\nmanifest.bytes\\t%.0f\\nmanifest.bare\\t%d\\nmanifest.strange\\t%d\\n", files, bytes, bare, strange }
  ' $manifest
fi
for file in standby.signal recovery.signal recovery.conf postmaster.pid backup_manifest.tmp tablespace_map; do
  if [ -e $file ] || [ -L $file ]; then say found $file; fi
done
if [ -r postgresql.auto.conf ]; then
  for bits in 224 256 384 512; do
    sum=$(sha\${bits}sum <postgresql.auto.conf 2>/dev/null) && say auto "SHA$bits \${sum%% *}"
  done
  say auto.bytes "$(($(wc -c <postgresql.auto.conf)))"
fi
[ -r PG_VERSION ] && say major "$(head -n 1 PG_VERSION)"
if [ -f backup_label ]; then
  sed -n 's/^START WAL LOCATION: \\([0-9A-F]*\\/[0-9A-F]*\\) .*/label.start	\\1/p
    s/^START TIMELINE: \\([0-9]*\\)$/label.timeline	\\1/p
    s/^BACKUP FROM: \\(.*\\)$/label.from	\\1/p
    s/^INCREMENTAL FROM LSN: \\(.*\\)$/label.incremental	\\1/p' backup_label
fi
pg_controldata -D "$PWD" 2>&1 | sed 's/^/control	/'
find . ! -type f ! -type d ! -path './pg_tblspc/*' | head -n 20 | sed 's/^/link	/'
for link in pg_tblspc/*; do
  [ -L "$link" ] || [ -e "$link" ] || continue
  real=$(cd -P "$link" 2>/dev/null && pwd -P)
  if [ -L "$link" ]; then say tablespace "\${link#*/} \${real:--}"; else say tablespace "\${link#*/} inside"; fi
  case $real in "$PWD".tblspc/*) find "$real" ! -type f ! -type d | head -n 5 | sed 's/^/link	/' ;; esac
done
for file in pg_wal/*; do
  name=\${file#*/}
  case $name in
    *.history) say history "$name" ;;
    *[!0-9A-F]*) ;;
    ????????????????????????) say segment "$name $(($(wc -c <"$file"))) $(od -A n -t u8 -j 24 -N 8 "$file" 2>/dev/null | tr -d ' ')" ;;
  esac
done
say end ok
`;

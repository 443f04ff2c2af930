/**
 * Writes a `backup_manifest` as PostgreSQL would have, into a copy that was made by other means: POSIX sh. Takes `name`,
 * `system`, `major`, `processes`, `timeline`, `start` and `end`, and fails rather than leave a file out.
 * What it proves is that nothing has changed since; that it was right then, its maker has proven.
 */
export const manifestScript = `
sums=$name.sums
write_manifest() {
  # 16 lines at once: less than what several writers could mix up.
  find -L . -type f ! -path './pg_wal/*' ! -path ./backup_manifest ! -path ./postmaster.pid -print0 >"../$sums.files" || return 1
  xargs -0 -n 16 -P "$processes" sha256sum <"../$sums.files" >"../$sums" || return 1
  xargs -0 stat -L -c '%s %n' <"../$sums.files" >"../$sums.sizes" || return 1
  ! grep -q '[\\\\"]' "../$sums.files" || { echo "rb: a file name has quotes or backslashes" >&2; return 1; }
  awk -v at="$(date -u '+%Y-%m-%d %H:%M:%S GMT')" -v major="$major" -v cluster="$system" -v timeline="$timeline" -v first="$start" -v last="$end" '
    FNR == NR { size[substr($0, index($0, " ") + 3)] = $1; sizes++; next }
    FNR == 1 {
      if (major >= 17) printf "{ \\"PostgreSQL-Backup-Manifest-Version\\": 2,\\n\\"System-Identifier\\": %s,\\n\\"Files\\": [", cluster
      else printf "{ \\"PostgreSQL-Backup-Manifest-Version\\": 1,\\n\\"Files\\": ["
    }
    {
      path = substr($0, 69)
      if (!(path in size) || length($1) != 64) { bad = 1; exit 1 }
      printf "%s\\n{ \\"Path\\": \\"%s\\", \\"Size\\": %s, \\"Last-Modified\\": \\"%s\\", \\"Checksum-Algorithm\\": \\"SHA256\\", \\"Checksum\\": \\"%s\\" }", (summed++ ? "," : ""), path, size[path], at, $1
    }
    END {
      if (bad || !summed || summed != sizes) exit 1
      printf "\\n],\\n\\"WAL-Ranges\\": [\\n{ \\"Timeline\\": %s, \\"Start-LSN\\": \\"%s\\", \\"End-LSN\\": \\"%s\\" }\\n],\\n", timeline, first, last
    }' "../$sums.sizes" "../$sums" >"../$sums.manifest" || return 1
  sum=$(sha256sum <"../$sums.manifest") || return 1
  printf '"Manifest-Checksum": "%s"}\\n' "\${sum%% *}" >>"../$sums.manifest" || return 1
  cp "../$sums.manifest" backup_manifest && synced backup_manifest
}
(cd "$name" && write_manifest) || fail "no manifest could be written"
rm -f "$sums" "$sums.files" "$sums.sizes" "$sums.manifest"
`;

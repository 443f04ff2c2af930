/** Exit codes of the script by which it says that it asked nobody. */
export const probeExit = { oldCurl: 90, noCurl: 91, noFolder: 92 } as const;

/**
 * Asks sites with one process of curl, which reads its requests from stdin, and tells of answers that hold a challenge
 * (`!challenge`) or say when to come again (`!wait`). Answers are kept in a folder of its own that goes with it. POSIX sh.
 *
 * sshd hands TERM on to nobody's command that logs in as root: given up, it asks on until curl has ended by itself.
 *
 * 25 is SIGXFSZ: who ignores it gets a failed write, so that the limit of a file's size ends one transfer and not curl.
 */
export const probeScript = `
parallel=$1
LC_ALL=C; export LC_ALL
umask 077
said=$(curl --version 2>/dev/null) || exit ${probeExit.noCurl}
version=\${said#curl }; version=\${version%% *}
echo "!version $version"
case $version in
  [0-6].*|7.[0-9].*|7.[0-6][0-9].*|7.7[0-4].*) exit ${probeExit.oldCurl} ;;
esac
folder=$(mktemp -d) || exit ${probeExit.noFolder}
curl=
trap 'cd /; rm -rf "$folder"' EXIT
trap '[ -z "$curl" ] || kill "$curl" 2>/dev/null; exit 143' HUP INT PIPE TERM
cd "$folder" || exit ${probeExit.noFolder}
# A command in the background has no stdin of its own.
exec 3<&0
(
  trap '' 25
  ulimit -f 512
  exec curl -q --silent --no-progress-meter --parallel --parallel-immediate --parallel-max "$parallel" --config - <&3
) &
curl=$!
wait "$curl"
curl=
find . -name '*.*' -type f -exec grep -liE 'cf-mitigated|cf-chl|captcha|incapsula|datadome' {} + | sed 's/^/!challenge /'
find . -name '*.head' -type f -exec grep -li '^retry-after:' {} + | sed 's/^/!wait /'
echo '!end'
`;

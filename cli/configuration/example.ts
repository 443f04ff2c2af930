/** What `runbook init` writes: two environments and two components, ready to be edited. Held to the schema by a test. */

export interface ExampleFile {
  /** Beside the configuration file. */
  readonly name: string;
  readonly text: string;
}

export const exampleConfiguration = `# The configuration of upgrade-runbooks: where hosts are, and what they can be asked to do.
# Paths are relative to this file. It is read anew for each plan. Judge it with: runbook validate --config <this file>
# Everything that may stand here: docs/configuration.md

# Environments. A run names one of them: target: staging
targets:
  staging:
    # How the hosts are found: a file, or a command, DNS or Prometheus as below.
    inventory: { file: hosts-staging.yaml }
    ssh:
      user: deploy
      identities: [{ key: ~/.ssh/id_ed25519 }]
      # identities: [{ key: ~/.ssh/id_ed25519, passphrase: "env:KEY_PASSPHRASE" }] # never the passphrase itself
      # agent: true # ask ssh-agent (SSH_AUTH_SOCK) instead
      # knownHosts: [~/.ssh/known_hosts] # unknown keys are refused: runbook trust --target staging HOST

  prod-eu:
    inventory: { file: hosts-prod-eu.yaml }
    # inventory: { command: [ansible-inventory, -i, inventories/prod, --list] }
    # inventory: { dns: { names: [web.example.com], type: A, pool: web } }
    # inventory: { prometheus: { url: "https://sd.example.com/hosts", token: "file:/run/secrets/sd" } }
    ssh:
      user: deploy
      identities: [{ key: ~/.ssh/id_ed25519 }]
      handshakes: 8 # at once per jump host; sshd drops what exceeds its MaxStartups
      become: false # true: everything through sudo -n -H
    # When work may start: while all of these are open. Without any it may always.
    calendars: [weeknights, year-end]

# When work may start. See them: runbook calendar next --target prod-eu
calendars:
  # Closed, but for its windows: from Monday to Thursday at 22:00, for eight hours.
  weeknights:
    tz: Europe/Sofia # whose clocks count, summer and winter
    dtstart: 2026-11-02T22:00 # the first one, in local time
    rrule: FREQ=WEEKLY;BYDAY=MO,TU,WE,TH # RFC 5545; the day is that of the start
    duration: PT8H # elapsed time; mode: wall keeps the local end when clocks change
    cutoff: PT1H # nothing new starts in the last hour
    # minUseful: PT2H # skip what exclusions leave less of
    # gap: skip # needed for starts between 00:30 and 04:30: skip or shift one that clocks skip
    # exclusions: [2027-03-03, 2027-04-30/2027-05-03, { ics: holidays.ics }]
  # Open, but for its blackout.
  year-end:
    tz: Europe/Sofia
    default: open
    dtstart: 2026-12-18T18:00
    rrule: FREQ=YEARLY
    duration: P17D

# What is upgraded. A run names one of them: component: web. Any component goes with any target.
# \`run\` is a list of words, never a shell line; {{version}}, {{host.id}} and the like are filled in.
components:
  web:
    minReadyS: 10 # \`ready\` must hold this long before a host counts
    steps:
      # Exit 0, or the host is left as it is. Changes nothing.
      precheck: { run: [test, -d, /opt/web], timeoutS: 30 }
      # Out of service, and back; either may be left out.
      drain: { run: [/opt/web/bin/drain, "{{host.id}}"], timeoutS: 300 }
      # Brings the version; runs once, detached, whatever dies meanwhile.
      apply: { run: [/opt/web/bin/install, "{{version}}"], timeoutS: 1800 }
      restart: { run: [sudo, -n, systemctl, restart, web] }
      ready: { run: [curl, -fsS, "http://127.0.0.1:8080/health"] }
      # Prints the running version, alone on its first line.
      version: { run: [cat, /opt/web/current/VERSION] }
      undrain: { run: [/opt/web/bin/undrain, "{{host.id}}"] }
      # Takes a host back to the version before; without it no run can roll back.
      undo: { script: '/opt/web/bin/install "$RUNBOOK_PREVIOUS"', timeoutS: 1800 }

  worker:
    steps:
      apply:
        # POSIX sh, where one command is not enough. It reads $RUNBOOK_VERSION and $RUNBOOK_HOST.
        script: |
          set -e
          /opt/worker/bin/fetch "$RUNBOOK_VERSION"
          ln -sfn "/opt/worker/releases/$RUNBOOK_VERSION" /opt/worker/current
        # Secrets by reference; their values go over stdin and stand in no log.
        # secretEnv: { TOKEN: "file:/run/secrets/worker-token" }
      restart: { run: [sudo, -n, systemctl, restart, worker] }
      ready: { run: [/opt/worker/bin/healthy] }
      version: { run: [cat, /opt/worker/current/VERSION] }
`;

const hostFile = (target: string, hosts: readonly string[]): string =>
  [
    `# The hosts of ${target}. Fields: id, address, port, user, pool, zone, site, tags, fingerprint, jump.`,
    "defaults: { port: 22 }",
    "hosts:",
    ...hosts.map((host) => `  ${host}`),
    "",
  ].join("\n");

export const exampleInventories: readonly ExampleFile[] = [
  {
    name: "hosts-staging.yaml",
    text: hostFile("staging", [
      "- { id: web-01, address: 192.0.2.11, pool: web }",
      "- { id: worker-01, address: 192.0.2.21, pool: worker }",
    ]),
  },
  {
    name: "hosts-prod-eu.yaml",
    text: hostFile("prod-eu", [
      "- { id: web-01, address: 198.51.100.11, pool: web, zone: a }",
      "- { id: web-02, address: 198.51.100.12, pool: web, zone: b }",
      "- { id: worker-01, address: 198.51.100.21, pool: worker, zone: a }",
      "# - { id: worker-02, address: 10.0.0.22, pool: worker, zone: b, jump: [ops@203.0.113.9] }",
    ]),
  },
];

import type { RecordedFailure } from "./recorded";

export const slots: readonly RecordedFailure[] = [
  {
    when: "a slot of that name exists",
    from: "15.18",
    kind: "slotExists",
    sql: { code: "42710", message: 'replication slot "x" already exists' },
  },
  {
    when: "no slot is free",
    from: "15.18",
    kind: "slotsExhausted",
    sql: {
      code: "53400",
      message: "all replication slots are in use",
      hint: "Free one or increase max_replication_slots.",
    },
  },
  {
    when: "a slot's name is not allowed",
    from: "15.18",
    kind: "slotNameInvalid",
    sql: {
      code: "42602",
      message: 'replication slot name "Bad-Name" contains invalid character',
    },
  },
  {
    when: "the slot to drop is gone",
    from: "15.18",
    kind: "slotGone",
    sql: { code: "42704", message: 'replication slot "y" does not exist' },
  },
  {
    when: "something streams from the slot to drop",
    from: "15.18",
    kind: "slotActive",
    sql: {
      code: "55006",
      message: 'replication slot "x" is active for PID 10167',
    },
  },
  {
    when: "a copy names a slot that is gone",
    from: "15.18",
    kind: "slotGone",
    program: {
      program: "pg_basebackup",
      exitCode: 1,
      output: `pg_basebackup: error: could not send replication command "START_REPLICATION": ERROR:  replication slot "ghost" does not exist
pg_basebackup: error: background process terminated unexpectedly
pg_basebackup: removing data directory "b1"`,
    },
  },
  {
    when: "a standby's slot is gone",
    from: "15.18",
    kind: "slotGone",
    log: `08P01 FATAL:  could not start WAL streaming: ERROR:  replication slot "ghost" does not exist
00000 LOG:  waiting for WAL to become available at 0/5000130`,
  },
  {
    when: "a standby needs WAL that the primary has removed",
    from: "15.18",
    kind: "walRemoved",
    log: `00000 LOG:  started streaming WAL from primary at 0/5000000 on timeline 1
08P01 FATAL:  could not receive data from WAL stream: ERROR:  requested WAL segment 000000010000000000000005 has already been removed
00000 LOG:  waiting for WAL to become available at 0/5000130`,
  },
  {
    when: "the primary gives up a slot that holds too much",
    from: "15.18",
    kind: "slotLost",
    log: 'LOG:  invalidating slot "x" because its restart_lsn 0/A0002B8 exceeds max_slot_wal_keep_size',
  },
  {
    when: "a newer primary gives up a slot that holds too much",
    from: "17.10",
    kind: "slotLost",
    log: `00000 LOG:  invalidating obsolete replication slot "x"
00000 DETAIL:  The slot's restart_lsn 0/14D89D0 exceeds the limit by 11695664 bytes.`,
  },
  {
    when: "something streams from a slot that a newer primary has given up",
    from: "18.4",
    kind: "slotLost",
    sql: {
      code: "55000",
      message: 'can no longer access replication slot "x"',
      detail:
        'This replication slot has been invalidated due to "wal_removed".',
    },
  },
];

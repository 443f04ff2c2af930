import { copies } from "./copies";
import { copyChecks } from "./copy-checks";
import { logins } from "./logins";
import { pgbackrest } from "./pgbackrest";
import { rewinds } from "./rewinds";
import { slots } from "./slots";
import { starts } from "./starts";
import { statements } from "./statements";
import type { RecordedFailure } from "./recorded";

export const recordedFailures: readonly RecordedFailure[] = [
  ...slots,
  ...copies,
  ...copyChecks,
  ...starts,
  ...statements,
  ...logins,
  ...rewinds,
  ...pgbackrest,
];

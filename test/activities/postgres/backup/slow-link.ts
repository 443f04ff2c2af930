import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { PgLab } from "../../../harness/postgres-cluster";

/** Passes on what comes, so many bytes a second as its file says at the time; 0: as fast as it comes. */
const limiter = `
$| = 1;
while (my $n = sysread(STDIN, my $bytes, 32768)) {
  for (my $at = 0; $at < $n;) { $at += syswrite(STDOUT, $bytes, $n - $at, $at) || exit 1 }
  open(my $file, "<", $ARGV[0]) or exit 1;
  my $rate = <$file>;
  select(undef, undef, undef, $n / $rate) if $rate > 0;
}
`;

/** Stands in for SSH between pgBackRest's own processes on two hosts: a link of a limited rate, which a test may change. */
export class SlowLink {
  /** What `cmd-ssh` of pgBackRest names. */
  readonly program: string;
  private readonly rateFile: string;

  /** @param name of one among several of the lab */
  constructor(
    { ground }: Pick<PgLab, "ground">,
    name: string,
    bytesPerS: number,
  ) {
    const folder = `link-${name}`;
    ground.makeFolder(folder);
    const script = ground.write(join(folder, "limiter.pl"), limiter);
    this.rateFile = ground.write(join(folder, "rate"), String(bytesPerS));
    this.program = ground.write(
      join(folder, "ssh"),
      `#!/bin/sh\nfor command; do :; done\nsh -c "$command" | exec perl ${script} ${this.rateFile}\n`,
    );
    chmodSync(this.program, 0o700);
  }

  /** From the next bytes on. */
  set(bytesPerS: number): void {
    writeFileSync(this.rateFile, String(bytesPerS));
  }
}

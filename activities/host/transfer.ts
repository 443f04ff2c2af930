import { hostError } from "./errors";
import type { VisitStep } from "./port";
import type { VisitedHost } from "./visited-host";

/** Brings the run's artifact to the host; a host that has it gets nothing. @throws ssh.*, artifacts.*, host.noArtifact */
export async function runTransfer(
  host: VisitedHost,
  { name, path, timeoutMs }: VisitStep,
): Promise<void> {
  host.enter(name);
  const { deps, words, progress } = host;
  const { files } = deps;
  const { artifact } = words.request;
  if (files === undefined || artifact === undefined || path === undefined) {
    const what = files === undefined ? "this worker keeps no files" : "none";
    const seen = `the step ${name} is to send the artifact of a build: ${what}`;
    throw hostError("noArtifact", { seen });
  }
  const { sha256, bytes } = artifact;
  const percent = (sent: number): string =>
    `${Math.round((100 * sent) / Math.max(1, bytes))} % sent`;
  const sent = await deps.ssh.upload(
    host.target,
    {
      path: words.words({ name, run: [path] })[0] ?? path,
      sha256,
      bytes,
      timeoutMs,
      source: () => files.readFile(artifact),
      onBytes: (count) => progress.report(name, percent(count)),
    },
    progress.signal,
  );
  progress.report(name, sent);
}

import { aroundJudges } from "./judge-around";
import { filesJudges } from "./judge-files";
import { hostJudges } from "./judge-host";
import { primaryJudges } from "./judge-primary";
import { spaceJudges } from "./judge-space";
import type { PreflightFacts } from "./facts";
import {
  checkNames,
  type CheckName,
  type NamedCheck,
  type PreflightLimits,
} from "./port";
import type { Judges } from "./verdicts";

const judges: Judges = {
  ...{ ...primaryJudges, ...aroundJudges, ...hostJudges },
  ...{ ...filesJudges, ...spaceJudges },
};

/** Every fact against its limit, all of them, so that one look tells everything that is wrong. Pure. */
export function judge(
  facts: PreflightFacts,
  limits: PreflightLimits,
  only: readonly CheckName[] = checkNames,
): NamedCheck[] {
  return checkNames
    .filter((name) => only.includes(name))
    .flatMap((name) => {
      const verdict = judges[name](facts, limits);
      return verdict === undefined ? [] : [{ name, ...verdict }];
    });
}

import type { z } from "zod";
import type { HostContract, hostContractSchema } from "../host/port";
import { aptParts } from "./apt";
import { commandParts } from "./command";
import { dockerParts } from "./docker";
import { gitParts } from "./git";
import type { Recipe, RecipeComponent, StepOverrides } from "./port";
import { systemdParts } from "./systemd";
import { tarballParts } from "./tarball";

/** What a recipe brings to a host contract. */
export type RecipeParts = Pick<HostContract, "steps" | "extra">;

/** The steps of a recipe, as if they had been written down. Pure: the same configuration gives the same contract. */
export function partsOf(recipe: Recipe): RecipeParts {
  switch (recipe.kind) {
    case "git":
      return gitParts(recipe);
    case "tarball":
      return tarballParts(recipe);
    case "apt":
      return aptParts(recipe);
    case "docker":
      return dockerParts(recipe);
    case "systemd":
      return systemdParts(recipe);
    case "command":
      return commandParts(recipe);
  }
}

type WrittenContract = z.input<typeof hostContractSchema>;

/** A component's contract as one would write it, still to be validated: an override may name a step that has no command. */
export function expand({
  recipe,
  steps,
  extra,
  ...rest
}: RecipeComponent): WrittenContract {
  const parts = partsOf(recipe);
  return {
    ...rest,
    steps: mergeSteps(parts.steps, steps),
    extra: [...extra, ...parts.extra],
  };
}

/** An override with a command stands instead of the recipe's step; without one it changes the fields that it names. */
function mergeSteps(
  own: RecipeParts["steps"],
  overrides: StepOverrides,
): WrittenContract["steps"] {
  const changed = Object.entries(overrides).map(([name, override = {}]) => {
    const step = own[name as keyof StepOverrides];
    const whole = "run" in override || "script" in override;
    if (whole || step === undefined) return [name, override] as const;
    const env = { ...step.env, ...override.env };
    return [name, { ...step, ...override, env }] as const;
  });
  return { ...own, ...(Object.fromEntries(changed) as object) };
}

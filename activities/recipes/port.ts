import { z } from "zod";
import {
  contractFields,
  hostContractSchema,
  readFields,
  stepFields,
} from "../host/port";
import { aptSchema } from "./apt";
import { commandSchema } from "./command";
import { dockerSchema } from "./docker";
import { expand, partsOf } from "./expand";
import { gitSchema } from "./git";
import { systemdSchema } from "./systemd";
import { tarballSchema } from "./tarball";

const recipeSchema = z.discriminatedUnion("kind", [
  gitSchema,
  tarballSchema,
  aptSchema,
  dockerSchema,
  systemdSchema,
  commandSchema,
]);
export type Recipe = z.output<typeof recipeSchema>;

const jobOverride = z.strictObject(stepFields).optional();
const readOverride = z
  .strictObject({ ...readFields, run: readFields.run.optional() })
  .optional();

const overridesSchema = z.strictObject({
  precheck: readOverride,
  drain: jobOverride,
  fetch: jobOverride,
  apply: jobOverride,
  restart: jobOverride,
  ready: readOverride,
  version: readOverride,
  undrain: jobOverride,
  undo: jobOverride,
  preview: readOverride,
});
export type StepOverrides = z.output<typeof overridesSchema>;

const recipeComponentSchema = z.strictObject({
  recipe: recipeSchema,
  /** Changes single steps of the recipe, or adds those that it leaves open, such as `restart` and `ready`. */
  steps: overridesSchema.default({}),
  ...contractFields,
});
export type RecipeComponent = z.output<typeof recipeComponentSchema>;

const expandedSchema = recipeComponentSchema
  .superRefine(({ recipe, extra }, context) => {
    const taken = new Set(partsOf(recipe).extra.map(({ name }) => name));
    extra.forEach(({ name }, index) => {
      if (!taken.has(name)) return;
      const message = `expected another name: the recipe has a step ${name}`;
      context.addIssue({
        code: "custom",
        path: ["extra", index, "name"],
        message,
      });
    });
  })
  .transform(expand)
  .pipe(hostContractSchema);

/** A component as an operator writes it: a host contract, or a recipe that is one. What comes out is the contract. */
export const componentSchema = z.union([hostContractSchema, expandedSchema]);

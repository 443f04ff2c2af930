/**
 * Two kinds of rules: what the type checker can prove about the whole tree, and the folder rules, which keep imports
 * running one way and workflow code deterministic. Every folder rule says what to write instead.
 *
 * Type-checked rules read the TypeScript 6 API, installed under the name `typescript`; `tsc` is TypeScript 7.
 */
import { builtinModules } from "node:module";
import { defineConfig } from "eslint/config";
import tseslint from "typescript-eslint";

const builtins = `^(node:|(${builtinModules.join("|")})$)`;

/** Pure helpers of a port: no library, no I/O, so that plans and workflows say the same words as the activity. */
const pureHelpers =
  "(bytes-in-words|csv|host/(template|generations)|postgres/(switchover/plan|verify/levels)|egress/(port-use|nat/signatures)|load/total|published-list/entries)$";

/** A path that climbs out of its folder and into `target`: `../../lab/hosts`. */
const into = (target) => `^(\\.{1,2}/)+${target}(/|$)`;

// Bans of modules. A type is erased before anything runs, so `allowTypeImports` stands wherever only the effect matters.
const ban = {
  lab: {
    regex: into("lab"),
    message:
      "Nothing imports lab/ but cli/commands/{demo*,dev,lab*,doctor}.ts; put shared code beside a port in activities/.",
  },
  bench: {
    regex: into("bench"),
    message:
      "Nothing imports bench/ but its own tests; put shared code beside a port in activities/.",
  },
  test: {
    regex: into("test"),
    message: "Nothing imports test/; move what is shared out of it.",
  },
  cli: {
    regex: into("cli"),
    message:
      "Imports run one way: cli -> runbooks -> workflows -> ports. Move the shared part down.",
  },
  workers: {
    regex: into("workers"),
    message:
      "Imports run one way: workers -> runbooks -> workflows -> ports. Take the dependency as an argument; workers/compose.ts hands it in.",
  },
  runbooks: {
    regex: into("runbooks"),
    message:
      "Imports run one way: runbooks -> workflows -> ports. Take what differs between runbooks as an argument.",
  },
  workflows: {
    regex: into("workflows"),
    message:
      "An activity does not know workflows; put the shared type into its port.ts.",
  },
  clients: {
    regex: into("activities/([^/]+/)*(client|activities)"),
    message:
      "Import activities/<system>/port and take the port as an argument; workers/compose.ts hands in the client.",
  },
  otherClients: {
    regex: "^(\\.\\./)+[^./]+/(client|activities)$",
    message:
      "Import the other system's port.ts and take the port as an argument; workers/compose.ts hands in the client.",
  },
  systemLibraries: {
    regex: "^(ssh2|pg|@aws-sdk/.+)(/|$)",
    message:
      "Only activities/<system>/client.ts imports the library of its system; use the port in port.ts.",
  },
  calendarLibraries: {
    regex: "^(rrule-temporal|temporal-polyfill|ical\\.js|windows-iana)(/|$)",
    message:
      "Only activities/calendar asks the libraries of local time; take an instant from its state or its windows, and words from its zones.ts.",
  },
  activityValues: {
    regex: `^(\\.{1,2}/)+activities/(?!${pureHelpers})`,
    allowTypeImports: true,
    message:
      "Workflow code takes from activities/ only types: `import type` from activities/<system>/port or activities/errors, and call the activity through a proxy.",
  },
  activityInternals: {
    regex: `^(\\.{1,2}/)+activities/(?!errors$|([^/]+/)+(port|errors)$|${pureHelpers})`,
    message:
      "Workflow code knows only activities/<system>/port and the errors' types; move the type into port.ts.",
  },
  runbookActivities: {
    regex: "^\\.{1,2}/([^/]+/)*activities$",
    allowTypeImports: true,
    message:
      "`import type` the activities and call them through proxyActivities: their code must not enter the sandbox.",
  },
  runbookContract: {
    regex: "/contract$",
    allowTypeImports: true,
    message:
      "contract.ts is zod: `import type` from it; validation happens in the first activity, ids live in ids.ts.",
  },
  zod: {
    regex: "^zod(/|$)",
    allowTypeImports: true,
    message:
      "zod stays out of the workflow sandbox: `import type` what contract.ts infers, and validate in an activity.",
  },
  sandboxBuiltins: {
    regex: builtins,
    message:
      "The workflow sandbox has no Node: ask an activity. For a digest use @noble/hashes, for an id uuid4 of @temporalio/workflow.",
  },
  runbookBuiltins: {
    regex: builtins,
    message:
      "A runbook acts through ports: take the port as an argument. For a digest use @noble/hashes.",
  },
  outsideSandbox: {
    regex: "^@temporalio/(activity|client|worker|testing|envconfig)(/|$)",
    allowTypeImports: true,
    message:
      "Workflow code uses @temporalio/workflow and @temporalio/common; what talks to the world is an activity.",
  },
  temporal: {
    regex: "^@temporalio/",
    message:
      "A pure file decides over plain data: return what to do, and let the workflow do it.",
  },
};

const globalsOf = (names, message) => names.map((name) => ({ name, message }));

// Bans of syntax.
const everywhere = [
  {
    selector: "TSEnumDeclaration",
    message:
      "Use a union of literals and a Record over it; the compiler counts both.",
  },
  {
    selector:
      "BinaryExpression[operator='instanceof'][right.name='RunbookError']",
    message:
      "Match by `type`, or ask isRunbookError: an error that crossed a process is no instance.",
  },
  {
    selector:
      "MemberExpression[object.name='AbortSignal'][property.name='timeout']",
    message:
      "Use `withinTime`: AbortSignal.any does not keep such a limit from being collected as garbage before its time.",
  },
];
const sandboxSyntax = [
  {
    selector: "Identifier[name='unsafe']",
    message:
      "What is unsafe differs in a replay: `Date.now()` is the time of the task, there as here.",
  },
  {
    selector:
      "ThrowStatement > NewExpression[callee.name=/^(Type|Range)?Error$/]",
    message:
      "A plain Error in workflow code retries the task for ever: throw ApplicationFailure.nonRetryable with a type of the closed list.",
  },
  {
    selector:
      "CallExpression[callee.name='setHandler'] Property[key.name='validator'] > :function[async=true]",
    message:
      "An async validator accepts everything, for its promise is dropped: make it synchronous.",
  },
];
const pureSyntax = [
  {
    selector:
      "CallExpression[callee.object.name='Date'][callee.property.name='now'], NewExpression[callee.name='Date'][arguments.length=0]",
    message: "A pure file takes `now` as an argument.",
  },
  {
    selector:
      "CallExpression[callee.object.name='Math'][callee.property.name='random']",
    message:
      "A pure file gives the same answer every time: rank by a hash of seed and id.",
  },
  {
    selector: "Identifier[name=/^(Promise|setTimeout|setInterval)$/]",
    message:
      "A pure file neither waits nor races: return what to wait for, and let the workflow wait.",
  },
  {
    selector: ":function[async=true]",
    message: "A pure file is synchronous: take what it needs as an argument.",
  },
];
const testSyntax = [
  {
    selector:
      "MemberExpression[object.name=/^(it|test|describe)$/][property.name='only'], CallExpression[callee.name=/^(fit|fdescribe)$/]",
    message:
      "`.only` hides the other tests: name the test on the command line, `npx jest -t <title>`.",
  },
  {
    selector:
      "MemberExpression[object.name=/^(it|test|describe)$/][property.name=/^(skip|todo)$/], CallExpression[callee.name=/^(xit|xtest|xdescribe)$/]",
    message:
      "Use describeWhen of test/harness/describe-when.ts, which prints why a test is left out.",
  },
  {
    selector:
      "CallExpression[callee.name='setTimeout'][arguments.0.type='Identifier'][arguments.0.name!='reject'][arguments.1.value>1000], CallExpression[callee.name=/^(setTimeout|sleep|delay)$/][arguments.0.value>1000]",
    message:
      "A test does not sleep for more than a second: await the event, or let the server skip the time.",
  },
];

/** Rules of one folder; a later block for the same file stands instead of an earlier one, so each is complete. */
function folder(files, { imports, syntax = [], globals = [], ignores = [] }) {
  return {
    files,
    ignores,
    rules: {
      "no-restricted-imports": ["error", { patterns: imports }],
      "no-restricted-syntax": ["error", ...everywhere, ...syntax],
      "no-restricted-globals": ["error", ...globals],
    },
  };
}

const sandboxGlobals = [
  ...globalsOf(
    ["performance"],
    "The machine's own time differs in a replay: `Date.now()` is the time of the task, there as here.",
  ),
  ...globalsOf(
    ["console"],
    "Use `log` of @temporalio/workflow, which is silent on replay.",
  ),
  ...globalsOf(
    ["process", "Buffer", "fetch"],
    "The workflow sandbox has no Node: ask an activity.",
  ),
];
const everyModule = [
  ban.lab,
  ban.bench,
  ban.test,
  ban.systemLibraries,
  ban.calendarLibraries,
];
const belowRunbooks = [ban.cli, ban.workers];
const sandboxImports = [
  ...everyModule,
  ...belowRunbooks,
  ban.activityValues,
  ban.activityInternals,
  ban.zod,
  ban.sandboxBuiltins,
  ban.outsideSandbox,
];
const runbookImports = [
  ...sandboxImports,
  ban.runbookActivities,
  ban.runbookContract,
];

const folderRules = [
  folder(["**/*.ts"], { imports: [] }),
  folder(["cli/**/*.ts", "workers/**/*.ts"], { imports: everyModule }),
  folder(["cli/commands/{demo*,dev,lab*,doctor}.ts"], {
    imports: [ban.bench, ban.test, ban.systemLibraries],
  }),
  folder(["activities/**/*.ts"], {
    imports: [
      ...everyModule,
      ...belowRunbooks,
      ban.runbooks,
      ban.workflows,
      ban.otherClients,
    ],
  }),
  folder(["activities/calendar/*.ts"], {
    imports: [
      ban.lab,
      ban.bench,
      ban.test,
      ban.systemLibraries,
      ...belowRunbooks,
      ban.runbooks,
      ban.workflows,
      ban.otherClients,
    ],
  }),
  folder(["activities/**/client.ts"], {
    imports: [
      ban.lab,
      ban.bench,
      ban.test,
      ...belowRunbooks,
      ban.runbooks,
      ban.workflows,
      ban.otherClients,
    ],
  }),
  folder(["workflows/**/*.ts"], {
    imports: [...sandboxImports, ban.runbooks],
    syntax: sandboxSyntax,
    globals: sandboxGlobals,
  }),
  folder(
    [
      "workflows/**/{admit,judge,vote,reduce,order,rank,policy,verdict,state,decide,next,clock,budget,causes,fleet,pack,progress,control-shape,slip}.ts",
    ],
    {
      imports: [...sandboxImports, ban.runbooks, ban.temporal],
      syntax: [...sandboxSyntax, ...pureSyntax],
      globals: sandboxGlobals,
    },
  ),
  folder(["runbooks/**/*.ts"], {
    imports: runbookImports,
    syntax: sandboxSyntax,
    globals: sandboxGlobals,
  }),
  folder(["runbooks/*/plan.ts"], {
    imports: [...runbookImports, ban.temporal],
    syntax: [...sandboxSyntax, ...pureSyntax],
    globals: sandboxGlobals,
  }),
  // What never enters the sandbox: schemas, the activities of a runbook, and the list of runbooks.
  folder(
    [
      "runbooks/{registry,approvals,gates,planning,prepare-servers,run-settings,servers-plan,target-with}.ts",
      "runbooks/*/contract.ts",
      "runbooks/*/{activities,approvals,census,knowledge,lab-only,prepare,report,reporting,select}.ts",
      "workflows/procedure/reporting.ts",
    ],
    {
      imports: [
        ...everyModule,
        ...belowRunbooks,
        ban.clients,
        ban.runbookBuiltins,
      ],
    },
  ),
  folder(["bench/**/*.ts"], { imports: [ban.test] }),
  folder(["test/**/*.ts"], { imports: [], syntax: testSyntax }),
  folder(["test/harness/describe-when.ts"], { imports: [] }),
];

export default defineConfig(
  { ignores: ["dist/", "node_modules/", "coverage/"] },
  { linterOptions: { noInlineConfig: true } },
  {
    files: ["**/*.ts"],
    extends: [tseslint.configs.recommendedTypeChecked],
    languageOptions: {
      parserOptions: {
        projectService: true,
        tsconfigRootDir: import.meta.dirname,
      },
    },
    rules: {
      eqeqeq: "error",
      "@typescript-eslint/consistent-type-imports": "error",
      "@typescript-eslint/no-import-type-side-effects": "error",
      "@typescript-eslint/no-floating-promises": "error",
      "@typescript-eslint/switch-exhaustiveness-check": [
        "error",
        { considerDefaultExhaustiveForUnions: true },
      ],
      "@typescript-eslint/ban-ts-comment": "error",
      "@typescript-eslint/no-unused-vars": [
        "error",
        { argsIgnorePattern: "^_", varsIgnorePattern: "^_" },
      ],
      // A port's method is async even where one of its clients has nothing to await.
      "@typescript-eslint/require-await": "off",
    },
  },
  ...folderRules,
  {
    // Matchers such as expect.objectContaining are `any` by their own declaration.
    files: ["test/**/*.ts"],
    rules: {
      "@typescript-eslint/no-unsafe-argument": "off",
      "@typescript-eslint/no-unsafe-assignment": "off",
      "@typescript-eslint/unbound-method": "off",
    },
  },
);

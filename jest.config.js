/**
 * Tiers. `npm test` runs unit and integration and stays under four minutes for good; a suite that grows beyond that gets
 * a tier and a script of its own. One test file belongs to exactly one tier, by its ending.
 */
const swc = [
  "@swc/jest",
  {
    jsc: { target: "es2022", parser: { syntax: "typescript" } },
    sourceMaps: "inline",
  },
];
// ES modules alone: Node loads them from CommonJS, jest on this Node does not.
const esModules = "node_modules/temporal-(polyfill|utils)/.+\\.js$";
const shared = {
  testEnvironment: "node",
  transform: { "^.+\\.ts$": swc, [esModules]: swc },
  transformIgnorePatterns: ["/node_modules/(?!temporal-(polyfill|utils)/)"],
};
const chaos = "<rootDir>/test/**/*.chaos.test.ts";
const cloud = "<rootDir>/test/**/*.cloud.test.ts";
const databases = "<rootDir>/test/**/*.databases.test.ts";
const runs = "<rootDir>/test/**/*.runs.test.ts";
const nightly = "<rootDir>/test/**/*.nightly.test.ts";
const replay = "<rootDir>/test/**/*.replay.test.ts";
const server = "<rootDir>/test/**/*.server.test.ts";
const program = "<rootDir>/test/**/*.program.test.ts";
const windows = "<rootDir>/test/**/*.windows.test.ts";
const majors = "<rootDir>/test/**/*.majors.test.ts";
const network = "<rootDir>/test/**/*.network.test.ts";
const browser = "<rootDir>/test/**/*.browser.test.ts";
const integration = "<rootDir>/test/**/*.integration.test.ts";
const ignore = (...endings) => [
  "/node_modules/",
  "/dist/",
  ...endings.map((ending) => `\\.${ending}\\.test\\.ts$`),
];

module.exports = {
  // `npm test` and the suites of runs, windows and databases take three, for a third of their time is spent on waiting for
  // servers; other tiers measure or kill.
  maxWorkers: 2,
  // Real servers on a machine that does other things, too: jest's five seconds would fail tests that are right. Longer than the
  // harness waits by itself, for it says what for. Here, for jest passes over that of a project.
  testTimeout: 90_000,
  projects: [
    {
      ...shared,
      displayName: "unit",
      testMatch: ["<rootDir>/test/**/*.test.ts"],
      testPathIgnorePatterns: ignore(
        "browser",
        "integration",
        "chaos",
        "cloud",
        "databases",
        "majors",
        "network",
        "nightly",
        "program",
        "replay",
        "runs",
        "server",
        "windows",
        "recording",
      ),
    },
    { ...shared, displayName: "integration", testMatch: [integration] },
    { ...shared, displayName: "browser", testMatch: [browser] },
    { ...shared, displayName: "chaos", testMatch: [chaos] },
    { ...shared, displayName: "cloud", testMatch: [cloud] },
    { ...shared, displayName: "databases", testMatch: [databases] },
    { ...shared, displayName: "majors", testMatch: [majors] },
    { ...shared, displayName: "network", testMatch: [network] },
    { ...shared, displayName: "nightly", testMatch: [nightly] },
    { ...shared, displayName: "program", testMatch: [program] },
    { ...shared, displayName: "server", testMatch: [server] },
    { ...shared, displayName: "runs", testMatch: [runs] },
    { ...shared, displayName: "replay", testMatch: [replay] },
    { ...shared, displayName: "windows", testMatch: [windows] },
    {
      ...shared,
      displayName: "recording",
      testMatch: ["<rootDir>/test/**/*.recording.test.ts"],
    },
  ],
};

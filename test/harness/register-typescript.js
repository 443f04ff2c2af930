/**
 * Lets a child process of a test run our TypeScript as it stands: `node -r <this file> script.ts`. For tests that kill
 * processes; everything else runs inside jest.
 */
const { transformFileSync } = require("@swc/core");

require.extensions[".ts"] = (module, file) => {
  const { code } = transformFileSync(file, {
    jsc: { target: "es2022", parser: { syntax: "typescript" } },
    module: { type: "commonjs" },
    sourceMaps: "inline",
  });
  module._compile(code, file);
};

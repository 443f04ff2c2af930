/**
 * Lints snippets under the repository's own configuration, as if they stood at a path: a list of {filePath, code} on
 * stdin, a list of message lists on stdout. A program of its own because jest cannot load an ESLint configuration that
 * is an ES module. Rules that need types are off, for the files do not exist.
 */
import { json } from "node:stream/consumers";
import { ESLint } from "eslint";
import tseslint from "typescript-eslint";

const eslint = new ESLint({
  overrideConfig: [
    tseslint.configs.disableTypeChecked,
    {
      files: ["**/*.ts"],
      languageOptions: { parserOptions: { projectService: false } },
    },
  ],
});
const snippets = await json(process.stdin);
const messages = [];
for (const { filePath, code } of snippets) {
  const [result] = await eslint.lintText(code, { filePath });
  messages.push(result.messages.map(({ message }) => message));
}
process.stdout.write(JSON.stringify(messages));

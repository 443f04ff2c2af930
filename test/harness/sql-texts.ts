import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import ts from "typescript";

export interface SqlText {
  /** Below `activities/postgres`, with its line. */
  readonly at: string;
  /** Absent where a part of it is put together at run time. */
  readonly text?: string;
}

const begins = /^\s*(select|insert|update|delete|with)\b/i;

/** Every statement that stands in the code below a folder, with its constants filled in. */
export function sqlTextsIn(folder: string): readonly SqlText[] {
  return readdirSync(folder, { recursive: true })
    .map(String)
    .filter((name) => name.endsWith(".ts"))
    .sort()
    .flatMap((name) => textsOf(join(folder, name), name));
}

function textsOf(path: string, name: string): SqlText[] {
  const file = parsed(path);
  const found: SqlText[] = [];
  const visit = (node: ts.Node): void => {
    if (isText(node) && begins.test(headOf(node))) {
      const { line } = file.getLineAndCharacterOfPosition(node.getStart(file));
      const text = valueOf(node, path);
      const at = `${name}:${line + 1}`;
      found.push(text === undefined ? { at } : { at, text });
      return;
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
  return found;
}

const files = new Map<string, ts.SourceFile>();

function parsed(path: string): ts.SourceFile {
  const known = files.get(path);
  if (known !== undefined) return known;
  const text = readFileSync(path, "utf8");
  const file = ts.createSourceFile(path, text, ts.ScriptTarget.ES2022, true);
  files.set(path, file);
  return file;
}

const isText = (
  node: ts.Node,
): node is ts.StringLiteralLike | ts.TemplateExpression =>
  ts.isStringLiteralLike(node) || ts.isTemplateExpression(node);

const headOf = (node: ts.StringLiteralLike | ts.TemplateExpression): string =>
  ts.isStringLiteralLike(node) ? node.text : node.head.text;

/** Of a text of constants alone. */
function valueOf(node: ts.Expression, path: string): string | undefined {
  if (ts.isStringLiteralLike(node)) return node.text;
  if (ts.isIdentifier(node)) return constantOf(node.text, path);
  if (!ts.isTemplateExpression(node)) return undefined;
  let text = node.head.text;
  for (const { expression, literal } of node.templateSpans) {
    const value = valueOf(expression, path);
    if (value === undefined) return undefined;
    text += value + literal.text;
  }
  return text;
}

/** Of a constant of the file, or of one that it imports. */
function constantOf(name: string, path: string): string | undefined {
  for (const statement of parsed(path).statements) {
    if (ts.isVariableStatement(statement))
      for (const { name: own, initializer } of statement.declarationList
        .declarations)
        if (own.getText() === name && initializer !== undefined)
          return valueOf(initializer, path);
    if (
      ts.isImportDeclaration(statement) &&
      statement.importClause?.namedBindings !== undefined &&
      ts.isNamedImports(statement.importClause.namedBindings) &&
      ts.isStringLiteral(statement.moduleSpecifier) &&
      statement.moduleSpecifier.text.startsWith(".")
    )
      for (const { name: own, propertyName } of statement.importClause
        .namedBindings.elements)
        if (own.text === name)
          return constantOf(
            (propertyName ?? own).text,
            `${join(dirname(path), statement.moduleSpecifier.text)}.ts`,
          );
  }
  return undefined;
}

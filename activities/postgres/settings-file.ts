/** Lines of postgresql.auto.conf, and libpq's connection strings within them. Pure. */

/** `name = 'value'` a line. */
export const settingsText = (
  settings: Readonly<Record<string, string>>,
): string =>
  Object.entries(settings)
    .map(([name, value]) => `${name} = ${quoteSetting(value)}\n`)
    .join("");

const quoteSetting = (value: string): string =>
  `'${value.replaceAll("\\", "\\\\").replaceAll("'", "''")}'`;

/** `key=value` words; keys without a value are left out. */
export const conninfo = (
  words: Readonly<Record<string, string | number | undefined>>,
): string =>
  Object.entries(words)
    .flatMap(([key, value]) =>
      value === undefined ? [] : [`${key}=${quoteWord(String(value))}`],
    )
    .join(" ");

const quoteWord = (value: string): string =>
  /^[A-Za-z0-9_.:/-]+$/.test(value)
    ? value
    : `'${value.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;

// Writes tests/lance/mapping/names.json: every name that the README of the Python client shows in its code and tables.
// Usage: node scripts/lance-names.mjs <README.md>
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const target = fileURLToPath(new URL('../tests/lance/mapping/names.json', import.meta.url));

/** What the variables of the README's code are. Another one is an error: nothing may go missing. */
const VARIABLES = {
  client: 'LanceClient',
  producer: 'Producer',
  consumer: 'StandaloneConsumer',
  result: 'PollResult',
  record: 'TlvRecord',
  rec: 'TlvRecord',
};
/** Not the client's. */
const FOREIGN = new Set(['asyncio']);

/** Code without comments and without what is inside strings. */
function bare(code) {
  return code
    .replaceAll(/\bf"([^"\n]*)"/g, (_, text) => [...text.matchAll(/\{([^}:]*)/g)].map(([, inner]) => inner).join(' ; '))
    .replaceAll(/\bb?(?:"[^"\n]*"|'[^'\n]*')/g, "''")
    .replaceAll(/#.*$/gm, '');
}

/** The names of arguments that a call gives by name; `at` is behind its opening parenthesis. */
function keywords(code, at) {
  let depth = 1;
  let end = at;
  while (depth > 0) {
    if ('([{'.includes(code[end])) depth++;
    if (')]}'.includes(code[end])) depth--;
    end++;
  }
  const nested = /[([{][^()[\]{}]*[)\]}]/g;
  let own = code.slice(at, end - 1);
  while (nested.test(own)) own = own.replaceAll(nested, '_');
  return [...own.matchAll(/(?:^|,)\s*(\w+)\s*=(?!=)/g)].map(([, name]) => name);
}

function* namesInCode(source) {
  for (const [, key] of source.matchAll(/\btopic\["(\w+)"\]/g)) yield `TopicInfo.${key}`;
  const code = bare(source);
  const foreign = new Set(
    [...code.matchAll(/from (?!lnc_client)\w+ import (.*)/g)].flatMap(([, names]) => listed(names)),
  );
  for (const [, owner] of code.matchAll(/async with (\w+)\(/g)) yield `async with ${owner}`;
  for (const [, inside, names = inside] of code.matchAll(/from lnc_client import (?:\(([^)]*)\)|([^(\n]+))/g)) {
    yield* listed(names);
  }
  // Whose builders a chain calls is said at its beginning; `e` is what was caught last.
  let config;
  let caught;
  const chain =
    /except (\w+)(?: as e)?:|(?<![\w.])([A-Za-z_]\w*)\s*\(|(?<![\w.)])([A-Za-z_]\w*)\.(\w+)(\()?|(?<=[)\s])\.(\w+)(\()/g;
  for (const match of code.matchAll(chain)) {
    const [whole, error, called, receiver, member, memberCall, builder] = match;
    const behind = match.index + whole.length;
    if (error !== undefined) {
      caught = error;
      yield error;
    } else if (called !== undefined) {
      if (!/^[A-Z]/.test(called) || foreign.has(called)) continue;
      if (called.endsWith('Config')) config = called;
      yield called;
      for (const name of keywords(code, behind)) yield `${called}(${name})`;
    } else if (builder !== undefined) {
      yield `${config}.${builder}`;
    } else {
      if (FOREIGN.has(receiver)) continue;
      const owner = receiver === 'e' ? caught : /^[A-Z]/.test(receiver) ? receiver : VARIABLES[receiver];
      if (owner === undefined) throw new Error(`what is ${receiver} in ${whole}?`);
      yield `${owner}.${member}`;
      if (memberCall) for (const name of keywords(code, behind)) yield `${owner}.${member}(${name})`;
    }
  }
}

const listed = (names = '') =>
  names
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');

/** Rows of the tables below a heading, as cells without backticks. */
function rowsBelow(text, heading) {
  const from = text.indexOf(`${heading}\n`);
  if (from < 0) throw new Error(`no ${heading}`);
  const [, rows] = /\|[-| ]+\|\n((?:\|.*\n)+)/.exec(text.slice(from)) ?? [];
  return rows
    .trim()
    .split('\n')
    .map((row) =>
      row
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim().replaceAll('`', '')),
    );
}

function* namesInTables(text) {
  for (const config of ['ProducerConfig', 'StandaloneConfig', 'ClientConfig']) {
    for (const [option, preset, builder] of rowsBelow(text, `### ${config}`)) {
      yield [`${config}.${option}`, preset];
      if (builder.endsWith('()')) yield [`${config}.${builder.slice(0, -2)}`];
    }
  }
  for (const [type, code] of rowsBelow(text, '## TLV Record Types')) yield [`RecordType.${type}`, code];
}

const [path] = process.argv.slice(2);
if (path === undefined) {
  console.error('usage: node scripts/lance-names.mjs <README.md of lnc-client>');
  process.exit(2);
}
const text = readFileSync(path, 'utf8');
const names = new Map();
for (const [, code] of text.matchAll(/```python\n(.*?)```/gs))
  for (const name of namesInCode(code)) names.set(name, undefined);
for (const [name, preset] of namesInTables(text)) names.set(name, preset);
const sorted = [...names].sort(([one], [other]) => (one < other ? -1 : 1));
const entries = sorted.map(([name, preset]) => (preset === undefined ? { name } : { name, default: preset }));
writeFileSync(target, `${JSON.stringify(entries, undefined, 2)}\n`);
console.log(`${entries.length} names`);

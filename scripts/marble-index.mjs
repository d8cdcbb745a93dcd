// Writes marble-tests/README.md: what the specification says, test by test, as the last run of its tests drew it.
// With --check it writes nothing and fails if the page is not what it should be.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const notes = `${root}.cache/marble-index`;
const page = `${root}marble-tests/README.md`;
const COLUMNS = 110;

/** All files of the specification, by folder. */
function filesByFolder() {
  const files = readdirSync(`${root}marble-tests`, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.test.ts'))
    .map((file) => file.replaceAll('\\', '/'))
    .sort();
  const folders = new Map();
  for (const file of files) folders.set(folderOf(file), [...(folders.get(folderOf(file)) ?? []), file]);
  return folders;
}

const folderOf = (file) => (file.includes('/') ? file.slice(0, file.lastIndexOf('/')) : 'all systems');
const titleOf = (file) => file.slice(file.lastIndexOf('/') + 1).replace(/\.test\.ts$/, '');
const anchorOf = (folder) =>
  folder
    .toLowerCase()
    .replaceAll(/[^a-z0-9 -]/g, '')
    .replaceAll(' ', '-');

/** The tests of a file, each with its place and what it has drawn. */
const behavioursOf = memoized((file) => {
  const [names, drawn] = [`${file}.names.json`, `${file}.json`].map(noted);
  if (names.some(({ status }) => status !== 'passed'))
    throw new Error(`not all tests of marble-tests/${file} have run and passed`);
  return names.map(({ groups, title, fullName }) => {
    // Tests run in the order in which they are told, also those of the same name.
    const at = drawn.findIndex(({ name }) => name === fullName);
    const [own] = at < 0 ? [] : drawn.splice(at, 1);
    return { group: groups.join(' › '), title, pictures: (own?.drawn ?? []).filter(({ diagram }) => diagram !== '') };
  });
});

function noted(file) {
  const path = `${notes}/marble-tests/${file}`;
  if (!existsSync(path)) throw new Error(`nothing is known of marble-tests/${file}: run the tests first (npm test)`);
  return JSON.parse(readFileSync(path, 'utf8'));
}

function memoized(make) {
  const made = new Map();
  return (key) => {
    if (!made.has(key)) made.set(key, make(key));
    return made.get(key);
  };
}

function shortened(line) {
  return line.length <= COLUMNS ? line : `${line.slice(0, COLUMNS - 2).trimEnd()} …`;
}

function drawing(pictures) {
  const width = Math.max(...pictures.map(({ name }) => name.length));
  return pictures.map(({ name, diagram }) => shortened(`${name.padEnd(width)}  ${diagram}`.trimEnd()));
}

/** What has no picture of its own is listed by its name. */
function* section(file) {
  yield* [`### [${titleOf(file)}](${encodeURI(file)})`, ''];
  let last = '';
  for (const { group, title, pictures } of behavioursOf(file)) {
    if (group !== last) yield* ['', `**${escaped(group === '' ? titleOf(file) : group)}**`, ''];
    last = group;
    yield `- ${escaped(title)}`;
    if (pictures.length > 0) yield* ['', '  ```text', ...drawing(pictures).map((line) => `  ${line}`), '  ```', ''];
  }
  yield '';
}

const escaped = (text) => text.replaceAll(/\s+/g, ' ').replaceAll(/[\\`*_<>[\]|#]/g, '\\$&');

function* written() {
  const folders = [...filesByFolder()];
  const behaviours = folders.flatMap(([, files]) => files.flatMap(behavioursOf));
  const drawn = behaviours.filter(({ pictures }) => pictures.length > 0);
  yield '# What Sluice does, drawn';
  yield '';
  yield `The specification: ${grouping(behaviours.length)} behaviours, all tested in virtual time, ${grouping(drawn.length)} of them with a picture. A picture is`;
  yield 'what the test itself recorded when it ran; `npm run index` writes this page anew, and CI fails where it is stale.';
  yield '';
  yield 'One `-` is a millisecond. Fates are `a` acked, `n` nacked, `d` dead, `x` abandoned. On a wire, what clients send is in';
  yield 'capitals and what servers send is not: the tables of letters are in [docs/testing-reference.md](../docs/testing-reference.md#letters).';
  yield 'Long pictures end in `…`.';
  yield '';
  for (const [folder, files] of folders) yield `- [${folder}](#${anchorOf(folder)}): ${files.map(titleOf).join(' · ')}`;
  yield '';
  for (const [folder, files] of folders) {
    yield* [`## ${folder}`, ''];
    for (const file of files) yield* section(file);
  }
}

const grouping = (count) => String(count).replace(/\B(?=(\d{3})+$)/g, ' ');

try {
  const text = `${[...written()]
    .join('\n')
    .replaceAll(/\n{3,}/g, '\n\n')
    .trimEnd()}\n`;
  const isFresh = existsSync(page) && readFileSync(page, 'utf8') === text;
  if (!process.argv.includes('--check')) writeFileSync(page, text);
  else if (!isFresh) throw new Error('marble-tests/README.md is stale: run npm test and npm run index, and commit it');
} catch (error) {
  console.error(`marble-index: ${error.message}`);
  process.exitCode = 1;
}

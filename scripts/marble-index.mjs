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
  return Map.groupBy === undefined ? grouped(files) : Map.groupBy(files, folderOf);
}

function grouped(files) {
  const groups = new Map();
  for (const file of files) groups.set(folderOf(file), [...(groups.get(folderOf(file)) ?? []), file]);
  return groups;
}

const folderOf = (file) => (file.includes('/') ? file.slice(0, file.lastIndexOf('/')) : 'all systems');
const titleOf = (file) => file.slice(file.lastIndexOf('/') + 1).replace(/\.test\.ts$/, '');
const anchorOf = (folder) =>
  folder
    .toLowerCase()
    .replaceAll(/[^a-z0-9 -]/g, '')
    .replaceAll(' ', '-');

function behavioursOf(file) {
  const path = `${notes}/marble-tests/${file}.json`;
  if (!existsSync(path)) throw new Error(`nothing is known of marble-tests/${file}: run the tests first (npm test)`);
  return JSON.parse(readFileSync(path, 'utf8'));
}

function shortened(line) {
  return line.length <= COLUMNS ? line : `${line.slice(0, COLUMNS - 2).trimEnd()} …`;
}

function drawing(drawn) {
  const width = Math.max(...drawn.map(({ name }) => name.length));
  return drawn.map(({ name, diagram }) => shortened(`${name.padEnd(width)}  ${diagram}`.trimEnd()));
}

/** What has no picture of its own is listed by its name. */
function* section(file) {
  yield `### [${titleOf(file)}](${encodeURI(file)})`;
  yield '';
  for (const { name, drawn } of behavioursOf(file)) {
    const pictured = drawn.filter(({ diagram }) => diagram !== '');
    yield `- ${escaped(name)}`;
    if (pictured.length > 0) yield* ['', '  ```text', ...drawing(pictured).map((line) => `  ${line}`), '  ```', ''];
  }
  yield '';
}

const escaped = (text) => text.replaceAll(/\s+/g, ' ').replaceAll(/[\\`*_<>[\]|#]/g, '\\$&');

function* written() {
  const folders = [...filesByFolder()];
  const behaviours = folders.flatMap(([, files]) => files.flatMap(behavioursOf));
  const drawn = behaviours.filter((each) => each.drawn.some(({ diagram }) => diagram !== ''));
  yield '# What Sluice does, drawn';
  yield '';
  yield `The specification: ${grouping(behaviours.length)} behaviours, all tested in virtual time, ${grouping(drawn.length)} of them with a picture. A picture is`;
  yield 'what the test itself recorded when it ran; `npm run index` writes this page anew, and CI fails where it is stale.';
  yield '';
  yield 'One `-` is a millisecond. Fates are `a` acked, `n` nacked, `d` dead, `x` abandoned. On a wire, what clients send is in';
  yield 'capitals and what servers send is not: the tables of letters are in [docs/testing.md](../docs/testing.md#servers-and-wires).';
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

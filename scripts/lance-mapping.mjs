// Writes docs/lance-mapping.md from tests/lance/mapping/rows.json. With --check it writes nothing and fails if the page
// is not what it should be.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';

const root = fileURLToPath(new URL('..', import.meta.url));
const page = `${root}docs/lance-mapping.md`;
const read = (name) => JSON.parse(readFileSync(`${root}tests/lance/mapping/${name}.json`, 'utf8'));

/** @type {[title: string, owners: string[]][]} */
const SECTIONS = [
  ['LanceClient', ['LanceClient', 'TopicInfo', 'async with LanceClient']],
  ['Producer', ['Producer']],
  ['StandaloneConsumer', ['StandaloneConsumer', 'PollResult', 'SeekPosition']],
  ['Stores of positions', ['FileOffsetStore', 'MemoryOffsetStore']],
  ['ClientConfig', ['ClientConfig']],
  ['ProducerConfig', ['ProducerConfig']],
  ['StandaloneConfig', ['StandaloneConfig']],
  ['Records', ['TlvRecord', 'RecordType']],
  ['Errors', []],
];

const ownerOf = ({ seed }) => /^[^.(]+/.exec(seed)[0];

function* written() {
  const rows = read('rows');
  const presets = new Map(read('names').map(({ name, default: preset }) => [name, preset]));
  yield* ['# From the Python client to this one', ''];
  yield 'Every name that the README of `lnc-client` shows, and what it is here. A test calls each of them over a socket; this';
  yield 'page is written from the same rows (`node scripts/lance-mapping.mjs`).';
  yield '';
  yield '- Names are in camelCase. Every method returns a cold Observable: nothing happens until it is subscribed to.';
  yield '- Durations are milliseconds, positions and other 64-bit numbers are `bigint`, bytes are `Uint8Array`.';
  yield '- **works**: does what it says. **emulated**: the wire has less than the name promises, the note says what there is.';
  yield '  **refused**: an error names the option and the rule. **no effect**: it is sent, and servers ignore it.';
  yield '- Where the note says *there*, the Python client is meant, version 0.2.9.';
  yield '';
  yield 'Beyond it there are `authenticate`, `clusterStatus`, `ensureTopic`, `consume`, `tail`, `sink`, `topics$`, `status$` and `metrics`';
  yield 'of `LanceClient`: see [lance.md](lance.md), which also has each option with its unit and default.';
  yield '';
  const named = new Set(SECTIONS.flatMap(([, owners]) => owners));
  for (const [title, owners] of SECTIONS) {
    const own = rows.filter((row) => (owners.length === 0 ? !named.has(ownerOf(row)) : owners.includes(ownerOf(row))));
    yield* [`## ${title}`, '', '| Python | Here | | Units | Notes |', '|---|---|---|---|---|'];
    for (const { seed, ours, status, units = '', note = '' } of own) {
      const preset = presets.get(seed);
      const python = preset === undefined ? `\`${seed}\`` : `\`${seed}\` (\`${preset}\`)`;
      yield `| ${[python, `\`${ours}\``, status, units, note].join(' | ')} |`.replaceAll('|  |', '| |');
    }
    yield '';
  }
}

const text = await format([...written()].join('\n'), { ...(await resolveConfig(page)), filepath: page });
if (!process.argv.includes('--check')) writeFileSync(page, text);
else if (!existsSync(page) || readFileSync(page, 'utf8') !== text) {
  console.error('docs/lance-mapping.md is stale: run node scripts/lance-mapping.mjs');
  process.exitCode = 1;
}

import { FLO_LETTERS, LANCE_LETTERS, LIGHTNING_LETTERS } from 'sluice/testing';
import { codecFor } from '../../../src/codecs/flo/codec-for.js';
import { Command } from '../../../src/codecs/lance/commands.js';
import { operationNames } from '../../../src/testing/flo/operation-names.js';
import { CONNECTION_LETTERS } from '../../../src/testing/wires/wire-event.js';

const TABLES = { lance: LANCE_LETTERS, flo: FLO_LETTERS, lightning: LIGHTNING_LETTERS };

describe.each(Object.entries(TABLES))('the letters of %s', (_, table) => {
  it('each stand for one thing, and no two for the same', () => {
    const names = Object.values(table);
    expect(new Set(names).size).toBe(names.length);
    expect(Object.keys(table).filter((letter) => !/^[a-zA-Z?]$/.test(letter))).toEqual([]);
  });
});

describe('everything on a wire has a letter', () => {
  it.each(['lance', 'flo'] as const)('of %s: what becomes of connections', (system) => {
    expect(TABLES[system]).toMatchObject(CONNECTION_LETTERS);
  });

  it('of Lance: all commands, and what is no command', () => {
    const others = ['Ingest', 'Ack', 'Backpressure', 'Keepalive', 'KeepaliveEcho'];
    expect(Object.values(LANCE_LETTERS)).toEqual(expect.arrayContaining([...Object.keys(Command), ...others]));
  });

  it.each(['v1-32', 'v2-table'] as const)('of Flo: all operations, %s', (protocol) => {
    const codec = codecFor(protocol);
    const operations = [codec.ping, ...Object.values(codec.kv), ...Object.values(codec.queue)];
    const known = [...operationNames(codec).values()].map(({ operation }) => operation);
    expect(known.toSorted()).toEqual(operations.map(({ name }) => name).toSorted());
  });

  it('of Lightning: both ways of each route', () => {
    const names = Object.entries<string>(LIGHTNING_LETTERS);
    const asked = names.filter(([letter, name]) => /[A-Z]/.test(letter) && name !== 'called off');
    const answered = asked.map(([letter, name]) => [letter.toLowerCase(), `${name} answered`]);
    expect(names).toEqual(expect.arrayContaining(answered));
  });
});

import { floPeer, lancePeer, marbles } from 'sluice/testing';
import { meansEvent } from '../../../src/testing/wires/matches.js';

const FETCH = { name: 'Fetch', direction: 'sent', connection: 1, start: 0, answer: { items: [1], total: 1 } };

describe('an event is meant by', () => {
  it.each([
    ['its name', 'Fetch'],
    ['some of its fields', { name: 'Fetch', start: 0 }],
    ['a field that it has not', { end: undefined }],
    ['a part of a field', { answer: { total: 1 } }],
    ['what the framework has for such things', expect.objectContaining({ start: 0 })],
    ['that in a field', { start: expect.any(Number) as unknown }],
  ])('%s', (_, expected) => {
    expect(meansEvent(FETCH, expected)).toBe(true);
  });

  it.each<[string, unknown]>([
    ['another name', 'fetch'],
    ['another field', { start: 1 }],
    ['a field that it has not', { name: 'Fetch', strat: 0 }],
    ['an expression', /Fetch/],
    ['a list', []],
    ['a time', new Date(0)],
    ['a map', new Map()],
    ['bytes', new Uint8Array(0)],
    ['nothing', undefined],
    ['a number', 7],
    ['another part of a field', { answer: { items: [] } }],
    ['what the framework says is not so', expect.objectContaining({ start: 1 })],
  ])('and not by %s', (_, expected) => {
    expect(meansEvent(FETCH, expected)).toBe(false);
  });
});

describe('a part of a wire', () => {
  it('must be one that there can be: a misspelt name would show nothing, whatever happened', () => {
    marbles(({ lance, flo, lightning }) => {
      expect(() => lance().wire.only('Fecth')).toThrow(/only.*Fecth.*did you mean Fetch/s);
      expect(() => flo().wire.only('Ack', 'ack')).toThrow(/only.*ack/s);
      expect(() => lightning().wire.only('equeue')).toThrow(/enqueue/);
      expect(() => lance().wire.sent.only('F', 'connect', 'X')).not.toThrow();
    });
  });

  it('may be one exchange of HTTP', () => {
    marbles(({ lightning, expectWire }) => {
      const { client, wire } = lightning();
      client.statistics().subscribe();
      client.health().subscribe();
      expectWire(wire.connection(1)).toBe('Y 19ms y');
      expectWire(wire.connection(2)).toBe('H 19ms h');
      expectWire(wire.connection(3)).toBe('');
    });
  });
});

describe('a peer that expects something else', () => {
  it('says so, whatever it expects', () => {
    const test = (): void =>
      marbles(({ watch }) => {
        const peer = floPeer([[{ name: 'Ack', seqs: [1n], queue: /q/ }]]);
        watch(peer.client.ping());
      });
    expect(test).toThrow(/floPeer: step 1 expects .*seqs: \[1n\].*came Ping/s);
  });

  it('may expect what the framework has for such things', () => {
    marbles(({ watch }) => {
      const peer = lancePeer([[expect.objectContaining({ name: 'CreateTopic' })]]);
      watch(peer.client.createTopic('log')).unsubscribe();
      peer.client.createTopic('log').subscribe({ error: () => {} });
    });
  });
});

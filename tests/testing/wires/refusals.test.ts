import { marbles, tlv } from 'sluice/testing';

/** What users without types may give. */
const anything = (value: unknown): never => value as never;

describe('what rigs and wires are given', () => {
  it('records and messages are texts or bytes', () => {
    marbles(({ lance, flo }) => {
      expect(() => lance().append('log', anything({ a: 1 }))).toThrow('tlv: must be a text or a Uint8Array');
      expect(() => flo().enqueue('q', anything({ a: 1 }))).toThrow('enqueue: must be a text or a Uint8Array');
      expect(() => tlv(anything(7))).toThrow('JSON.stringify');
    });
  });

  it('rollouts are finished by a list of ids', () => {
    marbles(({ lightning }) => {
      expect(() => lightning().finish(anything('ro-1'))).toThrow('finish: must be a list of ids');
    });
  });

  it.each([0, -1, 1.5])('connections are counted from 1: %p', (n) => {
    marbles(({ lance }) => {
      expect(() => lance().wire.connection(n)).toThrow('wire.connection');
    });
  });
});

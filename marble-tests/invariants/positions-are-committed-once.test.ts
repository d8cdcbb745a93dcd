import { autoAck } from 'sluice';
import { marbles } from 'sluice/testing';

describe('each position is committed once', () => {
  it('when enough deliveries are settled, and the rest when the reader leaves', () => {
    marbles(({ lance, at, expectRecording }) => {
      const { client, append, wire } = lance();
      append('log', 'first');
      const options = { name: 'n', commitCount: 2, commitIntervalMs: 60_000, commitToServer: true } as const;
      const reading = client.consume('log', options).pipe(autoAck()).subscribe();
      at('1s b 1s c 1s x', {
        b: () => append('log', 'second'),
        c: () => append('log', 'third'),
        x: () => reading.unsubscribe(),
      });

      expectRecording(wire.only('CommitOffset')).toBe('1075ms b 1926ms c', {
        b: { name: 'CommitOffset', offset: 21 },
        c: { name: 'CommitOffset', offset: 31 },
      });
    });
  });

  it('by time, and not again while nothing is settled', () => {
    marbles(({ lance, at, expectRecording }) => {
      const { client, append, wire } = lance();
      append('log', 'first');
      const options = { name: 'n', commitIntervalMs: 500, commitToServer: true } as const;
      const reading = client.consume('log', options).pipe(autoAck()).subscribe();
      at('10s x', { x: () => reading.unsubscribe() });

      expectRecording(wire.only('CommitOffset')).toBe('560ms a', { a: { name: 'CommitOffset', offset: 10 } });
    });
  });
});

import { CrashPointError } from '../../../src/testing/exhaustive/crash-point-error.js';
import { everyCrashPoint } from '../../../src/testing/exhaustive/every-crash-point.js';
import { consume } from './scenarios/consume.js';
import { SUM, sumOf } from './scenarios/numbers.js';
import { produce } from './scenarios/produce.js';
import { queueWork, TASKS } from './scenarios/queue-work.js';

/** The error of a scenario that does not survive everything. */
function failure(act: () => unknown): CrashPointError {
  try {
    act();
  } catch (error) {
    if (error instanceof CrashPointError) return error;
    throw error;
  }
  throw new Error('it survives');
}

/** The lines around the crash, if there are any. */
function around({ message }: CrashPointError): string[] {
  const lines = message.split('\n');
  const at = lines.findIndex((line) => line.startsWith('  →'));
  return lines
    .slice(Math.max(0, at - 2), at + 4)
    .filter((line) => /^[ →]{3} +\d/.test(line))
    .map((line) => (line.length > 72 ? `${line.slice(0, 60)}…` : line));
}

describe('a program with a mistake survives without crashes, and not with them', () => {
  it('producing: crossed off when it is sent, not when it is acknowledged', () => {
    const check = ({ stored }: { stored: readonly number[] }): void => expect(sumOf(new Set(stored))).toBe(SUM);
    const error = failure(() => everyCrashPoint(produce({ crossesOffEarly: true }), check, { crashes: ['process'] }));
    expect(error.point).toMatchObject({ crash: 'process', atMs: 12 });
    expect(around(error)).toEqual([
      '  →   12 ms     the program crashes at 12 ms, before the client connects',
      '      12 ms  C  connects',
      '      12 ms  X  the client closes the connection',
      '  →  112 ms     the program begins again',
    ]);
    expect(error.message).toContain('   Expected: 45\n   Received: 44\n');
  });

  it('consuming: the handler returns before its work is done', () => {
    const check = ({ handled }: { handled: readonly number[] }): void => expect(sumOf(new Set(handled))).toBe(SUM);
    const error = failure(() => everyCrashPoint(consume({ acksEarly: true }), check, { name: 'reader' }));
    expect(error.point).toMatchObject({ crash: 'process', atMs: 85 });
    expect(around(error)).toEqual([
      '      80 ms  f  FetchResponse: start 16, next 32, bytes 16',
      '      80 ms  F  Fetch: topicId 1, start 32, maxBytes 16',
      '  →   85 ms     the program crashes at 85 ms',
      '      85 ms  X  the client closes the connection',
      '  →  185 ms     the program begins again',
      '     185 ms  C  connects on connection 2',
    ]);
    expect(error.message).toContain('   Expected: 45\n   Received: 42\n');
    expect(error.message).toMatch(/^reader: it goes wrong when the program crashes at 85 ms\n/);
  });

  it('consuming: the position of what was delivered is kept, before it is settled', () => {
    const check = ({ handled }: { handled: readonly number[] }): void => expect(sumOf(new Set(handled))).toBe(SUM);
    const error = failure(() => everyCrashPoint(consume({ commitsEarly: true }), check));
    expect(error.point).toMatchObject({ crash: 'process', atMs: 60 });
    expect(around(error)).toEqual([
      '      40 ms  F  Fetch: topicId 1, start 0, maxBytes 16',
      '      60 ms  f  FetchResponse: start 0, next 16, bytes 16',
      '  →   60 ms     the program crashes at 60 ms, before Fetch is sent',
      '      60 ms  X  the client closes the connection',
      '      60 ms  F  lost: Fetch: topicId 1, start 16, maxBytes 16',
      '  →  160 ms     the program begins again',
    ]);
  });

  it('queue work: the handler returns before its task is done', () => {
    const check = ({ done }: { done: readonly number[] }): void => expect(sumOf(new Set(done))).toBe(sumOf(TASKS));
    const error = failure(() => everyCrashPoint(queueWork({ acksEarly: true }), check, { name: 'tasks' }));
    expect(error.point).toMatchObject({ crash: 'process', atMs: 40 });
    expect(around(error)).toEqual([
      '      40 ms  d  Messages: seqs [1], texts ["1"]',
      '      40 ms  A  Ack: queue "tasks", seqs [1]',
      '  →   40 ms     the program crashes at 40 ms, before Dequeue is sent',
      '      40 ms  X  the client closes the connection',
      '      40 ms  D  lost: Dequeue: queue "tasks", count 2, visib…',
      '  →  140 ms     the program begins again',
    ]);
    expect(error.message).toContain("   flo until then: 'C 19ms (oD) 16ms (dA)'\n");
  });
});

import { everyCrashPoint, everySplit } from 'sluice/testing';

/** As a caller without types. */
const loosely = <F extends (...given: never[]) => unknown>(call: F): ((...given: unknown[]) => unknown) =>
  call as unknown as (...given: unknown[]) => unknown;

describe('what these are given', () => {
  it.each([
    ['a text', ['abc', () => 0], 'everySplit.bytes: must be a Uint8Array'],
    ['no decoder', [Uint8Array.of(1)], 'everySplit.decode: must be a function'],
  ])('everySplit refuses %s', (_, given, message) => {
    expect(() => loosely(everySplit)(...given)).toThrow(message);
  });

  it.each([
    ['no scenario', [], 'everyCrashPoint.scenario: must be a function'],
    ['no check', [function* () {}], 'everyCrashPoint.check: must be a function'],
    ['a scenario that is no script', [() => 1, () => {}], 'everyCrashPoint.scenario: must be a function*'],
  ])('everyCrashPoint refuses %s', (_, given, message) => {
    expect(() => loosely(everyCrashPoint)(...given)).toThrow(message);
  });

  it('what goes wrong without a crash says so, and stays the error that it is', () => {
    const mine = new RangeError('mine');
    const wrong = (): unknown =>
      everyCrashPoint(
        function* ({ lance }) {
          lance();
          yield 1;
        },
        () => {
          throw mine;
        },
        { name: 'readings' },
      );
    expect(wrong).toThrow(mine);
    expect(mine.message).toBe('readings: it goes wrong even when nothing crashes\n\nmine');
  });
});

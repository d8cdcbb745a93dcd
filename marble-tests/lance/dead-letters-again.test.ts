import { map, timer } from 'rxjs';
import { decodeRecords } from '../../src/codecs/lance/tlv.js';
import { records } from '../../src/observables/delivery/operators/records.js';
import { work } from '../../src/observables/delivery/operators/work.js';
import { decodeDeadLetter } from '../../src/observables/lance/consuming/dead-letter.js';
import { retryBackoff } from '../../src/observables/retry/retry-backoff.js';
import { marbles } from '../../src/testing/kit/marbles.js';
import type { LanceRig } from '../../src/testing/lance/lance-rig.js';

/** When the handler of each record fails, in milliseconds since it began: the letter of `a` opens the connection. */
const FAILS_AFTER_MS: Record<string, number> = { a: 0, b: 300, c: 305 };

function letters({ server }: LanceRig): string[] {
  const { records: written } = decodeRecords(server.read('log-dead'));
  return written.map(({ value }) => Buffer.from(decodeDeadLetter(Buffer.from(value).toString()).value).toString());
}

/** What passes by itself ends the session, and `retryBackoff` begins another one. */
describe('a dead letter that could not be written this time', () => {
  it.each([
    [
      'the server takes no more for now',
      (rig: LanceRig) => rig.server.faults.failNextIngests(1, 'Rate limit exceeded'),
    ],
    ['its ack is lost, and that of the next one comes', (rig: LanceRig) => rig.server.faults.swallowNextAcks(1)],
  ])('%s: it is written by the next session', (_, misfortune) => {
    marbles(function* ({ lance, watch }) {
      const rig = lance();
      rig.append('log', 'a', 'b', 'c');
      const stream = rig.client.consume('log', { name: 'n', deadLetters: { topic: 'log-dead' } });
      const poisoned = stream.pipe(
        records(),
        work(
          (record) =>
            timer(FAILS_AFTER_MS[record.text()] ?? 0).pipe(
              map(() => {
                throw new Error('poison');
              }),
            ),
          { concurrency: 3, onError: 'dead' },
        ),
      );
      const seen = watch(poisoned.pipe(retryBackoff({ jitter: 'none' })));
      yield 300;
      misfortune(rig);
      yield 10_000;
      expect(seen.error).toBeUndefined();
      // Records settled one by one show in their batch only.
      expect(stream.fate()).toMatchObject({ delivered: 2, acked: 1, abandoned: 1 });
      expect([...new Set(letters(rig))].toSorted()).toEqual(['a', 'b', 'c']);
      seen.unsubscribe();
      yield 1_000;
    });
  });
});

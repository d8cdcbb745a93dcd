import { concatMap, from, map, timer } from 'rxjs';
import { decodeRecords } from '../../../../src/codecs/lance/tlv.js';
import type { CrashScenario } from '../../../../src/testing/exhaustive/every-crash-point.js';
import { NUMBERS, settled } from './numbers.js';

/** What became of an outbox. */
export interface Produced {
  /** In the order of the log, repeated ones too. */
  readonly stored: readonly number[];
  /** In the order in which they were crossed off. */
  readonly crossedOff: readonly number[];
}

/** Which mistake the program makes, if any. */
export interface ProduceMistakes {
  /** A number is crossed off when it has been sent, not when it is acknowledged. */
  readonly crossesOffEarly?: boolean;
}

/** An outbox is emptied into a log, a number every 12 ms; what was not crossed off when the program died is sent again. */
export const produce = ({ crossesOffEarly = false }: ProduceMistakes = {}): CrashScenario<Produced> =>
  function* ({ lance, crashable }) {
    const { server, producer } = lance({ ackDelayMs: 5 });
    server.createTopic('log');
    const crossedOff = new Set<number>();
    crashable(() => {
      const sending = producer({ lingerMs: 0, maxPendingAcks: 2 });
      from(NUMBERS.filter((number) => !crossedOff.has(number)))
        .pipe(concatMap((number) => timer(12).pipe(map(() => number))))
        .subscribe((number) => {
          sending.send('log', String(number)).subscribe({ complete: () => crossedOff.add(number) });
          if (crossesOffEarly) crossedOff.add(number);
        });
    });
    yield* settled(() => crossedOff.size === NUMBERS.length);
    const { records } = decodeRecords(server.read('log'));
    return {
      stored: records.map(({ value }) => Number(Buffer.from(value).toString())),
      crossedOff: [...crossedOff],
    };
  };

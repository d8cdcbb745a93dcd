import { EMPTY, throwError, type Observable, type OperatorFunction } from 'rxjs';
import type { RecordBatch } from '../../src/codecs/lance/record-batch.js';
import { HandlerError } from '../../src/observables/delivery/errors.js';
import { work, type Verdict } from '../../src/observables/delivery/operators/work.js';
import type { Delivery } from '../../src/observables/delivery/types.js';
import {
  decodeDeadLetter,
  encodeDeadLetter,
  type DeadLetter,
} from '../../src/observables/lance/consuming/dead-letter.js';
import { marbles } from '../../src/testing.js';

/** Nothing can make a text of it: so are the values of many parsers. */
const NOTHING: object = Object.create(null);

describe('a handler that throws what can not be put in words', () => {
  const failing = (then: Verdict): OperatorFunction<Delivery<RecordBatch>, unknown> =>
    work(() => throwError(() => NOTHING), { onError: then });

  it('dead: its delivery goes to the dead letters as any other', () => {
    marbles(function* ({ lance, watch }) {
      const rig = lance();
      rig.append('log', 'a');
      const letters: DeadLetter[] = [];
      const deadLetters = (letter: DeadLetter): Observable<never> => {
        letters.push(decodeDeadLetter(encodeDeadLetter(letter)));
        return EMPTY;
      };
      const seen = watch(rig.client.consume('log', { deadLetters, until: 'end' }).pipe(failing('dead')));
      yield 1_000;
      expect([seen.ended, seen.error]).toEqual(['complete', undefined]);
      expect(letters).toMatchObject([{ code: 'DEAD', message: 'something that can not be shown' }]);
    });
  });

  it('fail: the error says which delivery, and carries what was thrown', () => {
    marbles(function* ({ lance, watch }) {
      const rig = lance();
      rig.append('log', 'a');
      const seen = watch(rig.client.consume('log').pipe(failing('fail')));
      yield 1_000;
      expect(seen.error).toBeInstanceOf(HandlerError);
      expect((seen.error as HandlerError).cause).toBe(NOTHING);
    });
  });
});

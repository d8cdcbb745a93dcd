import { map, mergeMap, of, take, throwError } from 'rxjs';
import { autoAck } from '../../src/observables/delivery/operators/auto-ack.js';
import { run } from './support/marbles.js';
import { ScriptedLog } from './support/scripted-log.js';

describe('autoAck', () => {
  it('passes values on and settles them', () => {
    run(({ expectObservable, flush }) => {
      const log = new ScriptedLog('abc');
      const expected = '-ab(c|)';

      expectObservable(log.stream.pipe(autoAck())).toBe(expected);
      flush();
      expect(log.stream.fate()).toEqual({ delivered: 3, acked: 3, nacked: 0, dead: 0, abandoned: 0, late: 0 });
    });
  });

  it('settles when everything synchronous below has returned', () => {
    run(({ expectObservable, flush }) => {
      const log = new ScriptedLog('ab');
      const acked = log.stream.pipe(
        autoAck(),
        map(() => log.stream.fate().acked),
      );

      expectObservable(acked).toBe('-x(y|)', { x: 0, y: 1 });
      flush();
      expect(log.stream.fate().acked).toBe(2);
    });
  });

  it('repeats the last one of take(n)', () => {
    run(({ expectObservable, flush }) => {
      const log = new ScriptedLog('abc');
      const first = '   -a(b|)   ';
      const unsub = '    ---^     ';
      const second = '   ----b(c|)';

      expectObservable(log.stream.pipe(autoAck(), take(2))).toBe(first);
      expectObservable(log.stream.pipe(autoAck()), unsub).toBe(second);
      flush();
      expect(log.stream.fate()).toEqual({ delivered: 4, acked: 3, nacked: 0, dead: 0, abandoned: 1, late: 0 });
    });
  });

  it('abandons what an error below came from, so that it is repeated', () => {
    run(({ expectObservable, flush }) => {
      const log = new ScriptedLog('abc');
      const broken = log.stream.pipe(
        autoAck(),
        mergeMap((value) => (value === 'b' ? throwError(() => 'no') : of(value))),
      );
      const expected = '          -a#';
      const unsub = '             ---^';
      const again = '             ----b(c|)';

      expectObservable(broken).toBe(expected, undefined, 'no');
      expectObservable(log.stream.pipe(autoAck()), unsub).toBe(again);
      flush();
      expect(log.stream.fate()).toMatchObject({ delivered: 4, acked: 3, abandoned: 1, late: 0 });
    });
  });
});

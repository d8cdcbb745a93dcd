// What a first user of the kit stumbled over, and what it says now.
import { Observable, of, throwError, timer } from 'rxjs';
import { autoAck, records, work } from 'sluice';
import { LanceClient } from 'sluice/lance';
import { marbles, type MarbleKit, type MarbleOptions, type Watch } from 'sluice/testing';

/** What a test fails with. */
function failure(test: (kit: MarbleKit) => void | Generator<number, void>, options?: MarbleOptions): string {
  try {
    marbles(test, options);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  throw new Error('it passes');
}

describe('the kit says', () => {
  it('that nobody has subscribed', () => {
    const message = failure(({ deliveries, expectFate, expectCredit }) => {
      const source = deliveries('a|');
      expectFate(source).toBe('a|');
      expectCredit(source).toBe('4');
    });
    expect(message).toContain('fate of deliveries, to which nobody has subscribed: ');
    expect(message).toContain('credit of deliveries, to which nobody has subscribed: ');
  });

  it('what is still open, beside what did not come', () => {
    const message = failure(({ deliveries, expectFate }) => {
      const source = deliveries('a|');
      const never = new Observable<never>();
      source.pipe(work(() => never)).subscribe();
      expectFate(source).toBe('a|');
    });
    expect(message).toContain('fate of deliveries: ');
    expect(message).toMatch(/still subscribed, 1 unsettled: 'a' \(since 0 ms, last seen by work\)/);
  });

  it('where a text comes from that is thrown', () => {
    const message = failure(({ deliveries }) => void deliveries('a#').pipe(autoAck()).subscribe());
    expect(message).toMatch(/'error' was thrown and nobody caught it: .* subscribe\(\{ next, error \}\)/);
  });

  it('nothing of streams whose program has crashed', () => {
    marbles(function* ({ lance, crashable }) {
      const { connector, append } = lance();
      append('log', 'a');
      const reader = crashable(() => {
        new LanceClient({ connector: connector() }).consume('log').pipe(autoAck(), records()).subscribe();
      });
      yield 1_000;
      reader.crash();
      expect(reader.alive).toBe(false);
    });
  });
});

describe('pauses that are random in life', () => {
  const firstRetry = (options?: MarbleOptions): number | undefined => {
    let seen: Watch<unknown> | undefined;
    marbles(({ deliveries, watch }) => {
      const tries = [throwError(() => new Error('once')), of('paid')];
      seen = watch(deliveries('a|').pipe(work(() => tries.shift() ?? of('paid'))));
    }, options);
    return seen?.atMs[0];
  };

  it('are as long as they can be with jitter none', () => {
    expect(firstRetry({ jitter: 'none' })).toBe(200);
  });

  it('are else drawn by the seed', () => {
    expect(firstRetry()).toBe(firstRetry({ seed: 1, jitter: 'seeded' }));
    expect(new Set([1, 2, 3, 4, 5].map((seed) => firstRetry({ seed }))).size).toBeGreaterThan(1);
  });

  it('are refused as anything else', () => {
    expect(() => marbles(() => {}, { jitter: 'full' as never })).toThrow(/jitter: must be 'seeded' or 'none'/);
  });
});

describe('a part of a wire', () => {
  it('is what its names or letters say', () => {
    marbles(({ lance, expectWire }) => {
      const { client, wire } = lance();
      client.createTopic('log').subscribe();
      timer(1_000).subscribe(() => void client.close().subscribe());
      expectWire(wire.only('CreateTopic', 'TopicResponse')).toBe('20ms N 19ms t');
      expectWire(wire.only('N', 't')).toBe('20ms N 19ms t');
      expectWire(wire.only('Fetch')).toBe('');
    });
  });
});

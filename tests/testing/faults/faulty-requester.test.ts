import fc from 'fast-check';
import { clock } from '../../../src/foundation/clock.js';
import { ClosedError, InvalidOptionError } from '../../../src/foundation/errors.js';
import { fault, type WireFault } from '../../../src/testing/faults/fault.js';
import { FaultyRequester } from '../../../src/testing/faults/faulty-requester.js';
import { MemoryOrigin } from '../../../src/transports/http/memory.js';
import { runs } from '../../delivery/model/seed.js';
import { at, virtually } from './framed.js';

/** An origin 10 ms away that gives back each body, and what happens between it and those who ask. */
class Origin {
  readonly timeline: string[] = [];
  readonly served: string[] = [];
  readonly requester: FaultyRequester;
  readonly origin: MemoryOrigin;
  calling = false;

  constructor(answerAfterMs = 0) {
    this.origin = new MemoryOrigin((request, end) => {
      const body = Buffer.from(request.body ?? '').toString();
      this.served.push(body);
      this.note(`server ${body}`);
      const answer = { status: 200, headers: { 'content-type': 'text/plain' }, body };
      const timer = clock.after(answerAfterMs, () => end.answer(answer));
      return () => {
        timer.unsubscribe();
        this.note(`server left by ${body}`);
      };
    });
    this.origin.open();
    this.requester = new FaultyRequester(this.origin.requester({ latencyMs: 10 }));
  }

  ask(body: string): () => void {
    const tell = (event: string): void => {
      if (this.calling) throw new Error(`${event} inside a call`);
      this.note(event);
    };
    return this.calls(() =>
      this.requester.request(
        { method: 'POST', path: '/', body },
        {
          answered: (answer) => tell(`${body}: ${Buffer.from(answer.body).toString()}`),
          failed: ({ code, context }) => tell(`${body}: ${String(context['errno'] ?? code)}`),
        },
      ),
    );
  }

  apply(...faults: WireFault[]): void {
    this.calls(() => {
      for (const each of faults) this.requester.apply(each);
    });
  }

  calls<R>(call: () => R): R {
    this.calling = true;
    try {
      return call();
    } finally {
      this.calling = false;
    }
  }

  note(event: string): void {
    this.timeline.push(`${clock.now()} ${event}`);
  }
}

function story(deeds: (origin: Origin) => void, answerAfterMs = 0): string[] {
  let origin!: Origin;
  virtually(() => {
    origin = new Origin(answerAfterMs);
    deeds(origin);
  });
  return origin.timeline;
}

describe('FaultyRequester', () => {
  it('changes nothing without faults', () => {
    expect(story((origin) => origin.ask('a'))).toEqual(['10 server a', '20 a: a']);
  });

  it('drops: exchanges under way fail on the next turn, and the server learns that its client has left', () => {
    const timeline = story((origin) => {
      origin.ask('a');
      at(15, () => origin.apply(fault.drop()));
      at(16, () => origin.ask('b'));
    }, 100);
    expect(timeline).toEqual(['10 server a', '15 server left by a', '15 a: ECONNRESET', '26 server b', '136 b: b']);
  });

  it('delays requests and answers, for a time', () => {
    const timeline = story((origin) => {
      origin.apply(fault.delay(100, 150));
      origin.ask('a');
      at(160, () => origin.ask('b'));
    });
    expect(timeline).toEqual(['110 server a', '170 server b', '180 b: b', '220 a: a']);
  });

  it('loses a request, or the answer to one that was served', () => {
    const timeline = story((origin) => {
      origin.apply(fault.dropFrame('sent'), fault.dropFrame('received'));
      origin.ask('a');
      origin.ask('b');
      origin.ask('c');
    });
    expect(timeline).toEqual(['10 server b', '10 server c', '20 c: c']);
  });

  it('makes a request twice, for one answer', () => {
    const timeline = story((origin) => {
      origin.apply(fault.duplicate('sent'));
      origin.ask('a');
    });
    expect(timeline).toEqual(['10 server a', '10 server a', '20 a: a']);
  });

  it('damages the body of a request, or of an answer', () => {
    const timeline = story((origin) => {
      origin.apply(fault.corrupt('sent'), fault.corrupt('received', { byte: -1, bit: 1 }));
      origin.ask('{}');
      at(50, () => origin.ask('ab'));
    });
    expect(timeline).toEqual(['10 server z}', '20 {}: z\u007f', '60 server ab', '70 ab: ab']);
  });

  it('waits for a body that can be damaged', () => {
    const timeline = story((origin) => {
      origin.apply(fault.corrupt('sent'));
      origin.ask('');
      origin.ask('a');
    });
    expect(timeline.slice(0, 2)).toEqual(['10 server ', '10 server `']);
  });

  it('lets an answer overtake another, or go when none does', () => {
    const timeline = story((origin) => {
      origin.apply(fault.reorder({ withinMs: 50 }), fault.reorder({ withinMs: 50 }));
      origin.ask('a');
      at(30, () => origin.ask('b'));
      at(35, () => origin.ask('c'));
      at(100, () => origin.apply(fault.reorder({ withinMs: 50 })));
      at(100, () => origin.ask('d'));
    });
    expect(timeline.filter((entry) => !entry.includes('server'))).toEqual([
      '55 c: c',
      '55 a: a',
      '55 b: b',
      '170 d: d',
    ]);
  });

  it('falls silent: what is under way never ends, what comes later does', () => {
    const timeline = story((origin) => {
      origin.ask('a');
      const callOff = origin.ask('b');
      at(5, () => origin.apply(fault.halfOpen()));
      at(30, () => origin.ask('c'));
      at(40, callOff);
    }, 15);
    expect(timeline).toEqual(['10 server a', '10 server b', '40 server c', '65 c: c']);
  });

  it('tells those who wait after the time, and at heal; the server learns who has left', () => {
    const timed = story((origin) => {
      origin.ask('a');
      at(15, () => origin.apply(fault.halfOpen(100)));
    }, 1_000);
    expect(timed).toEqual(['10 server a', '115 server left by a', '115 a: ETIMEDOUT']);
    const healed = story((origin) => {
      const callOff = origin.ask('a');
      origin.ask('b');
      at(15, () => origin.apply(fault.halfOpen()));
      at(20, callOff);
      at(50, () => origin.apply(fault.heal()));
    }, 1_000);
    expect(healed).toEqual([
      '10 server a',
      '10 server b',
      '50 server left by a',
      '50 server left by b',
      '50 b: ECONNRESET',
    ]);
  });

  it('reads slowly', () => {
    const timeline = story((origin) => {
      origin.apply(fault.slowReader({ bytesPerMs: 0.5 }));
      origin.ask('four');
    });
    expect(timeline).toEqual(['18 server four', '36 four: four']);
  });

  it('heals: what was held back comes at once', () => {
    const timeline = story((origin) => {
      origin.apply(fault.delay(1_000));
      origin.ask('a');
      at(50, () => origin.apply(fault.heal()));
    });
    expect(timeline).toEqual(['60 server a', '70 a: a']);
  });

  it('calls off silently, also what has not been sent yet', () => {
    const timeline = story((origin) => {
      origin.apply(fault.delay(100));
      const early = origin.ask('a');
      const late = origin.ask('b');
      at(50, early);
      at(115, late);
      at(115, late);
    }, 1_000);
    expect(timeline).toEqual(['110 server b', '115 server left by b']);
  });

  it('fails all that is under way when it is closed, whatever has become of it', () => {
    const timeline = story((origin) => {
      origin.apply(fault.dropFrame('sent'));
      origin.ask('lost');
      origin.ask('silent');
      origin.apply(fault.halfOpen());
      origin.apply(fault.dropFrame('received'));
      origin.ask('unanswered');
      at(30, () => origin.apply(fault.delay(1_000)));
      at(40, () => origin.ask('late'));
      at(50, () => origin.calls(() => origin.requester.close()));
      at(60, () => origin.ask('too late'));
      at(70, () => expect(origin.requester.exchanges).toBe(0));
    });
    expect(timeline.filter((entry) => !entry.includes('server'))).toEqual([
      `50 lost: ${ClosedError.code}`,
      `50 silent: ${ClosedError.code}`,
      `50 unanswered: ${ClosedError.code}`,
      `50 late: ${ClosedError.code}`,
      `60 too late: ${ClosedError.code}`,
    ]);
  });

  it('refuses what nobody could see over HTTP', () => {
    const { requester } = new Origin();
    expect(() => requester.apply(fault.split())).toThrow(InvalidOptionError);
    expect(() => requester.apply(fault.duplicate('received'))).toThrow(/a request has one answer/);
  });

  const wild = runs(500);
  it(`ends each exchange once, never inside a call, and leaves nothing behind (${wild.title})`, () => {
    const direction = fc.constantFrom('sent' as const, 'received' as const);
    const faults: fc.Arbitrary<WireFault> = fc.oneof(
      fc.constantFrom<WireFault>(
        fault.drop(),
        fault.heal(),
        fault.duplicate('sent'),
        fault.slowReader({ bytesPerMs: 0.2 }),
      ),
      fc.option(fc.nat({ max: 50 }), { nil: undefined }).map((forMs) => fault.halfOpen(forMs)),
      fc.nat({ max: 40 }).map((ms) => fault.delay(ms)),
      direction.map((way) => fault.dropFrame(way)),
      direction.map((way) => fault.corrupt(way)),
      fc.nat({ max: 30 }).map((withinMs) => fault.reorder({ withinMs })),
    );
    const step = fc.oneof(
      fc.record({ atMs: fc.nat({ max: 100 }), ask: fc.boolean(), callOffMs: fc.nat({ max: 200 }) }),
      fc.record({ atMs: fc.nat({ max: 100 }), fault: faults }),
    );
    fc.assert(
      fc.property(
        fc.array(step, { minLength: 1, maxLength: 12 }),
        fc.nat({ max: 30 }),
        fc.boolean(),
        (steps, answerMs, closes) => {
          let origin!: Origin;
          const ends = new Map<string, number>();
          const calledOff = new Map<string, number>();
          virtually(() => {
            origin = new Origin(answerMs);
            for (const [index, each] of steps.entries()) {
              at(each.atMs, () => {
                if ('fault' in each) return origin.apply(each.fault);
                const name = `q${index}`;
                ends.set(name, 0);
                const callOff = origin.ask(name);
                if (each.ask) return;
                at(clock.now() + each.callOffMs, () => {
                  calledOff.set(name, origin.timeline.length);
                  origin.calls(callOff);
                });
              });
            }
            // Whoever still waits is told in the end.
            at(1_000, () =>
              origin.calls(() => (closes ? origin.requester.close() : origin.apply(fault.heal(), fault.drop()))),
            );
          });
          for (const [name] of ends) {
            const told = origin.timeline.flatMap((entry, index) => (entry.includes(` ${name}: `) ? [index] : []));
            const left = calledOff.get(name);
            if (left === undefined) expect(told).toHaveLength(1);
            else expect(told.filter((index) => index >= left)).toEqual([]);
            expect(told.length).toBeLessThanOrEqual(1);
          }
          expect(origin.requester.exchanges).toBe(0);
          expect(origin.origin.exchanges).toBe(0);
        },
      ),
      wild.parameters,
    );
  });
});

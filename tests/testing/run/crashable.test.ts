import { asapScheduler, interval, observeOn, of, queueScheduler, timer } from 'rxjs';
import { MemoryOffsetStore } from 'sluice/lance';
import { GuardError, marbles, type Watch } from 'sluice/testing';

describe('crashable', () => {
  it('no timer of a program fires after its crash, and none of the next start is touched', () => {
    marbles(function* ({ crashable }) {
      const told: string[] = [];
      const program = crashable((start) => {
        interval(10).subscribe((n) => told.push(`${start}.${n}`));
        timer(5).subscribe(() => timer(100).subscribe(() => told.push(`${start} late`)));
      });
      yield 25;
      program.crash();
      expect(told).toEqual(['1.0', '1.1']);
      yield 1_000;
      expect(told).toEqual(['1.0', '1.1']);
      program.start();
      yield 15;
      expect(told).toEqual(['1.0', '1.1', '2.0']);
      program.crash();
      expect(program.starts).toBe(2);
    });
  });

  it('nor does one of another scheduler, nor a message of cold', () => {
    marbles(function* ({ crashable, cold }) {
      const told: string[] = [];
      const program = crashable(() => {
        cold('a 20ms b 20ms c').subscribe((letter) => {
          told.push(letter);
          timer(20).subscribe(() => told.push(`behind ${letter}`));
        });
        for (const scheduler of [asapScheduler, queueScheduler]) {
          timer(40, scheduler).subscribe(() => told.push('late'));
          of('asap')
            .pipe(observeOn(scheduler))
            .subscribe(() => interval(10).subscribe((n) => n === 1 && told.push('1')));
        }
      });
      yield 22;
      program.crash();
      yield 1_000;
      expect(told).toEqual(['a', '1', 'behind a', '1', 'b']);
    });
  });

  it('timers of the world go on, those that a wire starts included', () => {
    marbles(function* ({ crashable, flo }) {
      const rig = flo({ latencyMs: 10 });
      rig.server.enqueue('q', Uint8Array.of(1));
      const program = crashable(() => {
        rig.newClient().queue.dequeue('q', 1, { visibilityTimeoutMs: 500 }).subscribe();
      });
      yield 100;
      expect(rig.server.queue('q')).toMatchObject({ ready: 0, leased: 1 });
      program.crash();
      yield 30;
      expect(rig.wire.open).toBe(0);
      yield 500;
      expect(rig.server.queue('q')).toMatchObject({ ready: 1, leased: 0 });
    });
  });

  it('what was not committed before the crash comes again, what was does not', () => {
    marbles(
      function* ({ crashable, lance }) {
        const rig = lance();
        rig.append('log', 'a', 'b', 'c');
        const offsetStore = new MemoryOffsetStore();
        const seen: string[] = [];
        const program = crashable((start) => {
          const options = { name: 'n', offsetStore, commitCount: 1, maxFetchBytes: 6 } as const;
          rig
            .newClient()
            .consume('log', options)
            .subscribe((batch) => {
              seen.push(`${start}${batch.value.text(0)}`);
              if (start === 2 || batch.value.text(0) === 'a') batch.ack();
            });
        });
        yield 500;
        program.crash();
        yield 500;
        program.start();
        yield 500;
        program.crash();
        expect(seen).toEqual(['1a', '1b', '1c', '2b', '2c']);
      },
      { leaveOpen: true },
    );
  });

  it('a client that survives a crash is refused', () => {
    const survivor = (): void =>
      marbles(function* ({ crashable, flo }) {
        const rig = flo();
        const program = crashable(() => {
          rig.client.ping().subscribe();
        });
        yield 100;
        program.crash();
        program.start();
        yield 100;
        program.crash();
      });
    expect(survivor).toThrow(GuardError);
    expect(survivor).toThrow('Make it in the program: newClient(), not client.');
  });

  it('what the test does with what is left of a program is not', () => {
    marbles(function* ({ crashable, flo, watch }) {
      const rig = flo();
      let seen: Watch<unknown> | undefined;
      const program = crashable(() => {
        seen = watch(rig.newClient().queue.messages('q'));
      });
      yield 100;
      program.crash();
      seen?.unsubscribe();
      yield 100;
      expect(rig.wire.open).toBe(0);
    });
  });

  it.each<[string, () => unknown]>([
    ['async', async () => {}],
    ['a generator', function* () {}],
  ])('a program that is %s is refused', (_, main) => {
    let starts = 0;
    const refused = (): void => marbles(({ crashable }) => void crashable((start) => ((starts = start), main())));
    expect(refused).toThrow(GuardError);
    expect(refused).toThrow('crashable: the program is async, or a generator');
    expect(starts).toBe(1);
  });

  it('the promise of one that is async rejects unheard, and ends no process', () => {
    let isHandled = false;
    const promise = { then: (_: unknown, rejected: unknown) => (isHandled = typeof rejected === 'function') };
    expect(() => marbles(({ crashable }) => void crashable(() => promise))).toThrow(GuardError);
    expect(isHandled).toBe(true);
  });

  it('is not started twice', () => {
    marbles(({ crashable }) => {
      const program = crashable(() => {});
      expect(() => program.start()).toThrow('crashable.start: it is running already');
      program.crash();
      program.crash();
      expect(program.alive).toBe(false);
    });
  });
});

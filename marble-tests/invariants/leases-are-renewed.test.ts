import { map, timer } from 'rxjs';
import { work } from 'sluice';
import { marbles } from 'sluice/testing';

describe('a lease is renewed as long as its handler runs', () => {
  it('so that nobody else gets the message', () => {
    marbles(({ flo, at, expectRecording, expectFate }) => {
      const { client, enqueue, wire, server } = flo();
      enqueue('q', 'a');
      const messages = client.queue.messages('q', { visibilityTimeoutMs: 1_000 });
      const reading = messages.pipe(work(() => timer(1_600).pipe(map(() => 'done')))).subscribe();
      at('1s -a- 1s x', {
        a: () => expect(server.queue('q')).toMatchObject({ ready: 0, leased: 1 }),
        x: () => reading.unsubscribe(),
      });

      const leases = wire.only('Touch', 'Touched', 'Ack', 'Acked');
      expectRecording(leases).toBe('520ms T 19ms t 479ms T 19ms t 479ms T 19ms t 99ms A 19ms a');
      expectFate(messages).toBe('   1s 660ms a', { a: { fate: 'acked', by: 'work', attempt: 1 } });
    });
  });
});

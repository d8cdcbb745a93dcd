import { FloServer } from '../../../src/embedded/flo/flo-server.js';
import { FloClient } from '../../../src/observables/flo/flo-client.js';
import { until } from '../../../src/testing.js';
import { really } from '../../real-time.js';
import { retained } from '../retained.js';

const MESSAGES = 16;
const MESSAGE_BYTES = 1 << 20;

it('a message that came again after a delay is not kept once it is acked', async () => {
  const server = FloServer.inMemory({ latencyMs: 0 });
  server.start().subscribe();
  const flo = new FloClient('memory:9000', { connector: server.connector() });
  const stream = flo.queue.messages('q', { window: { deliveries: 2 * MESSAGES, bytes: 64 << 20 }, blockMs: 20 });
  await really(
    (function* () {
      const before = retained();
      for (let number = 0; number < MESSAGES; number++) server.enqueue('q', new Uint8Array(MESSAGE_BYTES));
      const seen = stream.subscribe((delivery) => {
        if (delivery.attempt === 1) delivery.nack({ delayMs: 1 });
        else delivery.ack();
      });
      yield* until(() => stream.fate().acked === MESSAGES);
      yield 50;
      expect(stream.fate().nacked).toBe(MESSAGES);
      expect(retained() - before).toBeLessThan(4 * MESSAGE_BYTES);
      seen.unsubscribe();
      yield 50;
    })(),
  );
});

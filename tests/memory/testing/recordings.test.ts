import { autoAck } from '../../../src/index.js';
import { marbles } from '../../../src/testing.js';
import { retained } from '../retained.js';

const MESSAGES = 10_000;

it('what a run notes of a delivery takes few bytes: a test may have very many', () => {
  let perMessage = 0;
  marbles(function* ({ flo, watch }) {
    const { client, enqueue, wire } = flo({ latencyMs: 1 });
    const stream = client.queue.messages('q');
    const seen = watch(stream.pipe(autoAck()));
    yield 10;
    const before = retained();
    for (let number = 0; number < MESSAGES; number += 10) {
      enqueue('q', ...Array.from({ length: 10 }, (_, at) => `message ${number + at}`));
      yield 2;
    }
    yield 100;
    expect(stream.fate().acked).toBe(MESSAGES);
    wire.clear();
    seen.values.length = 0;
    perMessage = (retained() - before) / MESSAGES;
    seen.unsubscribe();
  });
  expect(perMessage).toBeLessThan(1_200);
});

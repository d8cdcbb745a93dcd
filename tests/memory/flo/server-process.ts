import { lastValueFrom } from 'rxjs';
import { FloServer } from 'sluice/embedded';
import { serveQuestions } from '../../../benchmarks/harness/questions.js';
import { MESSAGE_BYTES, MESSAGES, type QueueFigures, type ServerQuestion } from './question.js';

// A server in a process of its own: its messages are in nobody else's figures.
const SAMPLE_MS = 1;

const server = await lastValueFrom(new FloServer().start());
let watched: string | undefined;
let peak = 0;
let before = { acked: 0, nacked: 0 };

function look(): void {
  if (watched !== undefined) peak = Math.max(peak, server.queue(watched).leased);
}
setInterval(look, SAMPLE_MS);

function fill(queue: string): void {
  const { acked, nacked } = server.counters.queues;
  before = { acked, nacked };
  watched = queue;
  peak = 0;
  for (let number = 0; number < MESSAGES; number++) {
    server.enqueue(queue, new Uint8Array(MESSAGE_BYTES).fill(number));
  }
}

function figures(queue: string): QueueFigures {
  look();
  const { acked, nacked } = server.counters.queues;
  const { ready, leased, dead } = server.queue(queue);
  return { ready, leased, peak, acked: acked - before.acked, nacked: nacked - before.nacked, dead };
}

serveQuestions((question: ServerQuestion) => {
  switch (question.ask) {
    case 'port':
      return server.port;
    case 'fill':
      return fill(question.queue);
    case 'figures':
      return figures(question.queue);
  }
});

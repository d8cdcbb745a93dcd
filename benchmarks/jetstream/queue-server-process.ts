import { lastValueFrom } from 'rxjs';
import { FloServer } from 'sluice/embedded';
import { serveQuestions } from '../harness/questions.js';
import type { QueueServerQuestion } from './messages.js';

// A queue in a process of its own.
serveQuestions(async ({ load: { name, records, recordBytes } }: QueueServerQuestion) => {
  const server = new FloServer();
  const payload = new Uint8Array(recordBytes);
  for (let sent = 0; sent < records; sent++) server.enqueue(name, payload.fill(sent));
  await lastValueFrom(server.start());
  return server.port;
});

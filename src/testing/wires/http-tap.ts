import type { HttpEvents, HttpRequest, Requester } from '../../transports/http/requester.js';
import type { HttpReading, HttpSystem, HttpWire } from './http-wire.js';
import { reasonOf } from './reason-of.js';
import type { WireEvent } from './wire-event.js';

/** Notes on a wire what goes through a requester, and changes nothing. */
export class HttpTap implements Requester {
  constructor(
    private readonly system: HttpSystem,
    private readonly wire: HttpWire,
    private readonly requester: Requester,
  ) {}

  get origin(): string {
    return this.requester.origin;
  }

  request(request: HttpRequest, events: HttpEvents): () => void {
    const { system, wire } = this;
    const asked = system.asked(request);
    const exchange = wire.begin(request, asked.name);
    const { name: route } = asked;
    const note = (direction: WireEvent['direction'], { name, fields, words }: HttpReading): void =>
      wire.note({ ...fields, route, name, direction, connection: exchange.number }, words);
    note('sent', asked);
    const callOff = this.requester.request(request, {
      answered(answer) {
        wire.end(exchange, 'answered', answer);
        note('received', system.answered(request, answer));
        events.answered(answer);
      },
      failed(error) {
        wire.end(exchange, 'failed');
        const code = reasonOf(error);
        note('received', { name: 'failed', fields: { errno: code }, words: `no answer to ${route}: ${code}` });
        events.failed(error);
      },
    });
    return () => {
      if (exchange.state === 'open') {
        wire.end(exchange, 'called off');
        note('sent', { name: 'called off', fields: {}, words: `${route} is called off` });
      }
      callOff();
    };
  }

  close(): void {
    this.requester.close();
  }
}

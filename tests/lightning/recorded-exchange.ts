import type { HttpAnswer, HttpEvents, HttpRequest, Requester } from '../../src/transports/http/requester.js';
import type { SluiceError } from '../../src/foundation/errors.js';

/** What became of an exchange. */
export class RecordedExchange implements HttpEvents {
  readonly answers: HttpAnswer[] = [];
  readonly errors: SluiceError[] = [];
  /** Resolves with the first event. */
  readonly ended: Promise<HttpAnswer | SluiceError>;
  /** True if something was told inside the call that asked. */
  readonly toldInside: boolean;
  readonly callOff: () => void;
  /** What to do inside the event. */
  inside: () => void = () => {};
  private tell: (end: HttpAnswer | SluiceError) => void = () => {};

  constructor(requester: Requester, request: Partial<HttpRequest> = {}) {
    this.ended = new Promise((resolve) => (this.tell = resolve));
    this.callOff = requester.request({ method: 'GET', path: '/', ...request }, this);
    this.toldInside = this.answers.length + this.errors.length > 0;
  }

  answered(answer: HttpAnswer): void {
    this.answers.push(answer);
    this.inside();
    this.tell(answer);
  }

  failed(error: SluiceError): void {
    this.errors.push(error);
    this.inside();
    this.tell(error);
  }

  /** The text of the answer. */
  async text(): Promise<string> {
    const end = await this.ended;
    if (end instanceof Error) throw end;
    return Buffer.from(end.body).toString();
  }
}

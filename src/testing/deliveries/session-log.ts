import type { DeliveryStream } from '../../observables/delivery/delivery-stream.js';
import type { Witness } from '../../observables/delivery/witness.js';
import type { MarbleRun } from '../run/marble-run.js';
import { StreamBook } from './stream-book.js';

const logs = new WeakMap<MarbleRun, SessionLog>();

/** The streams that had a session in a run, whoever made them. */
export class SessionLog implements Pick<Witness, 'began'> {
  private readonly books = new Map<DeliveryStream<unknown, unknown>, StreamBook>();

  /** That of a run; it must be told of sessions, or there is nothing in it. */
  static of(run: MarbleRun): SessionLog {
    let log = logs.get(run);
    if (log === undefined) {
      log = new SessionLog(run);
      logs.set(run, log);
    }
    return log;
  }

  private constructor(private readonly run: MarbleRun) {
    run.onFrame((atMs) => {
      for (const book of this.books.values()) book.sample(atMs);
    });
  }

  /** In the order in which they were first heard of. */
  get streams(): Iterable<DeliveryStream<unknown, unknown>> {
    return this.books.keys();
  }

  readonly began: Witness['began'] = (stream, core, lens) => this.bookOf(stream).began(core, lens);

  bookOf(stream: DeliveryStream<unknown, unknown>): StreamBook {
    let book = this.books.get(stream);
    if (book === undefined) {
      book = new StreamBook(this.run);
      this.books.set(stream, book);
    }
    return book;
  }
}

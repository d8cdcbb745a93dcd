import { Observable } from 'rxjs';
import { Fates, sumFates } from './core/fates.js';
import type { DeliveryStream, DrainOptions } from './delivery-stream.js';
import type { FateReport } from './types.js';

type Live = Pick<DeliveryStream<unknown>, 'drain' | 'fate'>;

interface Entry {
  readonly before: FateReport;
  /** Sessions of this stream that are not over: a new one may begin while the last one still stores its position. */
  epochs: number;
}

/** The streams of a client that have a session, and the fates of those that had one: streams that are over are not kept. */
export class LiveStreams {
  private readonly entries = new Map<Live, Entry>();
  private past: FateReport = new Fates().report();

  /** A session begins; the returned function is called when it is over and everything is stored. */
  began(stream: Live): () => void {
    const entry = this.entries.get(stream) ?? { before: stream.fate(), epochs: 0 };
    entry.epochs++;
    this.entries.set(stream, entry);
    return () => {
      if (--entry.epochs > 0) return;
      this.past = sumFates([this.past, since(stream, entry)]);
      this.entries.delete(stream);
    };
  }

  /** Drains all; emits the fates of all streams there ever were, and completes. */
  drain(options: DrainOptions): Observable<FateReport> {
    return new Observable((subscriber) => {
      let left = this.entries.size;
      const report = (): void => {
        subscriber.next(sumFates([this.past, ...[...this.entries].map(([stream, entry]) => since(stream, entry))]));
        subscriber.complete();
      };
      if (left === 0) return report();
      for (const stream of [...this.entries.keys()]) {
        subscriber.add(
          stream.drain(options).subscribe({
            complete: () => {
              if (--left === 0) report();
            },
          }),
        );
      }
    });
  }
}

function since(stream: Live, { before }: Entry): FateReport {
  const now = stream.fate();
  return {
    delivered: now.delivered - before.delivered,
    acked: now.acked - before.acked,
    nacked: now.nacked - before.nacked,
    dead: now.dead - before.dead,
    abandoned: now.abandoned - before.abandoned,
    late: now.late - before.late,
    ...(now.error === undefined ? {} : { error: now.error }),
  };
}

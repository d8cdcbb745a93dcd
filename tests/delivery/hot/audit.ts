import { clock } from '../../../src/foundation/clock.js';
import { DUTY } from '../../../src/observables/delivery/types.js';
import { ensure } from '../model/ensure.js';
import { RESERVED, type Book } from './book.js';
import { isUnsettled } from './paper.js';
import type { HotWorld } from './world.js';

/** Holds the books of a hot stream against the model's. */
export class Audit {
  constructor(private readonly world: HotWorld) {}

  /** What always holds. */
  check(): void {
    const { error: _, ...report } = this.world.stream.fate();
    const counted: Record<string, number> = this.world.counted;
    for (const [name, count] of Object.entries(report))
      ensure(count === counted[name], `${name}: ${count} for ${counted[name]}`);
    const inFlight = this.world.papers.filter(
      ({ state }) => state === 'open' || state === 'pending' || state === 'leaving',
    );
    const { delivered, acked, nacked, dead, abandoned } = report;
    ensure(delivered === acked + nacked + dead + abandoned + inFlight.length, 'sums are exact');
    ensure(
      this.world.told.toSorted().join() === this.world.expected.toSorted().join(),
      `${this.world.told.join()} for ${this.world.expected.join()}`,
    );
    if (this.world.alive.length === 0)
      ensure(this.world.open.length === 0, 'nothing is unsettled after the last one has left');
    for (const paper of this.world.open) {
      const last = paper.shown.at(-1) ?? -1;
      ensure(
        paper.open.every((voter) => voter <= last),
        'everyone who can vote was handed it',
      );
    }
    for (const paper of this.world.papers)
      for (const [voter, { [DUTY]: duty }] of paper.handles) {
        const isOpen = paper.words.size === 1 && this.world.cameAgain(paper) ? duty.open : paper.isOut(voter);
        ensure(duty.open === isOpen, `the duty of ${voter} for ${paper.name} is ${isOpen ? 'open' : 'over'}`);
      }
    for (const [session, book] of this.world.books.entries()) this.checkWindow(book, session);
  }

  private checkWindow(book: Book, session: number): void {
    let deliveries = book.out + book.ready.size;
    let bytes = book.out * RESERVED;
    for (const [message, size] of book.ready) {
      const node = this.world.nodes.get(message);
      bytes += node === undefined ? Math.min(size, RESERVED) : node.charged;
    }
    for (const paper of this.world.papers) {
      if (paper.session !== session || !isUnsettled(paper)) continue;
      deliveries++;
      bytes += paper.bytes;
    }
    ensure(book.window.deliveries === deliveries, `credit: ${book.window.deliveries} deliveries for ${deliveries}`);
    ensure(book.window.bytes === bytes, `credit: ${book.window.bytes} bytes for ${bytes}`);
  }

  /** When nothing is due any more. */
  rest(): void {
    this.check();
    const { book } = this.world;
    if (book !== undefined) {
      ensure(!book.failed, 'a failure reaches everyone on the next turn');
      const papers = this.world.papers.filter(
        (paper) => paper.session === this.world.books.length - 1 && isUnsettled(paper),
      );
      ensure(!book.draining || papers.length > 0, 'a drained session ends');
      const isStuck = papers.length > 0 && papers.every((paper) => paper.isStuck);
      if (isStuck && !book.draining && book.out === 0) ensure(false, 'buffers that keep everything are told to let go');
      const due = papers.filter(({ state, dueMs }) => state === 'waiting' && dueMs < clock.now());
      ensure(due.length === 0, 'what was nacked comes again after its delay');
    }
  }

  finish(): void {
    this.check();
    for (const paper of this.world.papers) {
      ensure(paper.fate !== undefined, `${paper.name} has a fate`);
      for (const voter of paper.shown) {
        const word = paper.words.get(voter);
        const wasLost = word === 'left' || (paper.fate === 'abandoned' && paper.isLost);
        ensure(paper.losses.get(voter) === (wasLost ? 1 : 0), `${voter} is told of the loss of ${paper.name} once`);
        const outcomes = paper.outcomes.get(voter)?.join();
        ensure(outcomes === paper.fate, `${voter} is told that ${paper.name} was ${paper.fate}, not ${outcomes}`);
      }
    }
  }
}

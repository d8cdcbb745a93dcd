import { clock } from '../../../src/foundation/clock.js';
import type { LedgerNode } from '../../../src/observables/delivery/core/node.js';
import type { Decision, DeliverySource, Handling } from '../../../src/observables/delivery/core/source.js';
import { Window, type WindowLimits } from '../../../src/observables/delivery/core/window.js';
import { DeliveryStream } from '../../../src/observables/delivery/delivery-stream.js';
import { DUTY, type Delivery, type Holder, type Settled } from '../../../src/observables/delivery/types.js';
import { ensure } from '../model/ensure.js';
import { RESERVED, type Book, type Member } from './book.js';
import { isUnsettled, Paper } from './paper.js';

export interface HotPlan {
  readonly window: WindowLimits;
  readonly depth: number;
  /** How the source answers each decision, over and over. */
  readonly replies: readonly Handling[];
  readonly flushesLate: boolean;
}

/** A hot stream with subscribers that come and go, and the votes as they would be counted by hand. */
export class HotWorld {
  readonly papers: Paper[] = [];
  readonly members: Member[] = [];
  readonly counted = { delivered: 0, acked: 0, nacked: 0, dead: 0, abandoned: 0, late: 0 };
  /** What a subscriber does when it is handed something. */
  react: (() => void) | undefined;
  /** Catches what is thrown inside a subscriber: RxJS would report it much later. */
  guard: (then: () => void) => () => void = (then) => then;
  readonly stream: DeliveryStream<string>;
  readonly books: Book[] = [];
  readonly nodes = new Map<string, LedgerNode<string>>();
  readonly told: string[] = [];
  readonly expected: string[] = [];
  private messages = 0;
  private drained = false;
  /** Buffers are being told to let go. */
  private released = false;
  /** A settle is under way: nobody may be called. */
  private settling = false;

  constructor(private readonly plan: HotPlan) {
    let window = new Window(plan.window);
    this.stream = new DeliveryStream<string>({
      name: 'flo:model',
      guarantee: 'at-least-once',
      hot: true,
      window: () => (window = new Window(plan.window)),
      originOf: ({ value }) => ({ system: 'flo', name: 'model', position: value }),
      open: (core) => {
        const { books } = this;
        ensure(
          books.every(({ closed }) => closed),
          'there is one session at a time',
        );
        const book: Book = {
          ...{ core, window, out: 0, closed: false, draining: false, failed: false, flushed: undefined },
          ready: new Map(),
        };
        books.push(book);
        return this.sourceOf(book, books.length - 1);
      },
    });
  }

  // ---- what may happen

  get alive(): Member[] {
    return this.members.filter(({ alive }) => alive);
  }

  get book(): Book | undefined {
    const book = this.books.at(-1);
    return book?.closed === false ? book : undefined;
  }

  get open(): Paper[] {
    return this.papers.filter(({ state }) => state === 'open');
  }

  join(): void {
    const id = this.members.length;
    const present = this.book === undefined ? this.books.length : this.books.length - 1;
    // After a drain there are no sessions any more.
    const session = this.drained ? -1 : present;
    const holder: Holder = { name: `buffer ${id}`, release: (why) => this.guard(() => this.release(member, why))() };
    const member: Member = { id, session, alive: !this.drained, subscription: undefined, holder };
    this.members.push(member);
    const end = (isError: boolean): void => {
      ensure(!this.settling, 'nobody hears of the end inside a settle');
      const book = this.books[session];
      if (book !== undefined) {
        ensure(book.closed, 'the stream is free before anyone is told');
        ensure(isError === (book.failed && !book.draining), 'an error is what the source failed with');
      }
      member.alive = false;
    };
    member.subscription = this.stream.subscribe({
      next: (delivery) => this.guard(() => this.handed(member, delivery))(),
      error: this.guard(() => end(true)),
      complete: this.guard(() => end(false)),
    });
  }

  leave(member: Member | undefined): void {
    if (member === undefined) return;
    if (member.alive) {
      member.alive = false;
      const isLast = this.alive.length === 0;
      for (const paper of this.papers) {
        if (!paper.isOut(member.id)) continue;
        const { fate } = paper.verdict;
        // The last one ends the session: only what others said against a delivery is still carried out.
        if (isLast && fate !== 'dead' && fate !== 'nacked') continue;
        paper.words.set(member.id, 'left');
        paper.held.delete(member.id);
        this.count(paper);
      }
    }
    member.subscription?.unsubscribe();
    ensure((this.book === undefined) === (this.alive.length === 0), 'the last one to leave ends the session');
  }

  vote(paper: Paper, voter: number, decision: 'ack' | 'nack' | 'dead', delayMs: number): void {
    const handle = paper.handles.get(voter);
    if (handle === undefined) return;
    const word = paper.words.get(voter);
    let expected: Settled = 'settled';
    if (paper.isOut(voter)) {
      paper.words.set(voter, decision === 'ack' ? 'acked' : decision === 'dead' ? 'dead' : { delayMs });
      paper.held.delete(voter);
      this.count(paper);
    } else {
      this.counted.late++;
      const isAlone = paper.words.size === 1;
      const isStale = isAlone ? paper.isLost && !this.cameAgain(paper) : word === 'out' || word === 'left';
      expected = isStale ? 'stale' : 'again';
    }
    this.settling = true;
    const result = decision === 'ack' ? handle.ack() : decision === 'dead' ? handle.dead() : handle.nack({ delayMs });
    this.settling = false;
    ensure(result === expected, `a vote of ${voter} on ${paper.name} is ${expected}, not ${result}`);
  }

  hold(paper: Paper, voter: number): void {
    const handle = paper.handles.get(voter);
    if (handle === undefined || !paper.isOut(voter)) return;
    paper.held.add(voter);
    handle[DUTY].hold(this.members[voter]!.holder);
  }

  unhold(paper: Paper, voter: number): void {
    if (!paper.held.delete(voter)) return;
    paper.handles.get(voter)?.[DUTY].unhold(this.members[voter]!.holder);
  }

  answer(bytes: number): void {
    const { book } = this;
    if (book === undefined || book.out === 0) return;
    book.out--;
    const message = `m${this.messages++}`;
    const wasOpen = !book.draining;
    if (wasOpen) book.ready.set(message, bytes);
    const node = book.core.arrived({ value: message, position: 0, end: 1, bytes, reserved: RESERVED });
    ensure((node !== undefined) === wasOpen, 'a session that drains takes nothing more');
    if (node !== undefined) this.nodes.set(message, node);
    if (!book.closed) this.pull(book);
  }

  confirm(paper: Paper): void {
    if (paper.state !== 'pending' && paper.state !== 'leaving') return;
    const { fate } = paper.verdict;
    if (fate === 'abandoned') return;
    this.done(paper, fate);
    this.books[paper.session]!.core.confirm(this.nodes.get(paper.message)!, fate);
  }

  lose(paper: Paper): void {
    if (paper.state === 'done') return;
    if (paper.state === 'waiting') paper.state = 'done';
    else {
      paper.isLost = true;
      this.done(paper, 'abandoned');
    }
    this.books[paper.session]!.core.lose(this.nodes.get(paper.message)!);
  }

  drain(deadlineMs: number): void {
    const { book } = this;
    this.drained = true;
    if (book !== undefined && !book.draining) {
      book.draining = true;
      for (const message of book.ready.keys()) this.expected.push(`back ${message}#1`);
      book.ready.clear();
      for (const paper of this.papers) {
        if (paper.state !== 'waiting') continue;
        this.expected.push(`back ${paper.name}`);
        paper.state = 'done';
      }
    }
    clock.after(
      deadlineMs,
      this.guard(() => this.expire()),
    );
    this.stream.drain({ deadlineMs }).subscribe();
  }

  fail(): void {
    const { book } = this;
    if (book === undefined) return;
    book.failed = true;
    book.core.fail(new Error('the server hung up'));
  }

  flush(): void {
    for (const [session, book] of this.books.entries()) {
      const { flushed } = book;
      if (flushed === undefined) continue;
      book.flushed = undefined;
      this.giveUp(session);
      flushed();
    }
  }

  // ---- what the engine tells

  private handed(member: Member, delivery: Delivery<string>): void {
    const { value: message, attempt } = delivery;
    ensure(!this.settling, 'nothing is handed out inside a settle');
    ensure(member.alive, 'nothing is handed to one that has left');
    const book = this.books[member.session]!;
    ensure(!book.closed, 'nothing is handed out by a session that is over');
    let paper = this.papers.find((one) => one.message === message && one.attempt === attempt);
    if (paper === undefined) {
      ensure(!book.draining && !book.failed, 'a session that is at its end hands out nothing new');
      const before = this.papers.find((one) => one.message === message && one.attempt === attempt - 1);
      ensure(before === undefined ? attempt === 1 : before.state === 'waiting', 'attempts follow one another');
      ensure((before?.dueMs ?? 0) <= clock.now(), 'a nacked delivery stays away for its delay');
      const bytes = before?.bytes ?? book.ready.get(message) ?? Number.NaN;
      if (before !== undefined) before.state = 'done';
      book.ready.delete(message);
      for (const node of book.core.ledger) if (node.value === message) this.nodes.set(message, node);
      paper = new Paper(
        member.session,
        message,
        attempt,
        bytes,
        this.alive.map(({ id }) => id),
      );
      this.papers.push(paper);
      this.counted.delivered++;
    }
    ensure(paper.isOut(member.id), 'only who was there and can still vote is handed something');
    const [next] = paper.open.filter((id) => paper.shown.every((seen) => seen < id));
    ensure(next === member.id, 'subscribers are handed it in turn, each once');
    paper.shown.push(member.id);
    this.watch(paper, member.id, delivery);
    this.react?.();
  }

  private watch(paper: Paper, voter: number, delivery: Delivery<string>): void {
    paper.handles.set(voter, delivery);
    paper.losses.set(voter, 0);
    paper.outcomes.set(voter, []);
    delivery[DUTY].onLost(() => paper.losses.set(voter, (paper.losses.get(voter) ?? 0) + 1));
    delivery.outcome$.subscribe(({ fate }) => paper.outcomes.get(voter)?.push(fate));
  }

  private release(member: Member, why: 'drain' | 'starved'): void {
    ensure(!this.settling, 'buffers are told on a turn of their own');
    const papers = this.papers.filter(({ session }) => session === member.session);
    if (why === 'starved' && this.book?.draining === false) {
      const unsettled = papers.filter(({ state }) => state !== 'done' && state !== 'leaving');
      // The first holder to be told may have changed everything for the others.
      ensure(this.released || unsettled.every((paper) => paper.isStuck), 'only who keeps everything is starved');
      this.released = true;
      clock.after(0, () => (this.released = false));
    }
    for (const paper of papers) this.unhold(paper, member.id);
  }

  private sourceOf(book: Book, session: number): DeliverySource<string> {
    return {
      takesDead: true,
      pull: () => this.pull(book),
      settle: ({ value, attempt }, decision) => {
        this.told.push(`${said(decision)} ${value}#${attempt}`);
        return this.replyTo(value, decision.fate);
      },
      abandoned: ({ value, attempt, decided }) => {
        ensure(decided, 'what is given back has left the books');
        this.told.push(`back ${value}#${attempt}`);
      },
      bury: () => undefined,
      settled: () => undefined,
      drain: () => undefined,
      close: (flushed) => {
        this.guard(() => this.closed(book, session))();
        if (this.plan.flushesLate) book.flushed = flushed;
        else {
          this.giveUp(session);
          flushed();
        }
      },
    };
  }

  private pull(book: Book): void {
    while (!book.closed && !book.draining && book.out < this.plan.depth && book.core.reserve(RESERVED)) book.out++;
  }

  // ---- counting by hand

  /** What the source says of a decision; the same for the model and the engine. */
  private replyTo(message: string, fate: Decision['fate']): Handling {
    const reply = this.plan.replies[Number(message.slice(1)) % this.plan.replies.length] ?? 'done';
    return reply === 'again' && fate !== 'nacked' ? 'done' : reply;
  }

  private count(paper: Paper): void {
    if (paper.open.length > 0) return;
    const { fate, delayMs } = paper.verdict;
    if (fate === 'abandoned') {
      paper.isLost = true;
      this.expected.push(`back ${paper.name}`);
      return this.done(paper, 'abandoned');
    }
    this.expected.push(`${fate === 'nacked' ? `nacked+${delayMs}` : fate} ${paper.name}`);
    const reply = this.replyTo(paper.message, fate);
    if (reply === 'wait') paper.state = 'pending';
    else if (reply === 'done') this.done(paper, fate);
    else {
      this.done(paper, 'nacked');
      if (this.books[paper.session]!.draining) this.expected.push(`back ${paper.name}`);
      else {
        paper.state = 'waiting';
        paper.dueMs = clock.now() + delayMs;
      }
    }
  }

  private done(paper: Paper, fate: Exclude<Paper['fate'], undefined>): void {
    paper.state = 'done';
    paper.fate = fate;
    paper.held.clear();
    this.counted[fate]++;
  }

  private closed(book: Book, session: number): void {
    const members = this.alive.filter((member) => member.session === session);
    const isOver = book.failed || (book.draining && !this.isBusy(session));
    ensure(members.length === 0 || isOver, 'a session ends with its last subscriber, its source or its drain');
    book.closed = true;
    book.out = 0;
    for (const message of book.ready.keys()) this.expected.push(`back ${message}#1`);
    book.ready.clear();
    this.abandon(session);
  }

  private isBusy(session: number): boolean {
    return this.papers.some((paper) => paper.session === session && isUnsettled(paper));
  }

  /** The end of a session, or the deadline of its drain. */
  private abandon(session: number): void {
    for (const paper of this.papers) {
      if (paper.session !== session || !isUnsettled(paper)) continue;
      if (paper.state === 'pending') paper.state = 'leaving';
      else {
        this.expected.push(`back ${paper.name}`);
        if (paper.state === 'waiting') paper.state = 'done';
        else {
          paper.isLost = true;
          this.done(paper, 'abandoned');
        }
      }
    }
  }

  /** A deadline, told by a timer that was set just before the engine’s own. */
  private expire(): void {
    const session = this.books.length - 1;
    if (this.book?.draining === true) this.abandon(session);
  }

  private giveUp(session: number): void {
    for (const paper of this.papers) {
      if (paper.session !== session || paper.state !== 'leaving') continue;
      paper.isLost = true;
      this.done(paper, 'abandoned');
    }
  }

  cameAgain({ message, attempt }: Paper): boolean {
    return this.papers.some((other) => other.message === message && other.attempt > attempt);
  }
}

function said(decision: Decision): string {
  return decision.fate === 'nacked' ? `nacked+${decision.delayMs}` : decision.fate;
}

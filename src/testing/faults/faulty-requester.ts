import type { Subscription } from 'rxjs';
import { clock } from '../../foundation/clock.js';
import { ClosedError, InvalidOptionError } from '../../foundation/errors.js';
import { ChannelError } from '../../transports/channel-error.js';
import type { HttpEvents, HttpRequest, Requester } from '../../transports/http/requester.js';
import type { HalfOpen, WireFault } from './fault.js';
import { FaultyExchange, type ExchangeSurroundings } from './faulty-exchange.js';
import { isFrameFault, isLasting, Trouble } from './trouble.js';
import { Use } from './use.js';

/**
 * Leads to an origin through all the trouble that there can be on the way. A frame is a request or an answer here, and its
 * bytes are those of the body. Without faults it changes nothing; all its time is the library's clock.
 *
 * @example
 * import { LightningServer } from 'sluice/embedded';
 * import { LightningStoreClient } from 'sluice/lightning';
 * import { fault, FaultyRequester } from 'sluice/testing';
 * const server = LightningServer.inMemory();
 * const requester = new FaultyRequester(server.requester());
 * const client = new LightningStoreClient('http://memory', { requester });
 * requester.apply(fault.dropFrame('received'));
 */
export class FaultyRequester implements Requester {
  readonly #inner: Requester;
  readonly #trouble = new Trouble();
  readonly #exchanges = new Set<FaultyExchange>();
  readonly #around: ExchangeSurroundings;
  readonly #use = new Use();
  #heldBack: { readonly answer: () => void; readonly overtaken: () => void }[] = [];
  #patience: Subscription | undefined;
  #closed = false;

  constructor(inner: Requester) {
    this.#inner = inner;
    this.#around = {
      inner,
      trouble: this.#trouble,
      holdBack: (withinMs, answer, overtaken) => {
        this.#heldBack.push({ answer, overtaken });
        this.#patience ??= clock.after(withinMs, () => this.#release());
      },
      passed: () => {
        if (this.#heldBack.length === 0) return;
        for (const { overtaken } of this.#heldBack) overtaken();
        this.#release();
      },
      over: (exchange) => this.#exchanges.delete(exchange),
    };
  }

  get origin(): string {
    return this.#inner.origin;
  }

  /** How many exchanges are under way, for at least one side. */
  get exchanges(): number {
    return this.#exchanges.size;
  }

  request(request: HttpRequest, events: HttpEvents): () => void {
    if (this.#closed) return this.#inner.request(request, events);
    const exchange = new FaultyExchange(this.#around, events);
    this.#exchanges.add(exchange);
    this.#use.began();
    exchange.send(request);
    return () => exchange.callOff();
  }

  close(): void {
    this.#closed = true;
    const context = { address: this.origin };
    for (const exchange of this.#exchanges) {
      exchange.fail(new ClosedError(`${this.origin}: the requester is closed`, { context }));
    }
    this.#inner.close();
  }

  /**
   * Lets something go wrong. May be called at any time: nobody is told inside, except `met`, which is called when the fault
   * has changed anything: at once, later, or never; once or often.
   *
   * @throws InvalidOptionError as {@link check} does.
   */
  apply(fault: WireFault, met: () => void = () => {}): void {
    this.check(fault);
    if (isFrameFault(fault)) this.#trouble.add(fault, met);
    else if (isLasting(fault)) this.#trouble.last(fault, met);
    else if (fault.kind === 'drop') this.#drop(met);
    else if (fault.kind === 'halfOpen') this.#halfOpen(fault, met);
    else this.#heal(met);
  }

  /** @throws InvalidOptionError for what can't be seen over HTTP: `split`, and an answer that comes twice. */
  check(fault: WireFault): void {
    const { kind } = fault;
    if (kind === 'split') {
      throw new InvalidOptionError('fault', kind, 'must be possible here: over HTTP, requests and answers come whole');
    }
    if (kind === 'duplicate' && fault.direction === 'received') {
      throw new InvalidOptionError('fault', kind, 'must be possible here: over HTTP, a request has one answer');
    }
  }

  /** @internal Calls `met` if there is an exchange, or when there is one. */
  whenUsed(met: () => void): Subscription {
    return this.#use.when(this.#exchanges.size > 0, met);
  }

  #drop(met: () => void): void {
    if (this.#exchanges.size > 0) met();
    this.#failAll('ECONNRESET', [...this.#exchanges]);
  }

  #failAll(code: string, exchanges: readonly FaultyExchange[]): void {
    for (const exchange of exchanges) exchange.fail(ChannelError.of(this.origin, { code, syscall: 'read' }));
  }

  #halfOpen({ forMs }: HalfOpen, met: () => void): void {
    const silent = [...this.#exchanges].filter((exchange) => !exchange.isSilent);
    if (silent.length > 0) met();
    for (const exchange of silent) exchange.fallSilent();
    if (forMs === undefined || silent.length === 0) return;
    clock.after(forMs, () =>
      this.#failAll(
        'ETIMEDOUT',
        silent.filter((exchange) => exchange.isSilent),
      ),
    );
  }

  #heal(met: () => void): void {
    met();
    this.#trouble.heal();
    for (const exchange of this.#exchanges) {
      if (exchange.isSilent) this.#failAll('ECONNRESET', [exchange]);
      else exchange.hurry();
    }
    if (this.#heldBack.length > 0) clock.after(0, () => this.#release());
  }

  #release(): void {
    this.#patience?.unsubscribe();
    this.#patience = undefined;
    for (const { answer } of this.#heldBack.splice(0)) answer();
  }
}

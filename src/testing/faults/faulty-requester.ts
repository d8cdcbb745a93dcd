import type { Subscription } from 'rxjs';
import { clock } from '../../foundation/clock.js';
import { ClosedError, InvalidOptionError } from '../../foundation/errors.js';
import { ChannelError } from '../../transports/channel-error.js';
import type { HttpEvents, HttpRequest, Requester } from '../../transports/http/requester.js';
import type { HalfOpen, WireFault } from './fault.js';
import { FaultyExchange, type ExchangeSurroundings } from './faulty-exchange.js';
import { isFrameFault, Trouble } from './trouble.js';

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
  #heldBack: (() => void)[] = [];
  #patience: Subscription | undefined;
  #closed = false;

  constructor(inner: Requester) {
    this.#inner = inner;
    this.#around = {
      inner,
      trouble: this.#trouble,
      holdBack: (withinMs, answer) => {
        this.#heldBack.push(answer);
        this.#patience ??= clock.after(withinMs, () => this.#release());
      },
      passed: () => {
        if (this.#heldBack.length > 0) this.#release();
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
   * Lets something go wrong. May be called at any time: nobody is told inside.
   *
   * @throws InvalidOptionError for what can't be seen over HTTP: `split`, and an answer that comes twice.
   */
  apply(fault: WireFault): void {
    if (fault.kind === 'split') {
      throw new InvalidOptionError('split', fault.bytes, 'is not possible over HTTP: requests and answers come whole');
    }
    if (fault.kind === 'duplicate' && fault.direction === 'received') {
      throw new InvalidOptionError('duplicate', fault.direction, 'is not possible over HTTP: a request has one answer');
    }
    if (isFrameFault(fault)) this.#trouble.add(fault);
    else if (fault.kind === 'drop') this.#failAll('ECONNRESET', [...this.#exchanges]);
    else if (fault.kind === 'slowReader') this.#trouble.bytesPerMs = fault.bytesPerMs;
    else if (fault.kind === 'delay') this.#trouble.delay(fault);
    else if (fault.kind === 'halfOpen') this.#halfOpen(fault);
    else this.#heal();
  }

  #failAll(code: string, exchanges: readonly FaultyExchange[]): void {
    for (const exchange of exchanges) exchange.fail(ChannelError.of(this.origin, { code, syscall: 'read' }));
  }

  #halfOpen({ forMs }: HalfOpen): void {
    const silent = [...this.#exchanges].filter((exchange) => !exchange.isSilent);
    for (const exchange of silent) exchange.fallSilent();
    if (forMs === undefined || silent.length === 0) return;
    clock.after(forMs, () =>
      this.#failAll(
        'ETIMEDOUT',
        silent.filter((exchange) => exchange.isSilent),
      ),
    );
  }

  #heal(): void {
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
    for (const answer of this.#heldBack.splice(0)) answer();
  }
}

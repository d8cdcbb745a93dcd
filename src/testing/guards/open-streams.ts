import type { DeliveryCore } from '../../observables/delivery/core/delivery-core.js';
import type { LedgerNode } from '../../observables/delivery/core/node.js';
import type { Witness } from '../../observables/delivery/witness.js';
import { valueOf } from '../deliveries/fate-event.js';
import { showValue } from '../marbles/show-value.js';
import { presentLife, type Life } from '../run/lives.js';
import type { Remains } from '../run/run.js';

/** How many unsettled deliveries are named. */
const NAMED = 3;
const COLUMNS = 30;

const ADVICE =
  "Settle each delivery, and end each subscription: unsubscribe(), '^---!' in expectObservable, take(n), or drain().\n" +
  'If this is meant to be so: marbles(test, { leaveOpen: true }).';

type Lens = Parameters<Witness['began']>[2];

interface Session {
  readonly name: string;
  readonly core: DeliveryCore<unknown>;
  readonly lens: Lens;
  readonly life: Life | undefined;
}

/** The sessions that have begun in a test, and what is left of them when it ends. */
export class OpenStreams implements Remains {
  private sessions: Session[] = [];

  began(...[{ name }, core, lens]: Parameters<Witness['began']>): void {
    // A test of many hours has many sessions, one after another.
    this.sessions = this.sessions.filter(isOpen);
    this.sessions.push({ name, core, lens, life: presentLife() });
  }

  /** What is open, in words; undefined if nothing is. What is being drained has time until all `isOver`. */
  report(isOver: boolean): string | undefined {
    const open = this.sessions.filter((session) => isOpen(session) && (isOver || !session.core.draining));
    if (open.length === 0) return undefined;
    return `${open.map(describe).join('\n')}\n${ADVICE}`;
  }

  close(): void {
    for (const { core } of this.sessions) core.close(() => {});
  }
}

function describe({ name, core, lens }: Session): string {
  const unsettled = [...core.ledger].filter((node) => !node.decided);
  if (unsettled.length === 0) return `  ${name} is still subscribed`;
  const named = unsettled.slice(0, NAMED).map((node) => inWords(node, lens));
  const more = unsettled.length > NAMED ? `, and ${unsettled.length - NAMED} more` : '';
  return `  ${name} is still subscribed, ${unsettled.length} unsettled: ${named.join(', ')}${more}`;
}

function inWords(node: LedgerNode, lens: Lens): string {
  const { attempt, sinceMs, operator } = node;
  const again = attempt > 1 ? `, attempt ${attempt}` : '';
  const last = operator === '' ? 'the subscriber' : operator;
  return `${showValue(valueOf(lens, node), COLUMNS)} (since ${sinceMs} ms${again}, last seen by ${last})`;
}

/** What belonged to a program that has crashed is over, though nobody has told it so. */
function isOpen({ core, life }: Session): boolean {
  return !core.closed && life?.alive !== false;
}

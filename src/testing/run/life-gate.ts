import type { Channel, ChannelEvents, Connector } from '../../transports/channel.js';
import type { HttpEvents, HttpRequest, Requester } from '../../transports/http/requester.js';
import { GuardError } from './guard-error.js';
import { presentLife, within, type Life } from './lives.js';
import { currentRun } from './marble-run.js';

/** Where a program that can be crashed ends and the world begins: what lies behind survives it. */
export function lifeGate(connector: Connector): Connector {
  return {
    address: connector.address,
    connect(events) {
      const life = presentLife();
      return life === undefined ? connector.connect(events) : gatedChannel(connector, events, life);
    },
  };
}

/** The same for HTTP. */
export function lifeGateHttp(requester: Requester): Requester {
  return {
    origin: requester.origin,
    request(request, events) {
      const life = presentLife();
      return life === undefined ? requester.request(request, events) : gatedExchange(requester, request, events, life);
    },
    close: () => within(undefined, () => requester.close()),
  };
}

function gatedChannel(connector: Connector, events: ChannelEvents, life: Life): Channel {
  const channel = within(undefined, () =>
    connector.connect({
      opened: () => enter(life, () => events.opened()),
      target: () => within(life, () => events.target()),
      received: (count) => enter(life, () => events.received(count)),
      drained: () => enter(life, () => events.drained()),
      closed: (error) => {
        death.unsubscribe();
        enter(life, () => events.closed(error));
      },
    }),
  );
  const death = life.onDeath(() => channel.close());
  return {
    write(bytes) {
      if (life.alive) return within(undefined, () => channel.write(bytes));
      if (presentLife()?.alive === true) currentRun().fail(survived(connector.address));
      return false;
    },
    close: () => within(undefined, () => death.unsubscribe()),
  };
}

function gatedExchange(requester: Requester, request: HttpRequest, events: HttpEvents, life: Life): () => void {
  const callOff = within(undefined, () =>
    requester.request(request, {
      answered: (answer) => {
        death.unsubscribe();
        enter(life, () => events.answered(answer));
      },
      failed: (error) => {
        death.unsubscribe();
        enter(life, () => events.failed(error));
      },
    }),
  );
  const death = life.onDeath(callOff);
  return () => within(undefined, () => death.unsubscribe());
}

function survived(address: string): GuardError {
  return new GuardError(
    `crashable: a client of ${address} is used again that was connected when its program crashed: it would not have ` +
      'survived that.\nMake it in the program: newClient(), not client.',
  );
}

function enter(life: Life, tell: () => void): void {
  if (life.alive) within(life, tell);
}

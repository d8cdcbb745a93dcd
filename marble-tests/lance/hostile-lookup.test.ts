import { Command } from '../../src/codecs/lance/commands.js';
import { SluiceError } from '../../src/foundation/errors.js';
import { MemoryListener } from '../../src/transports/memory.js';
import { marbles } from '../../src/testing.js';
import { Bully } from '../../tests/lance/hostile/bully.js';
import { MISBEHAVIOURS, type Misbehaviour } from '../../tests/lance/hostile/misbehaviours.js';
import { DELIVERY_MS, VICTIMS, type VictimKind } from '../../tests/lance/hostile/victims.js';

const EVER = 1_000_000;
/** Errors after which the same question may well have an answer; a server that speaks nonsense is not asked again. */
const PASSING = ['LANCE_CONNECTION', 'LANCE_TIMEOUT'];
const DAMAGED = ['bad_header_crc', 'bad_header_crc_castagnoli', 'bad_payload_crc', 'zero_payload_crc'];

const senders = Object.entries(VICTIMS).filter(([, { waits }]) => waits === 'sender');
const deeds = Object.entries(MISBEHAVIOURS).filter(([, { asker, only }]) => asker !== undefined && only === undefined);

function meet(kind: VictimKind, deed: Misbehaviour, times: number): { ends: unknown[]; bully: Bully } {
  const bully = new Bully(deed, Command.ListTopics, times);
  const ends: unknown[] = [];
  marbles(function* () {
    const listener = new MemoryListener((end) => {
      const received = bully.meets(end);
      return { received, drained: () => {}, ended: () => end.end(), closed: () => {} };
    });
    listener.open();
    const victim = kind.make({ connector: listener.connector() });
    victim.work.subscribe({ complete: () => ends.push('complete'), error: (error) => ends.push(error) });
    yield DELIVERY_MS + 1_000;
    victim.close().subscribe();
    yield 5_000;
    expect(listener.connections).toBe(0);
  });
  return { ends, bully };
}

/** Before anything is sent the topic is looked up: whatever comes of that, nothing was written. */
describe.each(senders)('%s whose topic is looked up at a server that answers', (_, kind) => {
  it.each(deeds)('%s, once', (name, deed) => {
    const { ends, bully } = meet(kind, deed, 1);
    expect(bully.misdeeds).toBe(1);
    expect(ends).toHaveLength(1);
    const isPassing = PASSING.includes(deed.asker ?? '') || DAMAGED.includes(name) || name === 'payload_at_limit';
    if (isPassing) expect(ends).toEqual(['complete']);
    else expectNotSent(ends[0], deed.asker);
  });

  it.each(deeds)('%s, again and again', (name, deed) => {
    const { ends, bully } = meet(kind, deed, EVER);
    expect(ends).toHaveLength(1);
    const isPassing = PASSING.includes(deed.asker ?? '') || DAMAGED.includes(name) || name === 'payload_at_limit';
    expectNotSent(ends[0], isPassing ? 'LANCE_TIMEOUT' : deed.asker);
    expect(bully.acked).toBe(0);
    // With pauses: it is asked as often as there is time for, and no more.
    expect(bully.misdeeds).toBeLessThan(DELIVERY_MS / 90);
  });
});

function expectNotSent(error: unknown, code: string | undefined): void {
  if (!(error instanceof SluiceError)) throw new Error(`ended with ${String(error)}`, { cause: error });
  expect([error.code, error.context['outcome']]).toEqual([code, 'not sent']);
}

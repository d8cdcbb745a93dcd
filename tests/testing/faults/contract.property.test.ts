import fc from 'fast-check';
import { fault, type WireFault } from '../../../src/testing/faults/fault.js';
import { HIGH_WATER_MARK } from '../../../src/transports/high-water-mark.js';
import { runs } from '../../delivery/model/seed.js';
import { at, bytes, Line, virtually } from './framed.js';

type Deed =
  | { readonly deed: 'client writes' | 'server writes'; readonly frames: number }
  | { readonly deed: 'client closes' | 'server ends' | 'server destroys' | 'server pauses' | 'server resumes' }
  | { readonly deed: 'fault'; readonly fault: WireFault };
type Step = Deed & { readonly atMs: number };

const atMs = fc.nat({ max: 120 });
const writes = fc.record({
  atMs,
  deed: fc.constantFrom('client writes' as const, 'server writes' as const),
  frames: fc.oneof({ weight: 5, arbitrary: fc.integer({ min: 1, max: 12 }) }, fc.constantFrom(4_000, 8_100)),
});
const turns = fc.record({ atMs, deed: fc.constantFrom('server pauses' as const, 'server resumes' as const) });
const endings = fc.record({
  atMs,
  deed: fc.constantFrom('client closes' as const, 'server ends' as const, 'server destroys' as const),
});
const paced: fc.Arbitrary<WireFault> = fc.oneof(
  fc.integer({ min: 1, max: 5_000 }).map((size) => fault.split(size)),
  fc
    .tuple(fc.nat({ max: 40 }), fc.option(fc.nat({ max: 60 }), { nil: undefined }))
    .map(([ms, forMs]) => fault.delay(ms, forMs)),
  fc.constantFrom(300, 5_000, 20_000).map((bytesPerMs) => fault.slowReader({ bytesPerMs })),
  fc.constant(fault.heal()),
);
const direction = fc.constantFrom('sent' as const, 'received' as const);
const hostile: fc.Arbitrary<WireFault> = fc.oneof(
  paced,
  fc.constant(fault.drop()),
  fc.option(fc.nat({ max: 50 }), { nil: undefined }).map((forMs) => fault.halfOpen(forMs)),
  fc.tuple(direction, fc.integer({ min: 1, max: 3 })).map(([way, count]) => fault.dropFrame(way, count)),
  direction.map((way) => fault.duplicate(way)),
  fc.tuple(direction, fc.integer({ min: -9, max: 9 })).map(([way, byte]) => fault.corrupt(way, { byte })),
  fc.nat({ max: 30 }).map((withinMs) => fault.reorder({ withinMs })),
);
const faults = (which: fc.Arbitrary<WireFault>): fc.Arbitrary<Step> =>
  fc.record({ atMs, deed: fc.constant('fault' as const), fault: which });
const script = (...steps: fc.Arbitrary<Step>[]): fc.Arbitrary<Step[]> =>
  fc.array(fc.oneof(...steps), { minLength: 1, maxLength: 14 });
const latencyMs = fc.constantFrom(0, 1, 10);

/** Plays a script on a new line; whoever writes waits for `drained` when it is told to. */
function played(steps: readonly Step[], options: { latencyMs: number; plain?: boolean; targetBytes?: number }) {
  let line!: Line;
  const written = { client: '', server: '' };
  let clientMay = true;
  let clientClosed = false;
  let owed = 0;
  let mostHeld = 0;
  let sequence = 0;
  virtually(() => {
    line = new Line({ measures: { ...MEASURES, overtaking: true }, ...options });
    const note = line.client.onDrained;
    line.client.onDrained = () => {
      note();
      clientMay = true;
      owed--;
    };
    const frames = (count: number): string => {
      let text = '';
      for (let each = 0; each < count; each++) text += `7${String(sequence++).padStart(7, '0')}`;
      return text;
    };
    const play = (step: Step): void => {
      const { server } = line;
      if (step.deed === 'fault') line.faulty.apply(step.fault);
      else if (step.deed === 'client writes') {
        if (!clientMay || clientClosed || line.client.log.includes('closed')) return;
        const text = frames(step.frames);
        written.client += text;
        clientMay = line.client.write(bytes(text));
        if (!clientMay) owed++;
        mostHeld = Math.max(mostHeld, written.client.length - line.serverGot.length);
      } else if (step.deed === 'server writes') {
        const text = frames(step.frames);
        if (server === undefined) return;
        written.server += text;
        server.write(bytes(text));
      } else if (step.deed === 'client closes') {
        clientClosed = true;
        line.client.close();
      } else if (step.deed === 'server ends') server?.end();
      else if (step.deed === 'server destroys') server?.destroy();
      else if (step.deed === 'server pauses') server?.pause();
      else server?.resume();
    };
    for (const step of steps) at(step.atMs, () => play(step));
    // In the end nothing stands in the way any more.
    at(130, () => line.server?.resume());
    at(131, () => line.faulty.apply(fault.heal()));
  });
  return { line, written, owed, mostHeld, clientClosed };
}

const MEASURES = (() => {
  const measure = (all: Uint8Array, start: number, end: number): number | undefined =>
    start === end ? undefined : 1 + (all[start] ?? 0) - 48;
  return { sent: measure, received: measure };
})();

const count = (log: readonly string[], event: string): number => log.filter((each) => each === event).length;

describe('the contract of a channel, whatever goes wrong', () => {
  const free = runs(150);
  it(`without faults nothing is different, to the millisecond (${free.title})`, () => {
    fc.assert(
      fc.property(
        script(writes, writes, turns, endings),
        latencyMs,
        fc.constantFrom(3, 64 * 1024),
        (steps, ms, targetBytes) => {
          const plain = played(steps, { latencyMs: ms, plain: true, targetBytes });
          const faulty = played(steps, { latencyMs: ms, targetBytes });
          expect(faulty.line.timeline).toEqual(plain.line.timeline);
          expect(faulty.line.faulty.connections).toBe(faulty.line.listener.connections);
        },
      ),
      free.parameters,
    );
  });

  const slow = runs(300);
  it(`slow, late or in pieces, all bytes come in their order, and every end comes once, last (${slow.title})`, () => {
    fc.assert(
      fc.property(script(writes, writes, turns, endings, faults(paced), faults(paced)), latencyMs, (steps, ms) => {
        const { line, written, owed, mostHeld, clientClosed } = played(steps, { latencyMs: ms });
        const { log, text } = line.client;
        const isReset = line.timeline.some((entry) => entry.endsWith('ECONNRESET'));
        const isEnded = isReset || count(log, 'closed') > 0;
        expect(written.server.startsWith(text)).toBe(true);
        expect(written.client.startsWith(line.serverGot)).toBe(true);
        const serverDestroyed = steps.some(({ deed }) => deed === 'server destroys');
        const serverEnded = steps.some(({ deed }) => deed === 'server ends');
        // Bytes for a client that has left are answered with a reset, which takes along what it had written.
        const wasReset = serverDestroyed || serverEnded || (clientClosed && written.server !== '');
        // Whoever leaves before the connection arrives has never been.
        const wasThere = line.timeline.some((entry) => entry.endsWith('server accepted'));
        if (!wasReset && wasThere) expect(line.serverGot).toBe(written.client);
        if (!serverDestroyed && !serverEnded && !clientClosed) expect(text).toBe(written.server);
        expect(count(log, 'opened')).toBeLessThanOrEqual(1);
        expect(count(log, 'closed')).toBeLessThanOrEqual(1);
        if (count(log, 'closed') > 0) expect(log.at(-1)).toBe('closed');
        if (!clientClosed && !isEnded) expect(owed).toBe(0);
        expect(mostHeld).toBeLessThanOrEqual(2 * HIGH_WATER_MARK + 8_100 * 8);
        expect(line.faulty.connections).toBe(line.listener.connections);
      }),
      slow.parameters,
    );
  });

  const wild = runs(500);
  it(`nothing is told inside a call or after the end, and nothing is left behind (${wild.title})`, () => {
    fc.assert(
      fc.property(
        script(writes, writes, turns, endings, faults(hostile), faults(hostile), faults(hostile)),
        latencyMs,
        (steps, ms) => {
          const { line, owed, clientClosed } = played(steps, { latencyMs: ms });
          const { log } = line.client;
          expect(count(log, 'opened')).toBeLessThanOrEqual(1);
          expect(count(log, 'closed')).toBeLessThanOrEqual(1);
          if (count(log, 'closed') > 0) expect(log.at(-1)).toBe('closed');
          const closedAt = steps.filter(({ deed }) => deed === 'client closes').map((step) => step.atMs);
          const after = line.since(Math.min(...closedAt) + 1).filter((entry) => entry.includes(' client '));
          expect(after).toEqual([]);
          if (!clientClosed && count(log, 'closed') === 0) expect(owed).toBe(0);
          // Either both ends hold the connection, or neither does.
          expect(line.faulty.connections).toBe(line.listener.connections);
          const isOpen = !clientClosed && count(log, 'closed') === 0;
          expect(line.faulty.connections).toBe(isOpen ? 1 : 0);
        },
      ),
      wild.parameters,
    );
  });
});

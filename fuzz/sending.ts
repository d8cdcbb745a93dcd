import { LanceError } from '../src/codecs/lance/errors.js';
import { ingestFrame } from '../src/codecs/lance/frames.js';
import { IngestSession } from '../src/transports/lance/ingest-session.js';
import { commandIn, expectedFrames, kindOf, type ExpectedFrame } from './expected-frames.js';
import { need } from './finding.js';
import type { FuzzCase } from './fuzz-case.js';
import { Plug } from './plug.js';
import type { Tally } from './tally.js';

const MAX_ERROR_BYTES = 64 * 1024;
const FRAME = ingestFrame({ topicId: 1, batchIdLow: 1, timestampMs: 0, recordCount: 1 }, Buffer.from('x'));

type Fate = 'acked' | 'rejected';

/** Sends a few batches over one session: each has the fate that lance.md 6.4 says, once. */
export function send({ bytes, pieces, dice }: FuzzCase, tally: Tally): void {
  const { frames, outcome } = expectedFrames(bytes, { judgesEarly: true, mostPayload: () => MAX_ERROR_BYTES });
  const ids = chosenIds(frames, dice.between(0, 4));
  const fates = new Map<number, Fate>();
  const ends: unknown[] = [];
  const plug = new Plug();
  const session = new IngestSession(plug, 1000, {
    opened: () => {},
    drained: () => {},
    backpressure: () => tally.accept('backpressure'),
    closed: (error) => ends.push(error),
  });
  plug.open();
  const decided = (id: number, fate: Fate): void => {
    need(!fates.has(id), () => `batch ${id} is ${fates.get(id)} and ${fate}`);
    need(ends.length === 0, () => `batch ${id} is ${fate} after the end`);
    fates.set(id, fate);
  };
  for (const id of ids) {
    session.send({
      id,
      frame: FRAME,
      acked: () => decided(id, 'acked'),
      rejected: (error) => {
        need(error instanceof LanceError, () => `rejected with ${String(error)}`);
        tally.refuse('batches', error.code);
        decided(id, 'rejected');
      },
    });
  }
  plug.feed(pieces);
  const expected = expectedFates(ids, frames);
  const told = ids.map((id) => fates.get(id)).join();
  need(told === expected.fates.join(), () => `batches ${ids.join()} are ${told} instead of ${expected.fates.join()}`);
  const isOver = expected.isOver || outcome === 'refused' || outcome === 'oversize';
  need(ends.length > 0 === isOver && plug.isClosed === isOver, () => `${outcome}: ended ${ends.length} times`);
  plug.end();
  need(ends.length === 1 && ends[0] instanceof LanceError, () => `ended ${ends.length} times: ${String(ends[0])}`);
  tally.accept('batches', told.split(',').filter((fate) => fate === 'acked').length);
}

/** Some that are acknowledged, and some that are not. */
function chosenIds(frames: readonly ExpectedFrame[], count: number): number[] {
  const safe = frames.filter((frame) => kindOf(frame) === 'ack' && frame.batchId < 2n ** 53n);
  const ids = new Set([...safe.map(({ batchId }) => Number(batchId)), 1, 2, 3, 41].slice(0, count));
  return [...ids].toSorted((a, b) => a - b);
}

/** Rules 2 to 5, as they are written. */
function expectedFates(
  ids: readonly number[],
  frames: readonly ExpectedFrame[],
): { fates: (Fate | undefined)[]; isOver: boolean } {
  const fates = new Map<number, Fate>();
  let outstanding = [...ids];
  let errors = 0;
  let isOver = false;
  for (const frame of frames) {
    const kind = kindOf(frame);
    const error = kind === 'control' && commandIn(frame) === 0xff ? Buffer.from(frame.payload).toString() : undefined;
    if (error !== undefined && isEndOfAll(error)) {
      isOver = true;
      break;
    }
    if (error !== undefined) errors++;
    if (kind === 'ack') {
      const at = outstanding.findIndex((id) => BigInt(id) === frame.batchId);
      if (at < 0) continue;
      for (const id of outstanding.slice(0, at)) fates.set(id, 'rejected');
      fates.set(outstanding[at]!, 'acked');
      outstanding = outstanding.slice(at + 1);
      errors = Math.max(0, errors - at);
    }
    if (errors > 0 && errors >= outstanding.length) {
      for (const id of outstanding) fates.set(id, 'rejected');
      outstanding = [];
      errors = 0;
    }
    // Who has no token shows one on another connection.
    if (error !== undefined && outstanding.length === 0 && isDenial(error)) {
      isOver = true;
      break;
    }
  }
  return { fates: ids.map((id) => fates.get(id)), isOver };
}

/** The server has forgotten the rest of what it had read (T 48); the form that is JSON says it by a number. */
function isEndOfAll(text: string): boolean {
  return /^(NOT_LEADER:|FORWARD_FAILED\b)/.test(text) || codeOf(text) === 0x20;
}

function isDenial(text: string): boolean {
  return text === 'Authentication required' || [0x40, 0x41, 0x42].includes(codeOf(text) ?? 0);
}

function codeOf(text: string): number | undefined {
  try {
    const code = (JSON.parse(text) as { code?: unknown } | null)?.code;
    return typeof code === 'number' ? code : undefined;
  } catch {
    return undefined;
  }
}

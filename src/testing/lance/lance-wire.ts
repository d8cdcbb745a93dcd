import { commandOf } from '../../codecs/lance/header.js';
import { readU32, readU64 } from '../../codecs/little-endian.js';
import type { MarbleRun } from '../run/marble-run.js';
import { FramedWire, type FrameSighting } from '../wires/framed-wire.js';
import { textsIn } from './frame-fields.js';
import { LANCE, type LanceFrame } from './lance-frames.js';
import { Command } from '../../codecs/lance/commands.js';

/** A frame that was on the wire, where and when. */
export type SeenLanceFrame = LanceFrame & FrameSighting;

/** What a fetch asked for. */
export interface SeenFetch {
  readonly atMs: number;
  readonly topicId: number;
  /** Rounded beyond 2^53. */
  readonly start: number;
  readonly maxBytes: number;
}

/**
 * What happened between Lance clients and their server. As a recording, UPPER case letters are frames of the clients,
 * lower case letters those of the server; `frames` has their headers and payloads.
 *
 * @example
 * import { marbles } from 'sluice/testing';
 * marbles(({ lance, expectWire }) => {
 *   const { client, wire } = lance({ latencyMs: 10 });
 *   client.createTopic('log').subscribe();
 *   expectWire(wire).toBe('C 19ms (oN) 16ms t 959ms X');
 * });
 */
export class LanceWire extends FramedWire<LanceFrame> {
  /** @internal */
  constructor(run: MarbleRun) {
    super(LANCE, run);
  }

  /** The frames of the clients with this command, such as `Command.Fetch` (lance.md 2.7). */
  commands(command: number): SeenLanceFrame[] {
    return this.frames.filter(
      ({ direction, header }) =>
        direction === 'sent' && header.kind === 'control' && commandOf(header) === (command as Command),
    );
  }

  /** The frames of the clients that carry records. */
  get ingests(): (SeenLanceFrame & { readonly texts: string[] })[] {
    return this.frames
      .filter(({ direction, header }) => direction === 'sent' && header.kind === 'ingest')
      .map((frame) => ({ ...frame, texts: textsIn(frame.payload) }));
  }

  /** What fetches asked for. */
  get fetches(): SeenFetch[] {
    return this.commands(Command.Fetch).map(({ atMs, payload }) => ({
      atMs,
      topicId: readU32(payload, 0),
      start: readU64(payload, 4),
      maxBytes: readU32(payload, 12),
    }));
  }
}

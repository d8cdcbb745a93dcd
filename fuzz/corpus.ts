import { readFileSync } from 'node:fs';
import type { Dice } from '../soak/dice.js';
import { expectedFrames } from './expected-frames.js';

/** Who sends a frame. */
export type Side = 'client' | 'server';

interface Vectors {
  readonly vectors: readonly { readonly direction: string; readonly kind: string; readonly hex: string }[];
}

interface RecordedFrame {
  readonly hex: string;
  readonly fill?: { readonly byte: string; readonly count: number };
}

interface Recording {
  readonly scenarios: readonly {
    readonly steps: readonly {
      readonly send?: readonly (string | RecordedFrame)[];
      readonly recv?: readonly (string | RecordedFrame)[];
    }[];
  }[];
}

/** Real frames to begin with: the golden vectors, and what was recorded from the genuine server. */
export class Corpus {
  /** Whole frames of each side; malformed ones and those that either may send belong to both. */
  readonly frames: Readonly<Record<Side, readonly Uint8Array[]>>;
  /** Most of the time these: the others cost a hundred times as much. */
  private readonly small: Readonly<Record<Side, readonly Uint8Array[]>>;

  constructor(folder = 'tests/vectors') {
    const read = <T>(name: string): T => JSON.parse(readFileSync(`${folder}/${name}`, 'utf8')) as T;
    const client = new Map<string, Uint8Array>();
    const server = new Map<string, Uint8Array>();
    const add = (to: Map<string, Uint8Array>, bytes: Uint8Array): void => {
      for (const frame of pieces(bytes)) to.set(Buffer.from(frame).toString('hex'), frame);
    };
    const kinds = new Set(['frame', 'stream', 'malformed', 'header']);
    for (const { direction, kind, hex } of read<Vectors>('lance.json').vectors) {
      if (!kinds.has(kind)) continue;
      const bytes = new Uint8Array(Buffer.from(hex, 'hex'));
      if (direction !== 'server-to-client') add(client, bytes);
      if (direction !== 'client-to-server') add(server, bytes);
    }
    for (const { steps } of read<Recording>('lance-recorded.json').scenarios) {
      for (const { send = [], recv = [] } of steps) {
        for (const frame of send) add(client, recorded(frame));
        for (const frame of recv) add(server, recorded(frame));
      }
    }
    this.frames = { client: [...client.values()], server: [...server.values()] };
    const isSmall = ({ length }: Uint8Array): boolean => length <= 4096;
    this.small = { client: this.frames.client.filter(isSmall), server: this.frames.server.filter(isSmall) };
  }

  pick(dice: Dice, side: Side): Uint8Array {
    return dice.pick((dice.chance(0.005) ? this.frames : this.small)[side]);
  }
}

function recorded(frame: string | RecordedFrame): Uint8Array {
  const { hex, fill } = typeof frame === 'string' ? { hex: frame } : frame;
  const head = Buffer.from(hex, 'hex');
  if (fill === undefined) return new Uint8Array(head);
  return new Uint8Array(Buffer.concat([head, Buffer.alloc(fill.count, Buffer.from(fill.byte, 'hex'))]));
}

/** The frames of a stream of them; what is no frame, as it is. */
function pieces(bytes: Uint8Array): Uint8Array[] {
  const { frames, outcome } = expectedFrames(bytes, { judgesEarly: false, mostPayload: () => Number.MAX_SAFE_INTEGER });
  if (outcome !== 'whole') return [bytes];
  return frames.map(({ at, end }) => bytes.slice(at, end));
}

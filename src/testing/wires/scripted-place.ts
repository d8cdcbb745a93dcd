import { InvalidOptionError } from '../../foundation/errors.js';
import { onlyKnown } from '../../foundation/known-options.js';
import type { Connector } from '../../transports/channel.js';
import { MemoryListener } from '../../transports/memory.js';
import type { ServerEnd, ServerEvents } from '../../transports/server-end.js';
import { parseDiagram } from '../marbles/parse-diagram.js';
import type { MarbleRun } from '../run/marble-run.js';
import { FrameCutter } from './frame-cutter.js';
import type { FrameReading, FrameSystem } from './framed-wire.js';
import type { Place } from './place.js';

/** A frame that reached a scripted peer. */
export interface HeardFrame {
  /** When it reached the peer, in milliseconds. */
  readonly atMs: number;
  /** The how-manieth connection, from 1. */
  readonly connection: number;
  /** The peer's end of that connection: `write`, `end`, `destroy`. */
  readonly end: ServerEnd;
  /** What a wire shows of it, such as `start` of a Fetch. */
  readonly fields: Readonly<Record<string, unknown>>;
}

/** Options of scripted peers beside those of their clients. */
export interface ScriptedPlaceOptions {
  /** How long bytes take one way, in milliseconds. Default 10. */
  readonly latencyMs?: number | undefined;
  /** For errors and reports. Default `memory`. */
  readonly address?: string | undefined;
}

/** A server in memory that hears whole frames, and says only what it is told to. */
export class ScriptedPlace<F extends object> implements Place {
  readonly heard: (F & HeardFrame)[] = [];
  readonly ends: ServerEnd[] = [];
  readonly connector: Connector;
  private readonly listener: MemoryListener;

  constructor(
    private readonly system: FrameSystem<F>,
    private readonly run: MarbleRun,
    { latencyMs = 10, address }: ScriptedPlaceOptions,
    private readonly tell: (heard: F & HeardFrame, reading: FrameReading<F>) => void,
  ) {
    this.listener = new MemoryListener((end) => this.conversation(end), { address });
    this.listener.open();
    this.connector = this.listener.connector({ latencyMs });
  }

  /** How many connections there are. */
  get connections(): number {
    return this.listener.connections;
  }

  stop(): void {
    this.listener.close();
  }

  start(): void {
    this.listener.open();
  }

  /** Says something at the moments of a diagram; `|` ends the connection, `#` resets it. */
  send(
    diagram: string,
    legend: Readonly<Record<string, Uint8Array>>,
    where: { readonly connection?: number | undefined },
  ): void {
    const { connection } = onlyKnown('send', where, { connection: true });
    for (const { atMs, kind, letter } of parseDiagram(diagram).moments) {
      const bytes = legend[letter];
      if (kind === 'next' && bytes === undefined) {
        throw new InvalidOptionError(
          'send',
          diagram,
          `each letter stands for one of { ${Object.keys(legend).join(', ')} }`,
        );
      }
      const fromNowMs = atMs - this.run.nowMs;
      if (fromNowMs < 0) throw new InvalidOptionError('send', diagram, `nothing lies before now, ${this.run.nowMs} ms`);
      this.run.lasts(atMs);
      this.run.scheduler.schedule(() => {
        const end = this.end(connection);
        if (bytes !== undefined) end.write(bytes);
        else if (kind === 'complete') end.end();
        else end.destroy();
      }, fromNowMs);
    }
  }

  private end(connection = this.ends.length): ServerEnd {
    const end = this.ends[connection - 1];
    if (end !== undefined) return end;
    const { length } = this.ends;
    throw new Error(`send: at ${this.run.nowMs} ms there is no connection ${connection}, only ${length} so far`);
  }

  private conversation(end: ServerEnd): ServerEvents {
    const connection = this.ends.push(end);
    const reader = this.system.newConversation();
    const cutter = new FrameCutter(this.system.measure, {
      frame: (bytes) => {
        let reading: FrameReading<F>;
        try {
          reading = reader.sent(bytes);
        } catch {
          return;
        }
        const heard = { ...reading.frame, fields: reading.fields, atMs: this.run.nowMs, connection, end };
        this.heard.push(heard);
        this.tell(heard, reading);
      },
      // The wire shows it, as it does what was damaged on its way: a peer has nothing to say to it.
      garbage: () => {},
    });
    return {
      received: (bytes) => cutter.take(bytes),
      drained() {},
      ended: () => end.end(),
      closed() {},
    };
  }
}

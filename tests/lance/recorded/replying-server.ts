import { MemoryListener } from '../../../src/transports/memory.js';
import type { Connector } from '../../../src/transports/channel.js';
import type { Pair } from './pairs.js';

/** Says what the genuine server said, once it has heard the very bytes that this one heard. */
export class ReplyingServer {
  heard = Buffer.alloc(0);
  private readonly listener = new MemoryListener((end) => ({
    received: (bytes) => {
      this.heard = Buffer.concat([this.heard, bytes]);
      if (!this.heard.equals(this.pair.request)) return;
      if (this.pair.answer instanceof Buffer) end.write(new Uint8Array(this.pair.answer));
      else if (this.pair.answer === 'closed') end.end();
    },
    drained: () => {},
    ended: () => end.end(),
    closed: () => {},
  }));

  constructor(private readonly pair: Pair) {
    this.listener.open();
  }

  connector(): Connector {
    return this.listener.connector();
  }
}

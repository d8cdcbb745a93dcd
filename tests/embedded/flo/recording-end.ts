import type { ServerEnd } from '../../../src/transports/server-end.js';

/** A connection's end that records. While `takes` is false, each write fills it up. */
export class RecordingEnd implements ServerEnd {
  readonly written: Uint8Array[] = [];
  readonly log: string[] = [];
  takes = true;

  get bytes(): number {
    return this.written.reduce((sum, { length }) => sum + length, 0);
  }

  write(bytes: Uint8Array): boolean {
    this.written.push(bytes);
    return this.takes;
  }
  pause(): void {
    this.log.push('pause');
  }
  resume(): void {
    this.log.push('resume');
  }
  end(): void {
    this.log.push('end');
  }
  destroy(): void {
    this.log.push('destroy');
  }
}

import { creditRecording } from '../deliveries/credit-recording.js';
import { fateRecording } from '../deliveries/fate-recording.js';
import type { DeliveryStream } from '../../observables/delivery/delivery-stream.js';
import type { StreamFates } from './result.js';

type Stream = DeliveryStream<unknown, unknown>;

/** The fates of all streams by their names, in the order in which they were first subscribed to. */
export function fatesOf(streams: Iterable<Stream>): Record<string, StreamFates> {
  const fates: Record<string, StreamFates> = {};
  for (const stream of [...streams]) {
    const recording = fateRecording(stream);
    fates[freeName(stream.name, fates)] = {
      ...recording,
      report: stream.fate(),
      credit: creditRecording(stream),
    };
  }
  return fates;
}

function freeName(name: string, taken: object): string {
  let free = name;
  for (let n = 2; Object.hasOwn(taken, free); n++) free = `${name} (${n})`;
  return free;
}

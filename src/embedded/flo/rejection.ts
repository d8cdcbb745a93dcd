import type { FloCodec, RequestId } from '../../codecs/flo/codec.js';
import { refusals } from './refusals.js';

const NO_REQUEST: RequestId = { low: 0, high: 0 };

/** The answer to what can't be read: it has id 0, and the connection ends behind it (flo.md 2.4). */
export function rejection(codec: FloCodec): Uint8Array {
  const { status } = refusals.invalidRequest;
  return codec.answerFrame(NO_REQUEST, status, codec.refusalBody(refusals.invalidRequest));
}

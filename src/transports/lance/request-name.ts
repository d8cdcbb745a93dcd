import { commandName } from '../../codecs/lance/commands.js';
import { commandOf, decodeHeader, FrameKind } from '../../codecs/lance/header.js';

/** What a request is called in messages. */
export function requestName(frame: Uint8Array): string {
  const header = decodeHeader(frame, 0);
  return header.kind === FrameKind.Control ? commandName(commandOf(header)) : `a ${header.kind}`;
}

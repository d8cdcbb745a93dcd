import { Command } from '../../codecs/lance/commands.js';
import { commandOf, FrameKind, type Header } from '../../codecs/lance/header.js';

/** The largest payload that an ErrorResponse may have: texts of the server, sometimes with a name in it. */
export const MAX_ERROR_BYTES = 64 * 1024;

/** Whether the frame is an ErrorResponse. */
export function isErrorReply(header: Header): boolean {
  return header.kind === FrameKind.Control && commandOf(header) === Command.ErrorResponse;
}

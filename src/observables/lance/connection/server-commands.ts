import type { Observable } from 'rxjs';
import { decodeClusterStatus, type ClusterStatus } from '../../../codecs/lance/cluster-json.js';
import { Command } from '../../../codecs/lance/commands.js';
import { ProtocolError } from '../../../codecs/lance/errors.js';
import { keepaliveFrame } from '../../../codecs/lance/frames.js';
import { FrameKind } from '../../../codecs/lance/header.js';
import { decodeReplyText } from '../../../codecs/lance/replies.js';
import { getClusterStatusRequest } from '../../../codecs/lance/requests.js';
import { expectCommand } from '../../../transports/lance/request-session.js';
import type { Control } from './control.js';
import { checkToken } from './token.js';

/** The commands that are about the server itself. */
export class ServerCommands {
  constructor(private readonly control: Control) {}

  ping(): Observable<number> {
    return this.control.command(keepaliveFrame, ({ kind }, _buffer, _start, _end, tookMs) => {
      if (kind !== FrameKind.Keepalive) throw new ProtocolError(`expected a keepalive, got ${kind}`);
      return tookMs;
    });
  }

  clusterStatus(): Observable<ClusterStatus> {
    return this.control.command(getClusterStatusRequest, (header, buffer, start, end) => {
      expectCommand(header, Command.ClusterStatusResponse);
      return decodeClusterStatus(decodeReplyText(buffer, start, end));
    });
  }

  authenticate(token: string): Observable<void> {
    return this.control.authenticate(checkToken(token));
  }
}

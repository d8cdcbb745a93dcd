import { SluiceError } from '../../foundation/errors.js';
import { messageOf } from '../../foundation/message-of.js';
import type { AnyDelivery, Origin } from './types.js';

/** A second concurrent subscription to a cold delivery stream: call the method again for a second reader. */
export class StreamInUseError extends SluiceError {
  static override readonly code: string = 'STREAM_IN_USE';
}

/** A handler failed for good and the policy lets it through; `cause` is its error, `context` names the delivery. */
export class HandlerError extends SluiceError {
  static override readonly code: string = 'HANDLER';

  /** @internal */
  static of(
    operator: string,
    delivery: AnyDelivery,
    cause: unknown,
    attempt = delivery.attempt,
    remark?: string,
  ): HandlerError {
    const { system, name, position } = delivery.source;
    const message = `${operator} failed on ${system}:${name}@${position}, attempt ${attempt}: ${messageOf(cause)}`;
    return new HandlerError(remark === undefined ? message : `${message} (${remark})`, {
      cause,
      context: { system, name, position, attempt },
    });
  }
}

/** The source of a delivery has nowhere to put dead letters. */
export class NoDeadLettersError extends SluiceError {
  static override readonly code: string = 'NO_DEAD_LETTERS';

  /** @internal */
  static of({ system, name }: Origin): NoDeadLettersError {
    // Only a log is told where to put them: other servers have a place of their own, or none.
    const remedy =
      system === 'lance' ? 'give it the option deadLetters' : "its server keeps none; decide 'nack', 'ack' or 'fail'";
    return new NoDeadLettersError(`${system}:${name} has nowhere to put dead letters: ${remedy}`);
  }
}

/** An operator got something that is no delivery, most often a value that one before it took out of its delivery. */
export class NotADeliveryError extends SluiceError {
  static override readonly code: string = 'NOT_A_DELIVERY';

  /** @internal */
  static of(operator: string, item: unknown, needed = 'deliveries'): NotADeliveryError {
    const got = kindOf(item);
    const message =
      `${operator} needs ${needed}, but got ${got}: an operator before it has taken the values out of their ` +
      'deliveries, as autoAck(), ack(), work() and map((delivery) => delivery.value) do';
    return new NotADeliveryError(message, { context: { operator, got } });
  }
}

/** Several subscribers have decided about a delivery, and their system could not be told: it was abandoned. */
export class UndecidedError extends SluiceError {
  static override readonly code: string = 'UNDECIDED';
}

/** What a value is, and never what is in it. */
function kindOf(value: unknown): string {
  if (value === undefined || value === null) return String(value);
  if (typeof value !== 'object') return `a ${typeof value}`;
  const { constructor: type }: { constructor?: unknown } = value;
  return typeof type === 'function' && type !== Object ? `an instance of ${type.name}` : 'an object';
}

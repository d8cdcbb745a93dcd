import type { Recording } from '../marbles/recording.js';
import { showValue } from '../marbles/show-value.js';

/** How many are told of. */
const TOLD = 3;

/** Errors that a test was told of and has not looked at: when it fails, they may well be why. */
export class UnreadErrors {
  private readonly watched = new Map<Recording, () => boolean>();

  watch(recording: Recording, isRead: () => boolean): void {
    this.watched.set(recording, isRead);
  }

  /** Where they are looked at after all: compared with a diagram. */
  read(recording: Recording): void {
    this.watched.delete(recording);
  }

  inWords(): string | undefined {
    const told = [...this.watched].flatMap(([{ name, events }, isRead]) => {
      const last = events.at(-1);
      if (last?.kind !== 'error' || isRead()) return [];
      return [`  ${name}, at ${last.atMs} ms: ${showValue(last.value)}`];
    });
    if (told.length === 0) return undefined;
    const more = told.length > TOLD ? `\n  and ${told.length - TOLD} more` : '';
    return `an error came that the test has not looked at:\n${told.slice(0, TOLD).join('\n')}${more}`;
  }
}

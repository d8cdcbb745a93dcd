import { SluiceError } from '../../foundation/errors.js';

/**
 * A diagram that says nothing, or not what was meant; the message marks the character.
 *
 * @example
 * import { DiagramError, parseDiagram } from 'sluice/testing';
 * try {
 *   parseDiagram('-(ab');
 * } catch (error) {
 *   if (error instanceof DiagramError) console.log(error.message);
 * }
 */
export class DiagramError extends SluiceError {
  static override readonly code: string = 'BAD_DIAGRAM';

  /** `position` counts the characters of `diagram` from 0. */
  constructor(diagram: string, position: number, rule: string) {
    const before = [...diagram].slice(0, position).join('').replaceAll(/\s/g, ' ');
    super(`a diagram ${rule}\n\n  ${diagram.replaceAll(/\s/g, ' ')}\n  ${' '.repeat(before.length)}^\n`, {
      context: { diagram, position },
    });
  }
}

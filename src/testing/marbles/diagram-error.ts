import { SluiceError } from '../../foundation/errors.js';
import { columnsOf } from './columns.js';

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
  constructor(diagram: string, position: number, problem: string) {
    const line = diagram.replaceAll(/\s/gu, ' ');
    const columns = columnsOf([...line].slice(0, position).join(''));
    super(`this is no diagram: ${problem}\n\n  ${line}\n  ${' '.repeat(columns)}^`, { context: { diagram, position } });
  }
}

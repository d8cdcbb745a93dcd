import { drawDiagram } from '../marbles/draw-diagram.js';
import type { Stage, StagedEvent } from './stage.js';

const BEFORE = 12;
const BEHIND = 12;
const NO_LETTER = ' ';

/**
 * What was on the wires before and behind a crash, line by line, and before it as a diagram.
 *
 *        20 ms  D  dequeue
 *     →  31 ms     the program crashes
 *       131 ms  C  connects on connection 2
 */
export function drawCrash(stage: Stage, struckAt: number, atMs: number, words: string): string {
  const { events } = stage;
  const lines = [
    ...cutOff(struckAt - BEFORE),
    ...events.slice(Math.max(0, struckAt - BEFORE), struckAt).map((event) => lineOf(stage, event)),
    `  →${timeOf(atMs)}  ${NO_LETTER}  ${words}`,
    ...events.slice(struckAt, struckAt + BEHIND).map((event) => lineOf(stage, event)),
    ...cutOff(events.length - struckAt - BEHIND),
  ];
  const diagrams = stage.servers.map((_, wire) => diagramOf(stage, wire, events.slice(0, struckAt)));
  return [...lines, ...diagrams.filter((diagram) => diagram !== undefined)].join('\n');
}

function cutOff(count: number): string[] {
  return count > 0 ? [`   ${' '.repeat(8)}   …  ${count} more`] : [];
}

function lineOf(stage: Stage, { wire, moment }: StagedEvent): string {
  const place = stage.servers.length > 1 ? `${stage.servers[wire]}: ` : '';
  return `   ${timeOf(moment.atMs)}  ${letterOf(stage, wire, moment.value.name)}  ${place}${moment.words ?? moment.value.name}`;
}

function timeOf(atMs: number): string {
  return `${atMs} ms`.padStart(8);
}

function letterOf(stage: Stage, wire: number, name: string): string {
  const { legend } = stage.wire(wire);
  return Object.keys(legend).find((letter) => legend[letter] === name) ?? NO_LETTER;
}

function diagramOf(stage: Stage, wire: number, events: readonly StagedEvent[]): string | undefined {
  const moments = events
    .filter((event) => event.wire === wire)
    .map(({ moment }) => ({ atMs: moment.atMs, kind: moment.kind, letter: letterOf(stage, wire, moment.value.name) }));
  const diagram = moments.length === 0 ? undefined : drawDiagram(moments);
  return diagram === undefined ? undefined : `\n   ${stage.servers[wire]} until then: '${diagram}'`;
}

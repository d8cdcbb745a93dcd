import { drawDiagram } from '../marbles/draw-diagram.js';
import type { Moment } from '../marbles/moment.js';
import type { Stage, StagedEvent } from './stage.js';

const BEFORE = 12;
const BEHIND = 12;
const NO_LETTER = ' ';
const WIDTH = 110;

/**
 * What was on the wires before and behind a crash, line by line, and before it as a diagram.
 *
 *        20 ms  D  dequeue
 *     →  31 ms     the program crashes
 *       131 ms  C  connects on connection 2
 */
export function drawCrash(stage: Stage): string {
  const { events, servers } = stage;
  const struck = events.findIndex(({ wire }) => wire === undefined);
  const from = Math.max(0, struck - BEFORE);
  const to = struck + 1 + BEHIND;
  const lines = [
    ...cutOff(from),
    ...events.slice(from, to).map((event) => lineOf(stage, event)),
    ...cutOff(events.length - to),
  ];
  const diagrams = servers.map((_, wire) => diagramOf(stage, wire, events.slice(0, struck)));
  return [...lines, ...diagrams.filter((diagram) => diagram !== undefined)].join('\n');
}

function cutOff(count: number): string[] {
  return count > 0 ? [`   ${' '.repeat(8)}  …  ${count} more`] : [];
}

function lineOf(stage: Stage, event: StagedEvent): string {
  if (event.wire === undefined) return `  →${timeOf(event.atMs)}  ${NO_LETTER}  ${event.words}`;
  const { wire, moment, isLost } = event;
  const { name } = moment.value;
  const place = stage.servers.length > 1 ? `${stage.servers[wire]}: ` : '';
  const line = `   ${timeOf(moment.atMs)}  ${letterOf(stage, wire, name)}  ${isLost ? 'lost: ' : ''}${place}${moment.words ?? name}`;
  return line.length > WIDTH ? `${line.slice(0, WIDTH - 1)}…` : line;
}

function timeOf(atMs: number): string {
  return `${atMs} ms`.padStart(8);
}

function letterOf(stage: Stage, wire: number, name: string): string {
  const { legend } = stage.wire(wire);
  return Object.keys(legend).find((letter) => legend[letter] === name) ?? NO_LETTER;
}

function diagramOf(stage: Stage, wire: number, events: readonly StagedEvent[]): string | undefined {
  const moments: Moment[] = [];
  for (const event of events) {
    if (event.wire !== wire) continue;
    const { atMs, kind, value } = event.moment;
    moments.push({ atMs, kind, letter: letterOf(stage, wire, value.name) });
  }
  const diagram = moments.length === 0 ? undefined : drawDiagram(moments);
  return diagram === undefined ? undefined : `\n   ${stage.servers[wire]} until then: '${diagram}'`;
}

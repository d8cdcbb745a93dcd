// Reads the one JSON line of `npm start -- --json` and holds it to its sums.
import assert from 'node:assert/strict';
import { text } from 'node:stream/consumers';

const line = await text(process.stdin);
assert.ok(line.startsWith('{'), `the last line is no report: ${line}`);
const report = JSON.parse(line);
const { flights, streams, model } = report;

assert.equal(flights.in, flights.trained + flights.dead, 'flights in = trained + dead');
assert.ok(flights.dead > 0, 'some flights end as dead letters');
assert.deepEqual(
  Object.keys(streams).map((name) => name.split(':', 1)[0]),
  ['lance', 'flo', 'lightning'],
  'a stream of each system',
);
for (const [name, { delivered, acked, nacked, dead, abandoned }] of Object.entries(streams)) {
  assert.ok(delivered > 0, `${name}: something was delivered`);
  assert.equal(delivered, acked + nacked + dead + abandoned, `${name}: every delivery has one fate`);
}
assert.ok(model.error < model.baselineError, 'the model beats the mean');
assert.ok(report.seconds < 40, `took ${report.seconds} s, allowed are 40`);
console.log(`main job: ${JSON.stringify(report)}`);

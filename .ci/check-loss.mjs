// The main job must notice that one flight went missing: `npm start -- --json --lose 1` ends with a non-zero code and says so.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';

const { status, stderr } = spawnSync('npm', ['start', '--', '--json', '--lose', '1'], { encoding: 'utf8' });
assert.notEqual(status, 0, 'a lost flight must fail the job');
assert.match(stderr, /flight/i, 'a lost flight must be named on stderr');
console.log(`main job with one flight lost: exit code ${status}`);

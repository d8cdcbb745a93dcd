import { spawnSync } from 'node:child_process';
import { built, entries } from './run-node.js';

it('the built types serve ES modules and CommonJS, library types checked too', () => {
  for (const entry of entries) expect([built(`${entry}.d.ts`), built(`${entry}.d.cts`)]).toHaveLength(2);
  const { status, stdout } = spawnSync(
    process.execPath,
    ['node_modules/typescript/bin/tsc', '-p', 'tests/package/consumer'],
    {
      encoding: 'utf8',
    },
  );
  expect(stdout).toBe('');
  expect(status).toBe(0);
});

import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Notes which tests the specification has, group by group, for the index of behaviours. */
export default class BehavioursReporter {
  async onTestResult({ path }, { testResults }) {
    const file = relative(root, path).split(sep).join('/');
    if (!file.startsWith('marble-tests/')) return;
    const notes = join(root, '.cache/marble-index', `${file}.names.json`);
    const names = testResults.map(({ ancestorTitles: groups, title, fullName, status }) => ({
      groups,
      title,
      fullName,
      status,
    }));
    await mkdir(dirname(notes), { recursive: true });
    await writeFile(notes, JSON.stringify(names));
  }
}

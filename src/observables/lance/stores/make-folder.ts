import { mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * Makes a folder if there is none, and those above it. One after the other: told to make all of them, Node never comes
 * back from where the system makes none, as in `/proc`.
 */
export async function makeFolder(folder: string): Promise<void> {
  const failure = await failureOf(folder);
  if (failure === undefined) return;
  const above = dirname(folder);
  if (failure.code !== 'ENOENT' || above === folder) throw failure;
  await makeFolder(above);
  const again = await failureOf(folder);
  if (again !== undefined) throw again;
}

/** Why it can't be made; undefined if it is there now, whoever made it. */
async function failureOf(folder: string): Promise<NodeJS.ErrnoException | undefined> {
  try {
    await mkdir(folder);
    return undefined;
  } catch (error) {
    const isThere = await stat(folder).then(
      (found) => found.isDirectory(),
      () => false,
    );
    return isThere ? undefined : (error as NodeJS.ErrnoException);
  }
}

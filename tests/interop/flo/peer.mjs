import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { environment } from '../python.mjs';
import { withServer } from '../served.mjs';
import { session } from '../session.mjs';

const here = fileURLToPath(new URL('.', import.meta.url));
/** Each published release speaks one generation of the protocol and no other. */
const sessions = {
  '0.1.1': { file: 'v1_32.py', switches: ['--ttl-unit', 's'] },
  '0.1.2': { file: 'v2_table.py', switches: [] },
};

/** One published client with a server that detects its generation. */
export function floPython(version) {
  return async (cache) => {
    const python = await environment(join(cache, `flo-python-${version}`), [`flo-python==${version}`]);
    const { file, switches } = sessions[version];
    const title = `flo-python ${version} with sluice serve flo`;
    return withServer('flo', (address) => session(title, python, [join(here, file), address]), switches);
  };
}

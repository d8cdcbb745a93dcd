// Lets the official clients talk to the embedded servers, and our Lightning client to the official server.
// `npm run interop -- <peer>...` chooses some of them. With LANCE_ADDR=host:port the official Lance client and ours talk
// to that server instead, and nothing else is run. With LANCE_SOURCE=<a checkout of nitecon/lance> and cargo at hand, the
// tests of the official Rust client are run, too.
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { floPython } from './flo/peer.mjs';
import { lncClient } from './lance/peer.mjs';
import { rustClient } from './lance/rust-peer.mjs';
import { agentLightning } from './lightning/peer.mjs';

const cache = join(fileURLToPath(new URL('../..', import.meta.url)), '.cache/interop');
const peers = {
  'lnc-client': lncClient,
  'flo-python-0.1.1': floPython('0.1.1'),
  'flo-python-0.1.2': floPython('0.1.2'),
  agentlightning: agentLightning,
};

const { LANCE_ADDR, LANCE_SOURCE } = process.env;
if (LANCE_SOURCE !== undefined) peers['lnc-client-rust'] = rustClient(LANCE_SOURCE);

const all = LANCE_ADDR === undefined ? Object.keys(peers) : ['lnc-client'];
const chosen = process.argv.length > 2 ? process.argv.slice(2) : all;
const unknown = chosen.filter((name) => !Object.hasOwn(peers, name));
if (unknown.length > 0) {
  console.error(`interop: no peer ${unknown.join(', ')}; there are ${Object.keys(peers).join(', ')}`);
  process.exit(2);
}

const started = performance.now();
let passed = 0;
let failed = 0;
for (const name of chosen) {
  try {
    passed += await peers[name](cache);
  } catch (error) {
    failed++;
    console.error(`interop: ${name} FAILED: ${error.message}`);
  }
}
const seconds = ((performance.now() - started) / 1000).toFixed(0);
console.log(`interop: ${passed} checks passed, ${failed} of ${chosen.length} peers failed (${seconds} s)`);
// Whatever may still be running ends with this process.
process.exit(failed === 0 ? 0 : 1);

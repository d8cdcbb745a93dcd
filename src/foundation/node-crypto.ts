/**
 * Node's cryptography, loaded when it is first needed: an import would put a quarter of a megabyte on the heap of
 * everybody. V8 (as of Node 20) begins full collections once eight megabytes of a heap are old, and then a consumer
 * whose fetches pass by brings one about as often as those eight are reached again.
 */
export function nodeCrypto(): typeof import('node:crypto') {
  return process.getBuiltinModule('node:crypto');
}

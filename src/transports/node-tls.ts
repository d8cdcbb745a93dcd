/**
 * Node's TLS, loaded when it is first needed. An import would read its property `rootCertificates`, which puts all of
 * them on the heap of everybody, TLS or not; a heap that begins larger has V8 collect it whole much more often while
 * megabytes of fetched records pass by.
 */
export function nodeTls(): typeof import('node:tls') {
  return process.getBuiltinModule('node:tls');
}

// The house rule: imports point down only. observables → transports → codecs → foundation; embedded uses transports and
// codecs; testing uses embedded and observables; the command line stands on top; lance, flo and lightning never meet.

const layer = (name) => `^src/${name}/`;
const system = '^src/[^/]+/(lance|flo|lightning)/';

/** What each layer may use beside itself. */
const below = {
  foundation: [],
  codecs: ['foundation'],
  transports: ['codecs', 'foundation'],
  observables: ['transports', 'codecs', 'foundation'],
  embedded: ['transports', 'codecs', 'foundation'],
  testing: ['embedded', 'observables', 'transports', 'codecs', 'foundation'],
  cli: ['embedded', 'observables', 'transports', 'codecs', 'foundation'],
};

const downOnly = Object.entries(below).map(([name, allowed]) => ({
  name: `${name}-imports-down-only`,
  comment: `src/${name} may import ${allowed.length === 0 ? 'nothing of the project' : allowed.join(', ')} beside itself.`,
  severity: 'error',
  from: { path: layer(name) },
  to: { path: '^(src|tests|marble-tests|benchmarks|examples|soak|fuzz)/', pathNot: [name, ...allowed].map(layer) },
}));

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    ...downOnly,
    {
      name: 'no-sideways-between-systems',
      comment: 'lance, flo and lightning know nothing of each other, in no layer.',
      severity: 'error',
      from: { path: system },
      to: { path: system, pathNot: '^src/[^/]+/$1/' },
    },
    {
      name: 'shared-code-knows-no-system',
      comment:
        'What serves all systems (delivery, retry, payloads, channels) imports none of them; records() names the types of batches.',
      severity: 'error',
      from: {
        path: '^src/(codecs|transports|observables)/',
        pathNot: [system, '^src/observables/delivery/operators/record(s|-share)[.]ts$'],
      },
      to: { path: system },
    },
    {
      name: 'no-cycles-between-folders',
      comment: 'Type imports count. Cycles of files at run time are found by the linter (import/no-cycle).',
      severity: 'error',
      scope: 'folder',
      from: { path: '^src' },
      to: { circular: true },
    },
    {
      name: 'delivery-core-without-rxjs',
      comment: 'The delivery engine is a synchronous state machine; RxJS is its rim.',
      severity: 'error',
      from: { path: '^src/observables/delivery/core/' },
      to: { path: 'node_modules/rxjs' },
    },
    {
      name: 'codecs-are-pure',
      comment: 'Codecs turn bytes into values and back; they neither read nor wait.',
      severity: 'error',
      from: { path: '^src/codecs/' },
      to: {
        path: ['node_modules/rxjs', '^(net|tls|fs|fs/promises|http|https|timers|child_process|worker_threads|events)$'],
      },
    },
    {
      name: 'foundation-without-io',
      comment: 'The foundation stands below everything and touches nothing of the platform.',
      severity: 'error',
      from: { path: layer('foundation') },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'examples-use-public-entries',
      comment: 'An example imports what a user can import.',
      severity: 'error',
      from: { path: '^examples/' },
      to: { path: '^src/.+/' },
    },
    {
      name: 'no-vague-names',
      comment: 'A file is named by what it is.',
      severity: 'error',
      from: {},
      to: { path: '(utils?|helpers?|manager)[^/]*[.]ts$', pathNot: 'node_modules' },
    },
    {
      name: 'no-dev-dependencies-in-src',
      comment: 'Users install dependencies and peers only.',
      severity: 'error',
      from: { path: '^src/' },
      to: {
        dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'],
        dependencyTypesNot: ['npm', 'npm-peer', 'npm-optional', 'type-only'],
      },
    },
    {
      name: 'not-to-unresolvable',
      comment: 'Every import leads somewhere; the public entries of this package lead into dist/ (npm run build).',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
  ],
  options: {
    parser: 'swc',
    tsPreCompilationDeps: true,
    doNotFollow: { path: ['node_modules', '^dist/'] },
    exclude: { path: '^tests/vectors/' },
    enhancedResolveOptions: {
      extensions: ['.ts', '.mjs', '.cjs', '.js', '.json'],
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'types', 'default'],
    },
  },
};

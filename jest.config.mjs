/** @type {import('jest').Config} */
export default {
  testEnvironment: 'node',
  roots: ['<rootDir>/tests', '<rootDir>/marble-tests', '<rootDir>/examples'],
  testMatch: ['**/*.test.ts'],
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      { jsc: { parser: { syntax: 'typescript' }, target: 'es2022' }, module: { type: 'commonjs' } },
    ],
  },
  moduleNameMapper: {
    '^sluice$': '<rootDir>/src/index.ts',
    '^sluice/([a-z]+)$': '<rootDir>/src/$1.ts',
    '^(\\.{1,2}/.*)\\.js$': '$1',
  },
  setupFilesAfterEnv: ['<rootDir>/tests/marble-index/note-behaviours.ts'],
  reporters: ['default', '<rootDir>/tests/marble-index/reporter.mjs', '<rootDir>/tests/reporter.mjs'],
  maxWorkers: 2,
  // A slow machine is no failure.
  testTimeout: 30_000,
};

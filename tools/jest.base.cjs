const path = require('node:path');

/** The Jest settings that every project shares; sources become CommonJS inside Jest only. */
module.exports = (rootDir) => ({
  displayName: path.basename(rootDir),
  rootDir,
  testEnvironment: 'node',
  testMatch: ['<rootDir>/{src,test}/**/*.test.ts'],
  transform: {
    '^.+\\.[mc]?[tj]s$': [
      '@swc/jest',
      { swcrc: false, sourceMaps: 'inline', module: { type: 'commonjs' }, jsc: { target: 'es2023', parser: { syntax: 'typescript' } } },
    ],
  },
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  testEnvironmentOptions: { customExportConditions: ['@nsq/source', 'node', 'require', 'default'] },
  // cookie is an ES module that CommonJS dependencies of Fastify's inject() require.
  transformIgnorePatterns: ['/node_modules/(?!(cookie)/)'],
  reporters: ['default', path.join(__dirname, 'jest-summary.cjs')],
  coverageProvider: 'v8',
  coverageDirectory: 'coverage',
});

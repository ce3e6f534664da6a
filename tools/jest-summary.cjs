const fs = require('node:fs');
const path = require('node:path');

/** Leaves the counts of a project's test run in test-results/, where Nx caches them and tools/test.mjs adds them up. */
module.exports = class SummaryReporter {
  constructor(globalConfig) {
    this.dir = path.join(globalConfig.rootDir, 'test-results');
  }

  onRunComplete(_contexts, results) {
    // A file that does not even load has no failed test of its own, but it is a failure.
    const failed = results.numFailedTests + results.numRuntimeErrorTestSuites;
    fs.mkdirSync(this.dir, { recursive: true });
    fs.writeFileSync(
      path.join(this.dir, 'summary.json'),
      JSON.stringify({ passed: results.numPassedTests, failed, skipped: results.numPendingTests }),
    );
  }
};

const fs = require('node:fs');
const path = require('node:path');

const OPEN_FOR_MS = 5000;

/**
 * Leaves the counts of a project's test run in test-results/, where Nx caches them and tools/test.mjs adds them up, and tells tools/jest.mjs that
 * the run is over.
 */
module.exports = class SummaryReporter {
  constructor(globalConfig) {
    this.globalConfig = globalConfig;
  }

  onRunComplete(_contexts, results) {
    // A file that does not even load has no failed test of its own, but it is a failure.
    const failed = results.numFailedTests + results.numRuntimeErrorTestSuites;
    const dir = path.join(this.globalConfig.rootDir, 'test-results');
    fs.mkdirSync(dir, { recursive: true });
    fs.writeFileSync(
      path.join(dir, 'summary.json'),
      JSON.stringify({ passed: results.numPassedTests, failed, skipped: results.numPendingTests }),
    );
    if (this.globalConfig.watch || this.globalConfig.watchAll) return;
    process.send?.({ failed });
    // Fires only if something keeps the event loop alive.
    setTimeout(() => process.send?.({ failed, open: process.getActiveResourcesInfo() }), OPEN_FOR_MS).unref();
  }
};

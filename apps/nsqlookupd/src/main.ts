#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { resolveOptions } from '@nsq/options';
import { Logger, runDaemon } from '@nsq/service';
import { NSQ_VERSION, Nsqlookupd } from './nsqlookupd.js';
import { nsqlookupdOptionTable } from './options.js';

const resolved = resolveOptions({
  program: 'nsqlookupd',
  version: NSQ_VERSION,
  table: nsqlookupdOptionTable,
  argv: process.argv.slice(2),
  readFile: (file) => readFileSync(file, 'utf8'),
});
if (resolved.kind === 'exit') {
  process.stdout.write(resolved.stdout);
  process.stderr.write(resolved.stderr);
  process.exitCode = resolved.code;
} else {
  const { options, warnings } = resolved;
  const logger = new Logger({ prefix: options.logPrefix, level: options.logLevel });
  for (const warning of warnings) logger.warn(warning);
  void runDaemon({
    // What ends the daemon is logged under its own name, whatever --log-prefix says: tools look for it.
    logger: new Logger({ prefix: '[nsqlookupd] ' }),
    create: () => Nsqlookupd.create(options, { logger }),
  });
}

#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { resolveOptions, type Resolution } from '@nsq/options';
import { Logger, runDaemon } from '@nsq/service';
import { NSQ_VERSION, Nsqd } from './nsqd.js';
import { nsqdOptionTable } from './options.js';

const resolve = (): Resolution<typeof nsqdOptionTable> =>
  resolveOptions({
    program: 'nsqd',
    version: NSQ_VERSION,
    table: nsqdOptionTable,
    argv: process.argv.slice(2),
    readFile: (file) => readFileSync(file, 'utf8'),
  });

/** SIGHUP: the command line is what it was, the config file and the certificates may have changed. */
function reload(nsqd: Nsqd): void {
  const resolved = resolve();
  const problem = resolved.kind === 'run' ? nsqd.reload(resolved.options) : resolved.stderr.replace(/^.*?(?:FATAL|ERROR): /, '').trim();
  if (problem !== undefined) nsqd.logger.error(`RELOAD: nothing has changed - ${problem}`);
}

const resolved = resolve();
if (resolved.kind === 'exit') {
  process.stdout.write(resolved.stdout);
  process.stderr.write(resolved.stderr);
  process.exitCode = resolved.code;
} else {
  const { options, warnings } = resolved;
  const logger = new Logger({ prefix: options.logPrefix, level: options.logLevel });
  for (const warning of warnings) logger.warn(warning);
  let running: Nsqd | undefined;
  void runDaemon({
    // What ends the daemon is logged under its own name, whatever --log-prefix says: tools look for it.
    logger: new Logger({ prefix: '[nsqd] ' }),
    create: async () => {
      const nsqd = await Nsqd.create(options, { logger });
      running = nsqd;
      await nsqd.loadMetadata();
      await nsqd.persistMetadata();
      return nsqd;
    },
    onReload: () => {
      if (running !== undefined) reload(running);
    },
  });
}

import { Command } from 'commander';
import { addAddressOptions, DEFAULT_LOOKUPD, DEFAULT_NSQD, resolveTargets, type AddressOptions } from '../addresses.js';
import { CliError } from '../cli-error.js';
import { interruptible } from '../interrupt.js';
import { durationOption } from '../numbers.js';
import { counted } from '../output/progress-line.js';
import { print, printJson } from '../output/stdout.js';
import type { Check, Status } from './check.js';
import { Doctor } from './doctor.js';

interface DoctorOptions extends AddressOptions {
  readonly data?: readonly string[];
  readonly watch: number;
  readonly json?: boolean;
}

const MARKS: Readonly<Record<Status, string>> = { ok: 'ok  ', warn: 'WARN', fail: 'FAIL' };
const MAX_WATCH_MS = 600_000;

const collect = (value: string, all: readonly string[] = []): readonly string[] => [...all, value];

/** `nsq doctor` */
export function doctorCommand(): Command {
  return addAddressOptions(new Command('doctor'), 'lookupd')
    .description('Check whether what runs is healthy and can be reached.')
    .option(
      '--data <dir>',
      'a data folder whose disk is to be looked at (repeatable; default: those of the nsqds of this machine)',
      collect,
    )
    .addOption(durationOption('--watch <duration>', 'how long to watch queues for growth', [0, MAX_WATCH_MS], 1_000))
    .option('--json', 'print one line of JSON for each check')
    .addHelpText(
      'after',
      `
By itself it looks at the nsqlookupd and the nsqd on the usual ports of this machine. Exit code 1 when a check has failed; warnings do not count.
`,
    )
    .action((options: DoctorOptions) => interruptible((signal) => doctor(options, signal)));
}

async function doctor(options: DoctorOptions, signal: AbortSignal): Promise<void> {
  const { json = false, data = [], watch } = options;
  const count = { ok: 0, warn: 0, fail: 0 };
  const tell = async (check: Check): Promise<void> => {
    count[check.status]++;
    await (json ? printJson(check) : print(`${MARKS[check.status]}  ${check.subject}: ${check.text}\n`));
  };
  await new Doctor({ ...(await targetsOf(options)), data, watch }, tell).run(signal);
  if (signal.aborted) return;
  if (!json) await print(`${counted(count.ok, 'check')} passed, ${counted(count.warn, 'warning')}, ${count.fail} failed\n`);
  if (count.fail > 0) throw new CliError(`${counted(count.fail, 'check')} failed`);
}

/** Without a choice both kinds are looked at: each that is there has to be well, and one at least has to be there. */
async function targetsOf(options: AddressOptions): Promise<{ lookupds: readonly string[]; nsqds: readonly string[]; optional: boolean }> {
  const { NSQ_NSQD = '', NSQ_LOOKUPD = '' } = process.env;
  if (options.nsqd !== undefined || options.lookupd !== undefined || NSQ_NSQD + NSQ_LOOKUPD !== '')
    return { ...(await resolveTargets(options, 'lookupd')), optional: false };
  return { lookupds: [DEFAULT_LOOKUPD], nsqds: [DEFAULT_NSQD], optional: true };
}

import { Command } from 'commander';
import { exportFolder, ExportError, importDataPath, inspectFolder, Logger, type FolderReport } from '@nsq/nsqd';
import { CliError } from '../cli-error.js';
import { integer } from '../numbers.js';
import { counted, ProgressLine } from '../output/progress-line.js';
import { note, print, printJson } from '../output/stdout.js';
import { formatRows } from '../output/table.js';
import { contentRows, CONTENT_COLUMNS, problemsOf } from './content.js';

interface JsonOption {
  readonly json?: boolean;
}

interface SizeOptions extends JsonOption {
  readonly maxMsgSize?: number;
  readonly maxBytesPerFile?: number;
}

const MAX_BYTES = 2 ** 40;

/** `nsq data` */
export function dataCommand(): Command {
  const command = new Command('data').description('Look into the data folder of an nsqd that is stopped, check and convert it.');
  command
    .command('inspect <dir>')
    .description('what it holds: messages by topic and channel. Nothing is changed')
    .option('--json', 'print JSON')
    .action((dir: string, options: JsonOption) => inspect(dir, false, options));
  command
    .command('verify <dir>')
    .description('read every message, so that each checksum is looked at. Nothing is changed')
    .option('--json', 'print JSON')
    .action((dir: string, options: JsonOption) => inspect(dir, true, options));
  addSizeOptions(command.command('import <dir>'))
    .description('take over the queue files of NSQ 1.x in it, as nsqd does at its first start; they are moved to its folder "imported"')
    .action(importFiles);
  addSizeOptions(command.command('export <dir> <target>'))
    .description('write what it holds as files of NSQ 1.3.0 to another folder. Delays are not kept')
    .action(exportFiles);
  return command;
}

function addSizeOptions(command: Command): Command {
  return command
    .option('--max-msg-size <bytes>', "as nsqd's option (default: 1048576)", integer(1, 2 ** 31 - 1))
    .option('--max-bytes-per-file <bytes>', "as nsqd's option (default: 104857600)", integer(1, MAX_BYTES))
    .option('--json', 'print JSON');
}

async function inspect(dataPath: string, verify: boolean, { json = false }: JsonOption): Promise<void> {
  const report = await inspected(dataPath, verify);
  if (json) await printJson(report);
  else await print(describe(report, verify));
  const problems = problemsOf(report);
  if (problems.length === 0) return;
  if (!json) for (const problem of problems) note(problem);
  throw new CliError(`${dataPath}: ${counted(problems.length, 'problem')} found`);
}

async function inspected(dataPath: string, verify: boolean): Promise<FolderReport> {
  const progress = new ProgressLine();
  try {
    return await inspectFolder({
      dataPath,
      verify,
      onProgress: (name) => progress.update(() => `${verify ? 'reading' : 'looking at'} ${name}`),
    });
  } catch (error) {
    throw folderError(error, dataPath);
  } finally {
    progress.clear();
  }
}

function describe(report: FolderReport, verify: boolean): string {
  const rows = contentRows(report);
  if (rows.length === 0) return 'no topics\n';
  const checked = report.topics.reduce((sum, { verified }) => sum + (verified?.messages ?? 0), 0);
  const read = report.queues.reduce((sum, { messages }) => sum + messages, checked);
  return `${formatRows(CONTENT_COLUMNS, rows, process.stdout.isTTY)}${verify ? `${counted(read, 'message')} read\n` : ''}`;
}

async function importFiles(dataPath: string, { json = false, ...sizes }: SizeOptions): Promise<void> {
  const { queues } = await inspected(dataPath, false);
  const warnings = new Warnings();
  const progress = new ProgressLine();
  try {
    await importDataPath({ dataPath, ...sizes, logger: warnings.logger((line) => progress.update(() => line)) });
  } catch (error) {
    throw folderError(error, dataPath);
  } finally {
    progress.clear();
  }
  const after = await inspected(dataPath, false);
  const left = new Set(after.queues.map(({ name }) => name));
  const imported = queues.filter(({ name }) => !left.has(name)).map(({ name, messages }) => ({ name, messages }));
  if (json) await printJson({ imported, left: [...left], warnings: warnings.lines });
  else await print(imported.length === 0 ? 'nothing to import\n' : formatRows(QUEUE_COLUMNS, imported, process.stdout.isTTY));
  const lossy = queues.flatMap(({ problems }) => problems).filter(({ loss }) => loss);
  conclude(warnings, Math.max(warnings.errors, lossy.length), dataPath);
}

async function exportFiles(dataPath: string, target: string, { json = false, ...sizes }: SizeOptions): Promise<void> {
  const warnings = new Warnings();
  const progress = new ProgressLine();
  progress.update(() => `exporting ${dataPath}`);
  try {
    const exported = await exportFolder({ dataPath, target, ...sizes, logger: warnings.logger() });
    progress.clear();
    if (json) await printJson({ exported, warnings: warnings.lines });
    else await print(exported.length === 0 ? 'nothing to export\n' : formatRows(QUEUE_COLUMNS, exported, process.stdout.isTTY));
  } catch (error) {
    progress.clear();
    if (error instanceof ExportError && error.code === 'E_NOT_IMPORTED') throw new CliError(`${error.message}; run nsq data import first`);
    throw folderError(error, dataPath);
  }
  conclude(warnings, warnings.lines.length, dataPath);
}

const QUEUE_COLUMNS = [
  { title: 'QUEUE', value: ({ name }: { readonly name: string }) => name },
  { title: 'MESSAGES', value: ({ messages }: { readonly messages: number }) => messages },
];

/** What the library warns of while it works. */
class Warnings {
  readonly lines: string[] = [];
  /** How many of them are errors. */
  errors = 0;

  logger(onInfo: (line: string) => void = () => undefined): Logger {
    return new Logger({
      write: (line) => {
        const [, level = '', text = line] = /^.*? (INFO|WARNING|ERROR): (.*)\n$/s.exec(line) ?? [];
        if (level === 'INFO') onInfo(text);
        else this.lines.push(text);
        if (level === 'ERROR') this.errors++;
      },
    });
  }
}

/** @param damaged how many of the warnings mean that messages may be gone */
function conclude({ lines }: Warnings, damaged: number, dataPath: string): void {
  for (const line of lines) note(line);
  if (damaged > 0) throw new CliError(`${dataPath}: done, but ${counted(damaged, 'problem')} found; messages may be missing`);
}

function folderError(error: unknown, dataPath: string): unknown {
  if (!(error instanceof Error)) return error;
  const { code } = (error.cause ?? error) as NodeJS.ErrnoException;
  if (code === 'ENOENT') return new CliError(`there is no folder ${dataPath}`);
  if (error.message.includes('possibly in use')) return new CliError(`${error.message}; stop the nsqd that runs on it`);
  return error;
}

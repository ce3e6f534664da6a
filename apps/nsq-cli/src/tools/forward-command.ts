import { Argument, Command, InvalidArgumentError } from 'commander';
import { parseAddress, type ConsumerOptions } from '@nsq/client';
import { addAddressOptions, resolveTargets, type AddressOptions } from '../addresses.js';
import { clientAddresses } from '../client-addresses.js';
import { interruptible } from '../interrupt.js';
import { channelName, topicNames } from '../names.js';
import { integer } from '../numbers.js';
import { ProgressLine, Rate, counted, grouped } from '../output/progress-line.js';
import { note } from '../output/stdout.js';
import type { ForwardIo } from './forward-io.js';
import type { Source } from './source.js';
import { oneLine } from './tool.js';

/** What every command that moves messages somewhere takes. */
export interface ForwardOptions extends AddressOptions {
  readonly channel: string;
  readonly maxInFlight: number;
}

/** What an engine needs to consume. */
export interface ForwardInput {
  readonly topics: readonly string[];
  readonly channel: string;
  readonly maxInFlight: number;
  readonly source: Source;
  readonly consumer: Omit<ConsumerOptions, 'topic' | 'channel'>;
}

const MAX_IN_FLIGHT = 100_000;
const REQUEUE_MS = 1_000;
const MAX_REQUEUE_MS = 60_000;
const MAX_FRAME_BYTES = 2 ** 31 - 5;
const REDRAW_MS = 1_000;

/** A command with topics, addresses, a channel. */
export function forwardCommand(name: string, channel: string): Command {
  return addAddressOptions(new Command(name), 'lookupd')
    .addArgument(new Argument('<topic...>', 'names').argParser(topicNames))
    .option('--channel <name>', 'channel to read from', channelName, channel)
    .option('--max-in-flight <n>', 'how many messages of a topic may be on their way at a time', integer(1, MAX_IN_FLIGHT), 200);
}

/**
 * Runs an engine until Ctrl-C. Problems are told on standard error; on a terminal a line there counts what was moved. No message is given up: one that fails
 * comes again, after a second for each delivery so far, a minute at most.
 * @param done what has happened to a message, as in `12 messages written`
 */
export function forward(
  topics: readonly string[],
  options: ForwardOptions,
  done: string,
  run: (input: ForwardInput, io: ForwardIo) => Promise<void>,
): Promise<void> {
  return interruptible(async (signal) => {
    const { nsqds = [], lookupds = [], ...how } = await clientAddresses(await resolveTargets(options, 'lookupd'), false);
    const source = { nsqds: [nsqds].flat().map((text) => parseAddress(text).text), lookupds: [lookupds].flat() };
    const consumer = {
      ...how,
      userAgent: 'nsq',
      requeueDelay: REQUEUE_MS,
      maxRequeueDelay: MAX_REQUEUE_MS,
      maxFrameBytes: MAX_FRAME_BYTES,
      autoTouch: true,
    };
    const { channel, maxInFlight } = options;
    const progress = new MoveProgress(done);
    try {
      await run({ topics: [...new Set(topics)], channel, maxInFlight, source, consumer }, progress.io(signal));
    } finally {
      progress.end();
    }
  });
}

class MoveProgress {
  readonly #line = new ProgressLine();
  readonly #rate = new Rate();
  readonly #done: string;
  readonly #timer: NodeJS.Timeout;
  #count = 0;

  constructor(done: string) {
    this.#done = done;
    this.#timer = setInterval(() => this.#draw(), REDRAW_MS);
  }

  io(signal: AbortSignal): ForwardIo {
    const tell = (text: string): void => {
      this.#line.clear();
      note(oneLine(text));
    };
    return {
      signal,
      log: tell,
      library: (_instance, consumes) => (level, text) => {
        if (level !== 'INF') tell(consumes === undefined ? text : `[${consumes}] ${text}`);
      },
      moved: (count) => {
        this.#count += count;
        this.#draw();
      },
    };
  }

  end(): void {
    clearInterval(this.#timer);
    this.#line.clear();
  }

  #draw(): void {
    this.#line.update(() => `${counted(this.#count, 'message')} ${this.#done}, ${grouped(this.#rate.of(this.#count))}/s`);
  }
}

/** For options that may be given several times. */
export const collect = (value: string, all: readonly string[] = []): readonly string[] => [...all, value];

/** The same for what has to have a form. */
export const collectChecked =
  (check: (text: string) => string) =>
  (value: string, all: readonly string[] = []): readonly string[] => {
    try {
      return [...all, check(value)];
    } catch (error) {
      throw new InvalidArgumentError(error instanceof Error ? error.message : String(error));
    }
  };

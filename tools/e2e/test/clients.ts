import { Reader, Writer, type ConnectionOptions, type Message, type ReaderOptions } from 'nsqjs';
import { within, type NsqdProcess } from '../src/index.js';

const CONNECT_MS = 5_000;
const PUBLISH_MS = 20_000;

const open = new Set<Reader | Writer>();

/** Closes all readers and writers that are still open: their timers would keep the test from ending. */
export function closeClients(): void {
  for (const client of open) client.close();
  open.clear();
}

/** A connected writer. Its errors come out of `publish`. */
export async function connectWriter(nsqd: NsqdProcess, options: ConnectionOptions = {}): Promise<Writer> {
  const writer = new Writer(nsqd.host, nsqd.tcpPort, { clientId: 'writer', ...options });
  open.add(writer);
  writer.on('error', () => undefined);
  const ready = new Promise<void>((resolve) => writer.once('ready', resolve));
  writer.connect();
  await within(CONNECT_MS, 'writer', ready);
  return writer;
}

/** Publishes one message, or several as one MPUB, and waits for the OK. */
export function publish(writer: Writer, topic: string, messages: string | Buffer | (string | Buffer)[]): Promise<void> {
  const answered = new Promise<void>((resolve, reject) => {
    writer.publish(topic, messages, (error) => {
      if (error === null) resolve();
      else reject(error);
    });
  });
  return within(PUBLISH_MS, 'answer to a publish', answered);
}

/** Readers of one topic; what they complain about is kept. */
export class Readers {
  readonly errors: Error[] = [];
  readonly #nsqd: NsqdProcess;
  readonly #topic: string;

  constructor(nsqd: NsqdProcess, topic: string) {
    this.#nsqd = nsqd;
    this.#topic = topic;
  }

  /** Adds a subscribed reader with a connection of its own. */
  async add(
    channel: string,
    onMessage: (message: Message) => void,
    options: Omit<ReaderOptions, 'nsqdTCPAddresses'> = {},
  ): Promise<Reader> {
    const reader = new Reader(this.#topic, channel, {
      nsqdTCPAddresses: [`${this.#nsqd.host}:${this.#nsqd.tcpPort}`],
      maxInFlight: 100,
      ...options,
    });
    open.add(reader);
    reader.on('error', (error) => this.errors.push(error));
    reader.on('message', onMessage);
    const ready = new Promise<void>((resolve) => reader.once('ready', resolve));
    reader.connect();
    await within(CONNECT_MS, `reader of ${channel}`, ready);
    return reader;
  }
}

/** A reader that is told of nsqlookupds only, by their HTTP addresses, and asks one of them every second. */
export function discover(lookupds: readonly string[], topic: string, channel: string, onMessage: (message: Message) => void): Reader {
  const reader = new Reader(topic, channel, { lookupdHTTPAddresses: [...lookupds], lookupdPollInterval: 1, maxInFlight: 100 });
  open.add(reader);
  reader.on('error', () => undefined); // nsqds come and go
  reader.on('message', onMessage);
  reader.connect();
  return reader;
}

/** Ends a reader as a crash would: the socket is gone, nothing is said before. */
export function kill(reader: Reader): void {
  for (const { conn } of reader.readerRdy.connections) conn.destroy();
  reader.close();
  open.delete(reader);
}

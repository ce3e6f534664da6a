import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import {
  CommandReader,
  ConnectionState,
  FrameType,
  MAGIC_V2,
  ProtocolError,
  encodeFrame,
  encodeMessage,
  type CommandSink,
  type IdentifyResponse,
} from '@nsq/protocol';
import { eventually } from './eventually.js';

const LIMITS = { maxMsgSize: 1024 * 1024, maxBodySize: 5 * 1024 * 1024, maxRdyCount: 2500, maxReqTimeout: 3_600_000 };

/** As 1.3.0 answers with its defaults. */
export const IDENTIFY_RESPONSE: IdentifyResponse = {
  max_rdy_count: 2500,
  version: '1.3.0',
  max_msg_timeout: 900_000,
  msg_timeout: 60_000,
  tls_v1: false,
  deflate: false,
  deflate_level: 6,
  max_deflate_level: 6,
  snappy: false,
  sample_rate: 0,
  auth_required: false,
  output_buffer_size: 16_384,
  output_buffer_timeout: 250,
};

/** What the server answers to a command; null for the usual, an empty string for nothing. An error begins with `E_` and ends the connection if it is fatal. */
export type Script = (command: string, connection: FakeConnection) => string | null;

const NON_FATAL = /^E_(FIN|REQ|TOUCH)_FAILED /;
const hex = (n: number): string => n.toString(16).padStart(16, '0');

/** One client's connection: what it has said, in words, and ways to answer. */
export class FakeConnection {
  /** Each command, such as `SUB topic channel`, `PUB topic body`, `RDY 5`, `NOP`. */
  readonly commands: string[] = [];
  /** How many pieces its bytes came in. */
  reads = 0;
  ended = false;
  readonly socket: Socket;
  readonly #script: Script;
  readonly #reader: CommandReader;
  readonly #identify: Partial<IdentifyResponse>;
  #magic = Buffer.alloc(0);
  #mpubTopic = '';

  constructor(socket: Socket, script: Script, identify: Partial<IdentifyResponse>) {
    this.socket = socket;
    this.#script = script;
    this.#identify = identify;
    this.#reader = new CommandReader(this.#sink(), LIMITS);
    socket.on('data', (chunk) => this.#receive(chunk));
    socket.on('error', () => undefined).on('close', () => (this.ended = true));
  }

  /** The commands of one kind. */
  of(word: string): string[] {
    return this.commands.filter((command) => command.startsWith(word));
  }

  /** The newest RDY, -1 before the first. */
  get rdy(): number {
    return Number(this.of('RDY').at(-1)?.slice(4) ?? -1);
  }

  until(what: string, condition: () => boolean): Promise<void> {
    return eventually(`${what}; so far: ${this.commands.join(', ').slice(0, 500)}`, condition);
  }

  /** Waits for a command. */
  got(command: string): Promise<void> {
    return this.until(command, () => this.commands.includes(command));
  }

  frame(type: FrameType, data: string | Buffer): this {
    this.socket.write(encodeFrame(type, data));
    return this;
  }

  answer(text: string): this {
    return this.frame(text.startsWith('E_') ? FrameType.Error : FrameType.Response, text);
  }

  /** @param number becomes the id, in 16 hex digits */
  message(number: number, body = `body ${number}`, attempts = 1): this {
    const message = { id: hex(number), timestamp: 1_795_355_143_286_884_733n, attempts, body: Buffer.from(body) };
    return this.frame(FrameType.Message, encodeMessage(message));
  }

  #receive(chunk: Buffer): void {
    this.reads++;
    let rest = chunk;
    if (this.#magic.length < MAGIC_V2.length) {
      const all = Buffer.concat([this.#magic, chunk]);
      this.#magic = all.subarray(0, MAGIC_V2.length);
      rest = all.subarray(MAGIC_V2.length);
    }
    try {
      this.#reader.push(rest);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.commands.push(`WRONG ${error.message}`);
      this.socket.end(encodeFrame(FrameType.Error, error.data));
    }
  }

  #say(command: string, usual: string): void {
    this.commands.push(command);
    const text = this.#script(command, this) ?? usual;
    if (text === '') return;
    this.answer(text);
    if (!text.startsWith('E_') || NON_FATAL.test(text)) return;
    this.socket.end();
    this.socket.removeAllListeners('data').resume();
    throw ProtocolError.silent('refused');
  }

  #sink(): CommandSink {
    const text = (bytes: Buffer, at: number, size: number): string => bytes.toString('utf8', at + 4, at + 4 + size);
    const id = (bytes: Buffer, at: number): string => bytes.toString('latin1', at, at + 16);
    return {
      identify: (body) => this.#say(`IDENTIFY ${body.toString()}`, JSON.stringify({ ...IDENTIFY_RESPONSE, ...this.#identify })),
      auth: (secret) => this.#say(`AUTH ${secret.toString()}`, '{"identity":"tester","identity_url":"","permission_count":1}'),
      sub: (topic, channel) => {
        this.#reader.state = ConnectionState.Subscribed;
        this.#say(`SUB ${topic} ${channel}`, 'OK');
      },
      pub: (topic, bytes, at, size) => this.#say(`PUB ${topic} ${text(bytes, at, size)}`, 'OK'),
      dpub: (topic, ms, bytes, at, size) => this.#say(`DPUB ${topic} ${ms} ${text(bytes, at, size)}`, 'OK'),
      mpubBegin: (topic) => (this.#mpubTopic = topic),
      mpub: (bytes, from, end) => {
        const bodies: string[] = [];
        for (let at = from; at < end; at += 4 + bytes.readInt32BE(at)) bodies.push(text(bytes, at, bytes.readInt32BE(at)));
        this.#say(`MPUB ${this.#mpubTopic} ${bodies.join(' ')}`, 'OK');
      },
      rdy: (count) => this.#say(`RDY ${count}`, ''),
      fin: (_hi, _lo, bytes, at) => this.#say(`FIN ${id(bytes, at)}`, ''),
      req: (_hi, _lo, ms, bytes, at) => this.#say(`REQ ${id(bytes, at)} ${ms}`, ''),
      touch: (_hi, _lo, bytes, at) => this.#say(`TOUCH ${id(bytes, at)}`, ''),
      cls: () => {
        this.#reader.state = ConnectionState.Closing;
        this.#say('CLS', 'CLOSE_WAIT');
      },
      nop: () => this.#say('NOP', ''),
    };
  }
}

/** An nsqd that says what it is told to. */
export class FakeNsqd {
  readonly connections: FakeConnection[] = [];
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
  }

  static async start(script: Script = () => null, identify: Partial<IdentifyResponse> = {}, port = 0): Promise<FakeNsqd> {
    const server = createServer({ noDelay: true });
    const fake = new FakeNsqd(server);
    server.on('connection', (socket) => fake.connections.push(new FakeConnection(socket, script, identify)));
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
    return fake;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get address(): string {
    return `127.0.0.1:${this.port}`;
  }

  /** The n-th connection, when it has come and said IDENTIFY. */
  async connection(index = 0): Promise<FakeConnection> {
    await eventually(`connection ${index}`, () => (this.connections[index]?.of('IDENTIFY').length ?? 0) > 0);
    return this.connections[index] as FakeConnection;
  }

  async stop(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    for (const { socket } of this.connections) socket.destroy();
    await closed;
  }
}

/** Runs a test with what must be ended after it, the last first. */
export async function using(
  test: (
    defer: <T extends { stop(): Promise<void> } | { close(options: { timeout: number }): Promise<void> }>(thing: T) => T,
  ) => Promise<void>,
): Promise<void> {
  const things: ({ stop(): Promise<void> } | { close(options: { timeout: number }): Promise<void> })[] = [];
  try {
    await test((thing) => {
      things.push(thing);
      return thing;
    });
  } finally {
    for (const thing of things.reverse()) await ('stop' in thing ? thing.stop() : thing.close({ timeout: 1 }));
  }
}

/** Reconnects quickly. */
export const QUICKLY = { reconnect: { initialDelay: 5, maxDelay: 20 } };

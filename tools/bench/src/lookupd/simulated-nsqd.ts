import { connect, type Socket } from 'node:net';
import { within } from '@nsq/e2e';

const MAGIC = '  V1';
const OK = Buffer.from('\0\0\0\x02OK', 'latin1');
const CONNECT_MS = 10_000;

/** What one nsqd registers. */
export interface Registrations {
  readonly topics: readonly string[];
  /** Of each topic. */
  readonly channels: readonly string[];
}

/** One nsqd as nsqlookupd sees it: a connection that registers, and pings now and then. */
export class SimulatedNsqd {
  readonly #socket: Socket;
  #replies = 0; // bytes that are still to come
  #answered: () => void = () => undefined;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', (chunk) => this.#receive(chunk.length));
  }

  static async connect(host: string, port: number): Promise<SimulatedNsqd> {
    const socket = connect(port, host);
    await within(
      CONNECT_MS,
      'a connection to nsqlookupd',
      new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject)),
    );
    return new SimulatedNsqd(socket);
  }

  /** IDENTIFY and all REGISTERs at once; resolves when all are answered. */
  async register(number: number, { topics, channels }: Registrations, identityBytes: number): Promise<void> {
    const body = Buffer.from(
      JSON.stringify({
        broadcast_address: `10.0.${number >> 8}.${number & 255}`,
        hostname: `node-${number}`,
        tcp_port: 4150,
        http_port: 4151,
        version: '1.3.0',
      }),
    );
    const size = Buffer.alloc(4);
    size.writeUInt32BE(body.length);
    const commands = topics.flatMap((topic) => [`REGISTER ${topic}\n`, ...channels.map((channel) => `REGISTER ${topic} ${channel}\n`)]);
    await this.#send(
      Buffer.concat([Buffer.from(`${MAGIC}IDENTIFY\n`), size, body, Buffer.from(commands.join(''))]),
      identityBytes + commands.length * OK.length,
    );
  }

  async ping(): Promise<void> {
    await this.#send(Buffer.from('PING\n'), OK.length);
  }

  #send(bytes: Buffer, replies: number): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#answered = resolve;
      this.#replies += replies;
      this.#socket.once('close', () => reject(new Error('nsqlookupd has closed a connection')));
      this.#socket.write(bytes);
    });
  }

  #receive(bytes: number): void {
    this.#replies -= bytes;
    if (this.#replies > 0) return;
    this.#socket.removeAllListeners('close');
    this.#answered();
  }

  /** How long nsqlookupd's answer to an IDENTIFY is, frame and all. */
  static async identityBytes(host: string, port: number): Promise<number> {
    const one = await SimulatedNsqd.connect(host, port);
    const socket = one.#socket;
    const body = '{"broadcast_address":"a","hostname":"a","tcp_port":1,"http_port":1,"version":"1"}';
    const size = Buffer.alloc(4);
    size.writeUInt32BE(body.length);
    socket.removeAllListeners('data');
    const first = new Promise<Buffer>((resolve) => socket.once('data', resolve));
    socket.write(Buffer.concat([Buffer.from(`${MAGIC}IDENTIFY\n`), size, Buffer.from(body)]));
    const frame = await within(CONNECT_MS, 'the answer to an IDENTIFY', first);
    socket.destroy();
    return 4 + frame.readUInt32BE(0);
  }

  close(): void {
    this.#socket.removeAllListeners('close').destroy();
  }
}

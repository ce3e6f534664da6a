import { decodeMessage, encodeFin, encodePub, encodeRdy, encodeSub } from '@nsq/protocol';
import { Wire, type TcpAddress } from '../wire.js';
import { within } from '../exit.js';

const PATIENCE_MS = 10_000;
const DIGITS = 8;

/** A client that does nothing wrong: what it publishes has to come back, whatever others do. */
export class Witness {
  static readonly topic = 'witness';
  #wire: Wire | null = null;
  #sent = 0;
  #arrived: (body: string) => void = () => undefined;
  #refused: string | null = null;

  async start(address: TcpAddress): Promise<void> {
    const wire = await Wire.open(address, {
      message: (data) => {
        const message = decodeMessage(data);
        if (message === undefined) return;
        wire.send(encodeFin(message.id));
        this.#arrived(message.body.toString());
      },
      refused: (error) => {
        this.#refused = error;
      },
    });
    this.#wire = wire;
    await wire.request(encodeSub(Witness.topic, 'c'));
    wire.send(encodeRdy(10));
  }

  /** Publishes and gets it back. @throws {Error} when that fails or takes more than 10 s */
  async check(): Promise<void> {
    if (this.#wire === null) throw new Error('the witness has not started');
    const body = String(++this.#sent).padStart(DIGITS, '0');
    const arrived = new Promise<void>((resolve, reject) => {
      this.#arrived = (got) => {
        if (got === body) resolve();
        else reject(new Error(`the witness got ${got} instead of ${body}`));
      };
    });
    await within(
      PATIENCE_MS,
      'the own message of a client on the side',
      Promise.all([this.#wire.request(encodePub(Witness.topic, Buffer.from(body))), arrived]),
    );
    if (this.#refused !== null) throw new Error(`a client on the side was refused: ${this.#refused}`);
  }

  async close(): Promise<void> {
    await this.#wire?.close();
  }
}

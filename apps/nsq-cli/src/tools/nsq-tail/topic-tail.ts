import type { Message } from '@nsq/client';
import type { OutputStream } from '../output-stream.js';

export interface TopicTailOptions {
  /** Before each body. */
  readonly prefix: string;
  /** Messages to show; 0 for all. */
  readonly limit: number;
  /** Is called when the last of them has been shown. */
  readonly onLimit: () => void;
  readonly onFailure: (error: Error) => void;
}

const NEWLINE = Buffer.from('\n');

/** Shows the messages of one topic, and finishes each when it has been written; those behind the limit are given back. */
export class TopicTail {
  readonly #output: OutputStream;
  readonly #options: TopicTailOptions;
  readonly #prefix: Buffer;
  #begun = 0;
  #shown = 0;

  constructor(output: OutputStream, options: TopicTailOptions) {
    this.#output = output;
    this.#options = options;
    this.#prefix = Buffer.from(options.prefix);
  }

  async show(message: Message): Promise<void> {
    const { limit, onLimit, onFailure } = this.#options;
    if (limit > 0 && this.#begun >= limit) {
      message.requeue(0, { backoff: false });
      return;
    }
    this.#begun++;
    try {
      await this.#output.write(Buffer.concat([this.#prefix, message.body, NEWLINE]));
    } catch (error) {
      message.requeue(0, { backoff: false });
      onFailure(error as Error);
      return;
    }
    message.finish();
    if (++this.#shown === limit) onLimit();
  }
}

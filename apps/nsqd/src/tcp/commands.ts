import {
  CLOSE_WAIT_FRAME,
  ConnectionState,
  MESSAGE_FRAME_HEADER_BYTES,
  OK_FRAME,
  ProtocolError,
  decodeIdentify,
  writeMessageFrameHeader,
  type CommandSink,
  type ErrorCode,
} from '@nsq/protocol';
import { errorMessage, goJson } from '@nsq/service';
import { Answer, type Channel } from '../queue/channel.js';
import { Consumer, type ConsumerOutput } from '../queue/consumer.js';
import type { Message } from '../queue/message.js';
import { ExitingError, StoreError } from '../queue/publish-error.js';
import type { Done } from '../queue/topic-log.js';
import type { Topic } from '../queue/topic.js';
import { negotiate } from './client-settings.js';
import type { Connection, ConnectionContext } from './connection.js';
import { Guard } from './guard.js';
import { appendOks } from './ok-frames.js';
import { LARGE_BODY_BYTES } from './output.js';
import { PubRun } from './pub-run.js';
import { chooseLayers } from './upgrades/layers.js';

const SIZE_BYTES = 4;
const ID_BYTES = 16;

/** What the commands of one client do, and what its channel does to it. */
export class Commands implements CommandSink, ConsumerOutput {
  consumer: Consumer | null = null;
  /** Null where everybody may do everything. */
  readonly guard: Guard | null;
  /** Messages published on this connection, by topic. */
  readonly published = new Map<string, number>();
  readonly #connection: Connection;
  readonly #context: ConnectionContext;
  readonly #run = new PubRun();
  #topic: Topic | null = null; // of the last publish
  #mpubTopic = '';
  #delivery: { readonly msgTimeout: number; readonly sampleRate: number } | null = null; // as the first IDENTIFY said
  #unbuffered = false;

  constructor(connection: Connection, context: ConnectionContext) {
    this.#connection = connection;
    this.#context = context;
    const { authorizer } = context;
    this.guard = authorizer === null ? null : new Guard(connection, context, authorizer);
  }

  // ---- publishing

  pub(topic: string, bytes: Buffer, at: number, size: number): void {
    const { guard } = this;
    const run = this.#run;
    // What continues a run is allowed as its first message was.
    if (run.count > 0 && run.add(topic, bytes, at, size)) return;
    this.#publishRun();
    if (guard === null || guard.allows('PUB', topic)) run.add(topic, bytes, at, size);
    else guard.renew('PUB', topic, '', () => void run.add(topic, bytes, at, size));
  }

  /** PUBs are collected while they follow on each other: whatever else happens, they come first. */
  endOfChunk(): void {
    if (this.#run.count > 0) this.#publishRun();
  }

  #publishRun(): void {
    const { topic, bytes, at, end, count, gap } = this.#run;
    if (bytes === null) return;
    this.#run.clear();
    this.#publish('PUB', 'E_PUB_FAILED', topic, count, (target, done) => target.publish(bytes, at, end, count, gap, done));
  }

  dpub(topic: string, deferMs: number, bytes: Buffer, at: number, size: number): void {
    this.endOfChunk();
    const { guard } = this;
    if (guard === null || guard.allows('DPUB', topic)) this.#publishDeferred(topic, deferMs, bytes, at, size);
    else guard.renew('DPUB', topic, '', () => this.#publishDeferred(topic, deferMs, bytes, at, size));
  }

  #publishDeferred(topic: string, deferMs: number, bytes: Buffer, at: number, size: number): void {
    this.#publish('DPUB', 'E_DPUB_FAILED', topic, 1, (target, done) =>
      deferMs > 0 ? target.publishDeferred(bytes, at, size, deferMs, done) : target.publish(bytes, at, at + SIZE_BYTES + size, 1, 0, done),
    );
  }

  mpubBegin(topic: string): void {
    this.endOfChunk();
    const { guard } = this;
    this.#mpubTopic = topic;
    // The topic exists from here on, even if the body turns out bad.
    if (guard === null || guard.allows('MPUB', topic)) this.#topicFor(topic);
    else guard.renew('MPUB', topic, '', () => void this.#topicFor(topic));
  }

  mpub(bytes: Buffer, at: number, end: number, count: number): void {
    this.#publish('MPUB', 'E_MPUB_FAILED', this.#mpubTopic, count, (target, done) => target.publish(bytes, at, end, count, 0, done));
  }

  /** @param put true when the messages are accepted, false when that takes until it calls back */
  #publish(command: string, code: ErrorCode, name: string, count: number, put: (topic: Topic, done: Done) => boolean): void {
    const connection = this.#connection;
    const topic = this.#topicFor(name);
    // An MPUB has one answer, each PUB of a run its own.
    const answers = command === 'PUB' ? count : 1;
    let answer: ((act: () => void) => void) | null = null;
    const accepted = (): void => {
      this.published.set(name, (this.published.get(name) ?? 0) + count);
      appendOks(connection.output, answers);
      connection.wantFlush();
    };
    const refused = (error: Error): ProtocolError => new ProtocolError(code, `${command} failed ${error.message}`, { cause: error });
    try {
      const done: Done = (error) => answer?.(error === null ? accepted : () => connection.fail(refused(error)));
      if (put(topic, done)) connection.responses.after(accepted);
      else answer = connection.responses.reserve();
    } catch (error) {
      if (error instanceof ExitingError || error instanceof StoreError) throw refused(error);
      throw error;
    }
    if (topic.congested) connection.holdBackFor(topic);
  }

  #topicFor(name: string): Topic {
    const known = this.#topic;
    if (known !== null && known.name === name && !known.exiting) return known;
    const { engine } = this.#context;
    const isNew = !engine.topics.has(name);
    const topic = (this.#topic = engine.topic(name));
    // The OK of who makes a topic says that its channels elsewhere get the message too. Nobody else waits.
    if (isNew && !topic.started) {
      const release = this.#connection.responses.reserve();
      topic.whenStarted(() => release(() => undefined));
    }
    return topic;
  }

  // ---- the connection itself

  identify(body: Buffer): void {
    this.endOfChunk();
    const { options, version } = this.#context;
    const { settings, reader } = this.#connection;
    const request = decodeIdentify(body);
    settings.apply(request, options);
    reader.heartbeats = settings.heartbeatInterval > 0;
    this.#unbuffered = settings.outputBufferSize === 1;
    // The first IDENTIFY sets the beat and what delivery goes by; later ones are heard, but only the read deadline follows them.
    if (this.#delivery === null) {
      this.#delivery = { msgTimeout: settings.msgTimeout, sampleRate: settings.sampleRate };
      this.#connection.restartTimers();
    } else {
      this.#connection.restartReadDeadline();
    }
    if (request.feature_negotiation !== true) {
      this.#connection.respondFrame(OK_FRAME);
      return;
    }
    const { layered } = this.#connection;
    const layers = chooseLayers(layered ? {} : request, options, this.#context.tls !== null);
    const answer = goJson(negotiate(settings, layers, options, version));
    if (layers.tls || layers.deflate || layers.snappy) this.#connection.upgrade(answer, layers);
    else this.#connection.respond(answer);
  }

  auth(secret: Buffer): void {
    this.endOfChunk();
    if (this.guard === null) throw new ProtocolError('E_AUTH_DISABLED', 'AUTH disabled');
    this.guard.authenticate(secret);
  }

  nop(): void {
    this.endOfChunk();
  }

  // ---- consuming

  sub(topicName: string, channelName: string): void {
    this.endOfChunk();
    const { guard } = this;
    if (guard === null || guard.allows('SUB', topicName, channelName)) this.#subscribe(topicName, channelName);
    else guard.renew('SUB', topicName, channelName, () => this.#subscribe(topicName, channelName));
  }

  #subscribe(topicName: string, channelName: string): void {
    const { engine, kept } = this.#context;
    const channel = engine.channel(engine.topic(topicName), channelName);
    const keeping = kept(channel);
    if (keeping === null) {
      this.#join(channel);
      return;
    }
    // The OK says that the channel gets what is published from here on, whatever happens.
    const goOn = this.#connection.suspend();
    keeping.then(
      () => goOn(() => this.#join(channel)),
      (error: unknown) =>
        goOn(() => {
          throw new ProtocolError('E_SUB_FAILED', `SUB failed ${errorMessage(error)}`, { cause: error });
        }),
    );
  }

  #join(channel: Channel): void {
    const { settings, reader } = this.#connection;
    const limit = this.#context.options.maxChannelConsumers;
    if (channel.exiting) throw new ProtocolError('E_SUB_FAILED', 'SUB failed exiting');
    if (limit > 0 && channel.consumers.size >= limit) {
      throw new ProtocolError('E_SUB_FAILED', `SUB failed consumers for ${channel.topic.name}:${channel.name} exceeds limit of ${limit}`);
    }
    const { msgTimeout, sampleRate } = this.#delivery ?? settings;
    this.consumer = new Consumer(this, msgTimeout, sampleRate);
    channel.addConsumer(this.consumer);
    reader.state = ConnectionState.Subscribed;
    this.#connection.respondFrame(OK_FRAME);
  }

  rdy(count: number): void {
    this.endOfChunk();
    const { consumer } = this;
    consumer?.channel?.setReady(consumer, count);
  }

  fin(idHi: number, idLo: number, bytes: Buffer, at: number): void {
    if (this.#run.count > 0) this.#publishRun();
    const consumer = this.consumer as Consumer;
    const channel = consumer.channel;
    const answer = channel === null ? Answer.NotInFlight : channel.finish(consumer, idHi, idLo);
    if (answer !== Answer.Ok) this.#refuse('FIN', 'E_FIN_FAILED', answer, bytes, at);
  }

  req(idHi: number, idLo: number, delayMs: number, bytes: Buffer, at: number): void {
    this.#answer('REQ', 'E_REQ_FAILED', bytes, at, (channel, consumer) => channel.requeue(consumer, idHi, idLo, delayMs));
  }

  touch(idHi: number, idLo: number, bytes: Buffer, at: number): void {
    this.#answer('TOUCH', 'E_TOUCH_FAILED', bytes, at, (channel, consumer) => channel.touch(consumer, idHi, idLo));
  }

  cls(): void {
    this.endOfChunk();
    const { consumer } = this;
    consumer?.channel?.setReady(consumer, 0);
    this.#connection.reader.state = ConnectionState.Closing;
    this.#connection.respondFrame(CLOSE_WAIT_FRAME);
  }

  #answer(command: string, code: ErrorCode, bytes: Buffer, at: number, act: (channel: Channel, consumer: Consumer) => Answer): void {
    this.endOfChunk();
    const consumer = this.consumer as Consumer;
    const answer = consumer.channel === null ? Answer.NotInFlight : act(consumer.channel, consumer);
    if (answer !== Answer.Ok) this.#refuse(command, code, answer, bytes, at);
  }

  /** Not fatal: the connection goes on. */
  #refuse(command: string, code: ErrorCode, answer: Answer, bytes: Buffer, at: number): void {
    const reason = answer === Answer.NotInFlight ? 'ID not in flight' : 'client does not own message';
    const id = bytes.subarray(at, at + ID_BYTES);
    this.#connection.respondError(
      new ProtocolError(code, Buffer.concat([Buffer.from(`${command} `), id, Buffer.from(` failed ${reason}`)])),
    );
  }

  // ---- what the channel does

  send(message: Message): boolean {
    const { output } = this.#connection;
    const { size } = message;
    if (size >= LARGE_BODY_BYTES) {
      output.reserve(MESSAGE_FRAME_HEADER_BYTES);
      this.#writeHeader(message);
      output.append(message.bytes.subarray(message.at + SIZE_BYTES, message.at + SIZE_BYTES + size));
    } else {
      output.reserve(MESSAGE_FRAME_HEADER_BYTES + size);
      this.#writeHeader(message);
      message.bytes.copy(output.bytes, output.used, message.at + SIZE_BYTES, message.at + SIZE_BYTES + size);
      output.used += size;
    }
    if (this.#unbuffered) output.flushInTurn();
    else this.#connection.wantFlush();
    return !output.full;
  }

  #writeHeader(message: Message): void {
    const { output } = this.#connection;
    const { size, timestampHi, timestampLo, attempts, idHi, idLo } = message;
    writeMessageFrameHeader(output.view, output.used, size, timestampHi, timestampLo, attempts, idHi, idLo);
    output.used += MESSAGE_FRAME_HEADER_BYTES;
  }

  close(): void {
    this.#connection.destroy();
  }

  /** The output has been sent. */
  drained(): void {
    this.consumer?.unblock();
  }

  /** The connection ends: its subscription with it. */
  leave(): void {
    const { consumer, guard } = this;
    guard?.access.leave();
    if (consumer === null) return;
    consumer.channel?.removeConsumer(consumer);
  }
}

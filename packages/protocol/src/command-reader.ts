import { CommandLine } from './command-line.js';
import { ConnectionState, type CommandLimits, type CommandSink } from './command-sink.js';
import { parseDecimal, signedText, wrapMilliseconds, type Decimal } from './decimal.js';
import { ProtocolError, type ErrorCode } from './errors.js';
import { parseHexWord } from './message-id.js';
import { MpubWalker, maxMessageCount } from './mpub-body.js';
import { Pieces } from './pieces.js';

const LF = 10;
const CR = 13;
const SPACE = 32;
const SIZE_BYTES = 4;
const ID_BYTES = 16;
/** Longest command line, its line feed included. */
export const MAX_LINE_BYTES = 16_384;
const FIN_LINE_BYTES = 'FIN '.length + ID_BYTES + 1;
const FIN_WORD = Buffer.from('FIN ').readInt32BE(0);
const PUB_WORD = Buffer.from('PUB ').readInt32BE(0);

/** Commands that are followed by a length and a body. */
type BodyCommand = 'IDENTIFY' | 'AUTH' | 'PUB' | 'DPUB' | 'MPUB';
const BODY_ERROR: Readonly<Record<BodyCommand, ErrorCode>> = {
  IDENTIFY: 'E_BAD_BODY',
  AUTH: 'E_BAD_BODY',
  PUB: 'E_BAD_MESSAGE',
  DPUB: 'E_BAD_MESSAGE',
  MPUB: 'E_BAD_BODY',
};

/** What the reader waits for next. */
const Step = { Line: 0, Size: 1, Body: 2, Count: 3, Messages: 4 } as const;
type Step = (typeof Step)[keyof typeof Step];

/**
 * Reads the commands of one client, for servers. Chunks may be cut anywhere: the same commands come out. Nothing is allocated for a length
 * that is only announced, every check is made as soon as its bytes are there, and only a command that a chunk boundary cuts is copied, once.
 *
 * The owner keeps `state` (after SUB and CLS), and may `pause` inside a sink call: then nothing more is read until `resume`, and
 * `takeRest` gives what came behind the last command to another layer.
 */
export class CommandReader {
  state: ConnectionState = ConnectionState.Init;
  /** Refuse everything but IDENTIFY: the connection must go on TLS first. */
  tlsMissing = false;
  /** Commands read to their end so far. */
  completed = 0;
  /** SUB needs heartbeats. */
  heartbeats = true;

  readonly #sink: CommandSink;
  readonly #limits: CommandLimits;
  readonly #walker: MpubWalker;
  #step: Step = Step.Line;
  #command: BodyCommand = 'PUB';
  #size = 0; // of the body under way
  #count = 0; // messages of the MPUB under way
  #deferMs = 0;
  #topic = '';
  #topicBytes = Buffer.alloc(0); // of #topic: a client that stays with one topic makes no string
  readonly #pieces = new Pieces(); // of what a chunk boundary cut
  #want = 0; // bytes that #pieces must reach; a line has no such number
  #paused = false;
  #running = false;
  #failed = false;
  #held: Buffer[] = []; // what came while paused

  constructor(sink: CommandSink, limits: CommandLimits) {
    this.#sink = sink;
    this.#limits = limits;
    this.#walker = new MpubWalker(limits.maxMsgSize, limits.maxBodySize);
  }

  get paused(): boolean {
    return this.#paused;
  }

  /** Takes what came off the socket. @throws {ProtocolError} nothing is read after it: what comes then is dropped */
  push(chunk: Buffer): void {
    if (this.#failed) return;
    if (this.#paused || this.#running) {
      this.#held.push(chunk);
      return;
    }
    this.#running = true;
    let sound = false;
    try {
      this.#take(chunk);
      for (let next = this.#nextHeld(); next !== undefined; next = this.#nextHeld()) this.#take(next);
      sound = true;
    } finally {
      this.#running = false;
      if (!sound) this.#fail();
    }
  }

  #fail(): void {
    this.#failed = true;
    this.#step = Step.Line;
    this.#pieces.clear();
    this.#held = [];
  }

  /** Reads nothing more until `resume`. What is pushed meanwhile is kept without a bound: pause the socket as well. */
  pause(): void {
    this.#paused = true;
  }

  /** Goes on with what was held back. @throws {ProtocolError} as `push` */
  resume(): void {
    this.#paused = false;
    const next = this.#running ? undefined : this.#nextHeld();
    if (next !== undefined) this.push(next);
  }

  /**
   * Hands over the bytes that were received but not read, and forgets them.
   * @throws {Error} inside a sink call, where the reader does not have them yet: `pause` there, and call this when `push` is back
   */
  takeRest(): Buffer {
    if (this.#running) throw new Error('takeRest inside a sink call');
    const rest = this.#pieces.complete(Buffer.concat(this.#held));
    this.#held = [];
    return rest;
  }

  /**
   * What is wrong when the stream ends, or its time is up, here. `undefined` between commands, inside an unfinished line, and after `push`
   * has thrown.
   */
  end(): ProtocolError | undefined {
    const command = this.#command;
    switch (this.#step) {
      case Step.Line:
        return undefined;
      case Step.Size:
        return this.#bodyError(`failed to read ${this.#noun} size`);
      case Step.Body:
        return this.#bodyError(`failed to read ${this.#noun}`);
      case Step.Count:
        return new ProtocolError('E_BAD_BODY', `${command} failed to read message count`);
      case Step.Messages:
        return this.#walker.cut();
    }
  }

  get #betweenCommands(): boolean {
    return this.#step === Step.Line;
  }

  get #noun(): string {
    return this.#command === 'PUB' || this.#command === 'DPUB' ? 'message body' : 'body';
  }

  #bodyError(text: string): ProtocolError {
    return new ProtocolError(BODY_ERROR[this.#command], `${this.#command} ${text}`);
  }

  #nextHeld(): Buffer | undefined {
    return this.#paused ? undefined : this.#held.shift();
  }

  #hold(rest: Buffer): void {
    if (rest.length > 0) this.#held.unshift(rest);
  }

  /** Completes what the last chunk left unfinished, then reads on in this one. */
  #take(chunk: Buffer): void {
    let pos = 0;
    while (this.#pieces.bytes > 0) {
      const stop = this.#endOfCut(chunk, pos);
      if (stop > chunk.length) return this.#pieces.add(pos === 0 ? chunk : chunk.subarray(pos));
      const joined = this.#pieces.complete(chunk.subarray(pos, stop));
      pos = stop;
      this.#run(joined, 0);
      if (this.#paused) return this.#hold(chunk.subarray(pos));
    }
    this.#run(chunk, pos);
  }

  /** Where the cut piece ends in this chunk, beyond it when it does not. */
  #endOfCut(chunk: Buffer, pos: number): number {
    const have = this.#pieces.bytes;
    switch (this.#step) {
      case Step.Line: {
        const at = chunk.indexOf(LF, pos);
        if (have + (at < 0 ? chunk.length : at) - pos >= MAX_LINE_BYTES) throw ProtocolError.silent('command line too long');
        return at < 0 ? chunk.length + 1 : at + 1;
      }
      case Step.Messages: {
        const stop = this.#walker.walk(chunk, pos);
        return this.#walker.done ? stop : chunk.length + 1;
      }
      default:
        return pos + this.#want - have;
    }
  }

  #save(buf: Buffer, pos: number, want: number): void {
    this.#pieces.add(buf.subarray(pos));
    this.#want = want;
  }

  /** Reads commands from `pos` until the bytes run out or somebody pauses. */
  #run(buf: Buffer, start: number): void {
    let pos = start;
    const end = buf.length;
    while (!this.#paused) {
      switch (this.#step) {
        case Step.Line: {
          const left = end - pos;
          if (left >= FIN_LINE_BYTES && buf[pos + FIN_LINE_BYTES - 1] === LF && buf.readInt32BE(pos) === FIN_WORD) {
            const hi = parseHexWord(buf, pos + 4);
            const lo = parseHexWord(buf, pos + 12);
            // An id with something else than hex in it may hold a space or a line feed: the slow path looks closer.
            if (hi === hi && lo === lo && this.state !== ConnectionState.Init && !this.tlsMissing) {
              this.#sink.fin(hi, lo, buf, pos + 4);
              pos += FIN_LINE_BYTES;
              this.completed++;
              continue;
            }
          }
          let at = pos;
          const stop = left > MAX_LINE_BYTES ? pos + MAX_LINE_BYTES : end;
          while (at < stop && buf[at] !== LF) at++;
          if (at === stop) {
            if (at - pos >= MAX_LINE_BYTES) throw ProtocolError.silent('command line too long');
            this.#save(buf, pos, 0);
            return;
          }
          const next = at + 1;
          if (at > pos && buf[at - 1] === CR) at--;
          this.#line(buf, pos, at);
          pos = next;
          if (this.#betweenCommands) this.completed++;
          break;
        }
        case Step.Size: {
          if (end - pos < SIZE_BYTES) return this.#save(buf, pos, SIZE_BYTES);
          this.#checkSize(buf.readInt32BE(pos));
          // A message keeps its size field in front: that is how it is walked later.
          if (this.#command === 'MPUB') pos += SIZE_BYTES;
          this.#step = this.#command === 'MPUB' ? Step.Count : Step.Body;
          break;
        }
        case Step.Body: {
          const bytes = SIZE_BYTES + this.#size;
          if (end - pos < bytes) return this.#save(buf, pos, bytes);
          this.#step = Step.Line;
          this.#body(buf, pos);
          pos += bytes;
          this.completed++;
          break;
        }
        case Step.Count: {
          if (end - pos < SIZE_BYTES) return this.#save(buf, pos, SIZE_BYTES);
          this.#count = buf.readInt32BE(pos);
          if (this.#count <= 0 || this.#count > maxMessageCount(this.#limits.maxBodySize)) {
            throw new ProtocolError('E_BAD_BODY', `MPUB invalid message count ${this.#count}`);
          }
          pos += SIZE_BYTES;
          this.#walker.begin(this.#count);
          this.#step = Step.Messages;
          break;
        }
        case Step.Messages: {
          // A joined batch has been walked to its end already.
          const stop = this.#walker.done ? end : this.#walker.walk(buf, pos);
          if (!this.#walker.done) return this.#save(buf, pos, 0);
          this.#step = Step.Line;
          this.#sink.mpub(buf, pos, stop, this.#count);
          pos = stop;
          this.completed++;
          break;
        }
      }
    }
    this.#hold(buf.subarray(pos));
  }

  #line(buf: Buffer, from: number, to: number): void {
    if (!this.tlsMissing && to - from > 4 && buf.readInt32BE(from) === PUB_WORD && this.#sameTopic(buf, from + 4, to)) {
      this.#expectBody('PUB');
      return;
    }
    const line = new CommandLine(buf, from, to);
    const name = line.text(0);
    if (this.tlsMissing && name !== 'IDENTIFY') {
      throw new ProtocolError(
        'E_INVALID',
        Buffer.concat([Buffer.from('cannot '), line.raw(0), Buffer.from(' in current state (TLS required)')]),
      );
    }
    switch (name) {
      case 'FIN':
      case 'TOUCH':
      case 'REQ':
        return this.#answer(name, line);
      case 'RDY':
        return this.#rdy(line);
      case 'NOP':
        return this.#sink.nop();
      case 'PUB':
      case 'DPUB':
      case 'MPUB':
        return this.#publish(name, line);
      case 'SUB':
        this.#mustBe(name, ConnectionState.Init);
        if (!this.heartbeats) throw new ProtocolError('E_INVALID', 'cannot SUB with heartbeats disabled');
        line.need(2, 'parameters');
        return this.#sink.sub(line.topic(1), line.channel(2));
      case 'CLS':
        this.#mustBe(name, ConnectionState.Subscribed);
        return this.#sink.cls();
      case 'IDENTIFY':
        this.#mustBe(name, ConnectionState.Init);
        return this.#expectBody(name);
      case 'AUTH':
        this.#mustBe(name, ConnectionState.Init);
        if (line.argCount > 0) throw new ProtocolError('E_INVALID', 'AUTH invalid number of parameters');
        return this.#expectBody(name);
      default:
        throw new ProtocolError('E_INVALID', line.withRaw('invalid command ', 0));
    }
  }

  #mustBe(command: string, state: ConnectionState): void {
    if (this.state !== state) throw new ProtocolError('E_INVALID', `cannot ${command} in current state`);
  }

  /** Whether the first parameter is the topic of the last publish, so that its checks and its string need no second making. */
  #sameTopic(buf: Buffer, from: number, to: number): boolean {
    const known = this.#topicBytes;
    const length = known.length;
    if (length === 0 || to - from < length || (to - from > length && buf[from + length] !== SPACE)) return false;
    for (let i = 0; i < length; i++) if (buf[from + i] !== known[i]) return false;
    return true;
  }

  #publish(command: 'PUB' | 'DPUB' | 'MPUB', line: CommandLine): void {
    line.need(command === 'DPUB' ? 2 : 1, 'parameters');
    if (!this.#sameTopic(line.bytes, line.start(1), line.end(1))) {
      this.#topic = line.topic(1);
      this.#topicBytes = Buffer.from(this.#topic);
    }
    if (command === 'DPUB') this.#deferMs = this.#defer(line);
    this.#expectBody(command);
    if (command === 'MPUB') this.#sink.mpubBegin(this.#topic);
  }

  #defer(line: CommandLine): number {
    const defer = parseDecimal(line.bytes, line.start(2), line.end(2));
    if (defer === undefined) throw new ProtocolError('E_INVALID', line.withRaw('DPUB could not parse timeout ', 2));
    const ms = wrapMilliseconds(defer);
    if (ms < 0 || ms > this.#limits.maxReqTimeout) {
      throw new ProtocolError('E_INVALID', `DPUB timeout ${defer.unsigned} out of range 0-${Math.trunc(this.#limits.maxReqTimeout)}`);
    }
    return ms;
  }

  #rdy(line: CommandLine): void {
    if (this.state === ConnectionState.Closing) return;
    this.#mustBe('RDY', ConnectionState.Subscribed);
    const count: Decimal | undefined =
      line.argCount === 0 ? { value: 1, unsigned: '1' } : parseDecimal(line.bytes, line.start(1), line.end(1));
    if (count === undefined) throw new ProtocolError('E_INVALID', line.withRaw('RDY could not parse count ', 1));
    if (count.value < 0 || count.value > this.#limits.maxRdyCount) {
      throw new ProtocolError('E_INVALID', `RDY count ${signedText(count)} out of range 0-${this.#limits.maxRdyCount}`);
    }
    this.#sink.rdy(count.value);
  }

  #answer(command: 'FIN' | 'TOUCH' | 'REQ', line: CommandLine): void {
    if (this.state === ConnectionState.Init) throw new ProtocolError('E_INVALID', `cannot ${command} in current state`);
    line.need(command === 'REQ' ? 2 : 1, 'params');
    const at = line.start(1);
    if (line.end(1) - at !== ID_BYTES) throw new ProtocolError('E_INVALID', 'invalid message ID');
    const hi = parseHexWord(line.bytes, at);
    const lo = parseHexWord(line.bytes, at + 8);
    if (command === 'FIN') return this.#sink.fin(hi, lo, line.bytes, at);
    if (command === 'TOUCH') return this.#sink.touch(hi, lo, line.bytes, at);
    const delay = parseDecimal(line.bytes, line.start(2), line.end(2));
    if (delay === undefined) throw new ProtocolError('E_INVALID', line.withRaw('REQ could not parse timeout ', 2));
    const ms = Math.min(Math.max(wrapMilliseconds(delay), 0), this.#limits.maxReqTimeout);
    this.#sink.req(hi, lo, ms, line.bytes, at);
  }

  #expectBody(command: BodyCommand): void {
    this.#command = command;
    this.#step = Step.Size;
  }

  #checkSize(size: number): void {
    this.#size = size;
    const command = this.#command;
    const publish = command === 'PUB' || command === 'DPUB';
    const max = publish ? this.#limits.maxMsgSize : this.#limits.maxBodySize;
    if (size > max) throw this.#bodyError(`${publish ? 'message' : 'body'} too big ${size} > ${max}`);
    if (size <= 0) throw this.#bodyError(`invalid ${this.#noun} size ${size}`);
  }

  #body(buf: Buffer, at: number): void {
    switch (this.#command) {
      case 'PUB':
        return this.#sink.pub(this.#topic, buf, at, this.#size);
      case 'DPUB':
        return this.#sink.dpub(this.#topic, this.#deferMs, buf, at, this.#size);
      case 'IDENTIFY':
        return this.#sink.identify(buf.subarray(at + SIZE_BYTES, at + SIZE_BYTES + this.#size));
      case 'AUTH':
        return this.#sink.auth(buf.subarray(at + SIZE_BYTES, at + SIZE_BYTES + this.#size));
      case 'MPUB':
        throw new Error('an MPUB is walked, not collected');
    }
  }
}

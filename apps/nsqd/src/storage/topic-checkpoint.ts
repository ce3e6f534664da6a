import type { Batch } from '../queue/batch.js';
import type { Engine } from '../queue/engine.js';
import type { Message } from '../queue/message.js';
import type { Topic } from '../queue/topic.js';
import type { ChannelCheckpoint, Checkpoint, UnfinishedEntry } from './checkpoint.js';
import type { SegmentUse } from './segments.js';
import type { TopicStorage } from './topic-storage.js';

/** A checkpoint, and the segments below which nothing is needed any more once it is durable. */
export interface Capture {
  readonly checkpoint: Checkpoint;
  readonly freeBefore: number;
}

/** What a topic's checkpoint says at this moment: messages that are in memory only do not count. */
export function captureCheckpoint(engine: Engine, topic: Topic, storage: TopicStorage): Capture {
  // Engine time ends with the process, so a deferral is stored by the time of day.
  const offset = engine.wallOffset;
  const needed = topic.firstNeeded();
  const scanFrom = storage.segments.firstUsed;
  const waiting = topic.waitingDeferred.filter(({ message }) => message.segment !== null);
  const channels: ChannelCheckpoint[] = [];
  for (const channel of topic.channels.values()) {
    if (channel.ephemeral) continue;
    const unfinished: UnfinishedEntry[] = [];
    for (const message of channel.unfinished) {
      if (message.segment !== null) unfinished.push(entryOf(message, channel.isDeferred(message) ? message.due + offset : 0));
    }
    channels.push({ name: channel.name, seq: channel.position, unfinished, foreign: channel.foreign });
  }
  const end = storage.toldEnd;
  topic.holes.forgetBefore(needed);
  return {
    checkpoint: {
      head: topic.head,
      dispatched: topic.dispatched,
      holes: topic.holes.all,
      end,
      scanFrom: Math.min(scanFrom, end.segment),
      waiting: waiting.map(({ message, delay }) => entryOf(message, delay)),
      channels,
    },
    freeBefore: Math.min(scanFrom, segmentOf(storage, needed), end.segment),
  };
}

function entryOf(message: Message, dueAt: number): UnfinishedEntry {
  return { idHi: message.idHi, idLo: message.idLo, attempts: message.attempts, dueAt };
}

/** The segment that holds a sequence number; the one being written for what is not in the log. */
function segmentOf(storage: TopicStorage, seq: number): number {
  const segments = storage.log?.segments ?? [];
  for (const { number, endSequence } of segments) if (endSequence > seq) return number;
  return segments.at(-1)?.number ?? 0;
}

/** Stores what is in memory only, for a stop: nothing may change any more. Resolves when all is written. @throws what could not be */
export async function storeRest(engine: Engine, topic: Topic, storage: TopicStorage): Promise<void> {
  const offset = engine.wallOffset;
  const writes: Promise<void>[] = [];
  const write = (start: (done: (error: Error | null) => void) => void): void => {
    writes.push(new Promise((resolve, reject) => start((error) => (error === null ? resolve() : reject(error)))));
  };
  // What is on its way already must not be written a second time; and what is written then may have the next follow.
  while (isWriting(topic)) await storage.settled();
  const needed = topic.firstNeeded();
  for (let batch = topic.window.first as typeof topic.window.first | null; batch !== null; batch = batch.next) {
    const one = batch;
    if (one.count === 0 || one.segment !== null) continue;
    if (storage.empty && one.seq + one.count <= needed) continue;
    if (one.gap > 0) one.pack();
    write((done) => storage.append(one, done));
  }
  for (const channel of topic.channels.values()) {
    if (channel.ephemeral) continue;
    for (const message of channel.unfinished) {
      if (message.segment !== null) continue;
      write((done) => storage.appendDeferred(message, [channel.name], channel.isDeferred(message) ? message.due + offset : 0, done));
    }
  }
  for (const { message, delay } of topic.waitingDeferred) {
    if (message.segment === null) write((done) => storage.appendDeferred(message, [], delay, done));
  }
  await Promise.all(writes);
}

function isWriting(topic: Topic): boolean {
  for (let batch: Batch | null = topic.window.first; batch !== null; batch = batch.next) if (batch.writing) return true;
  return false;
}

/** A message that alone keeps an old segment, and for whom. */
interface Carried {
  readonly message: Message;
  readonly channels: readonly string[];
  readonly dueAt: number;
}

/** Most messages that one checkpoint carries forward. */
const MAX_CARRIED = 10_000;

/**
 * Writes the few messages again that keep an old segment alive which no channel has to read any more, so that it can be freed at the
 * checkpoint after this one.
 */
export function carryForward(engine: Engine, topic: Topic, storage: TopicStorage): void {
  const { log } = storage;
  if (log === null) return;
  const old = oldSegments(storage, topic.firstNeeded());
  if (old.size === 0) return;
  const offset = engine.wallOffset;
  const carried: Carried[] = [];
  for (const channel of topic.channels.values()) {
    for (const message of channel.unfinished) {
      if (carried.length >= MAX_CARRIED) break;
      if (!old.has(message.segment as SegmentUse)) continue;
      carried.push({ message, channels: [channel.name], dueAt: channel.isDeferred(message) ? message.due + offset : 0 });
    }
  }
  for (const { message, delay } of topic.waitingDeferred) {
    if (carried.length < MAX_CARRIED && old.has(message.segment as SegmentUse)) carried.push({ message, channels: [], dueAt: delay });
  }
  for (const { message, channels, dueAt } of carried) {
    const { idHi, idLo, segment } = message;
    storage.carry(message, channels, dueAt, (location) => {
      // The object may carry another message by now.
      if (location === null || message.idHi !== idHi || message.idLo !== idLo || message.segment !== segment) return;
      message.hold(storage.segments.use(location.segment));
    });
  }
}

/** Segments, the newest two left out, that hold nothing that is needed but a few unfinished messages. */
function oldSegments(storage: TopicStorage, needed: number): Set<SegmentUse> {
  const segments = storage.log?.segments ?? [];
  const newest = segments.at(-1)?.number ?? 0;
  const old = new Set<SegmentUse>();
  for (const { number, endSequence } of segments) {
    const use = storage.segments.use(number);
    if (number < newest - 1 && endSequence <= needed && use.unfinished > 0 && use.unfinished <= MAX_CARRIED) old.add(use);
  }
  return old;
}

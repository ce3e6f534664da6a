import { CommitLog, FileCache, LogError, type Damage, type LogReader, type LogRecord } from '../src/index.js';
import { SeededRandom, SimulatedFileSystem } from '../src/testing/index.js';

const FOLDER = '/data/topic';

interface Appended {
  readonly id: number;
  readonly sequence: number;
  readonly count: number;
  readonly bytes: number;
  /** Of the process that appended it. */
  readonly life: number;
  state: 'pending' | 'written' | 'synced' | 'failed';
  /** A drop or a reset may have taken it, or has. */
  mayBeGone: boolean;
  isGone: boolean;
  /** A reset was asked for: one that fails may still happen when the power fails. */
  unwanted: boolean;
  /** A datasync failed, and the process that knew is gone: later ones cannot be relied on for this record. */
  forgotten: boolean;
  /** It failed and is there all the same, after a crash: between others of the same numbers, so not in the order of the appends. */
  outOfPlace: boolean;
}

/** What the run did, so that a test can see that the interesting things happen. */
export interface Outcome {
  appended: number;
  failed: number;
  crashes: number;
  damaged: number;
  cut: number;
  survivedPowerLoss: number;
}

/** One log, used at random over some processes that end in crashes, against a list of what it was given. */
export class Simulation {
  readonly outcome: Outcome = { appended: 0, failed: 0, crashes: 0, damaged: 0, cut: 0, survivedPowerLoss: 0 };
  readonly #random: SeededRandom;
  readonly #segmentBytes: number;
  readonly #failing: boolean;
  readonly #trace: ((line: string) => void) | undefined;
  #fs: SimulatedFileSystem;
  #log!: CommitLog;
  #reader!: LogReader;
  /** In the order of the appends. */
  readonly #model: Appended[] = [];
  readonly #byId = new Map<number, Appended>();
  #nextId = 1;
  #life = 0;
  #powerFailed = false;
  #lastRead = 0;
  #lastDone = 0;
  #underWay = new Set<Promise<void>>();

  /** @param trace told what happens on the file system and what is read */
  constructor(seed: number, trace?: (line: string) => void) {
    this.#trace = trace;
    this.#random = new SeededRandom(seed);
    this.#fs = new SimulatedFileSystem({ seed, folders: ['/data'], ...(trace === undefined ? {} : { trace }) });
    this.#segmentBytes = this.#random.between(200, 4000);
    this.#failing = this.#random.chance(0.5);
  }

  async run(): Promise<void> {
    const lives = this.#random.between(2, 4);
    for (this.#life = 1; this.#life <= lives; this.#life++) {
      await this.#open();
      for (let steps = this.#random.between(3, 30); steps > 0; steps--) await this.#step();
      await this.#end();
    }
    await this.#open();
    await this.#log.close();
    expect(this.#fs.openFiles).toBe(0);
  }

  async #open(): Promise<void> {
    this.#fs.heal();
    this.#fs.capacity = Infinity;
    const highest = this.#model.reduce((most, each) => (each.state === 'failed' ? most : Math.max(most, each.sequence + each.count)), 0);
    const { log, recovery } = await CommitLog.open({
      folder: FOLDER,
      fileSystem: this.#fs,
      segmentBytes: this.#segmentBytes,
      files: new FileCache({ maxOpen: this.#random.between(1, 4), idleMs: Infinity }),
      ...(this.#random.chance(0.3) ? { nextSequence: highest } : {}),
      onDamage: (damage) => this.#damaged(damage),
    });
    this.#log = log;
    this.outcome.cut += recovery.cutBytes;
    await this.#checkSurvivors();
    this.#reader = log.read(log.firstSequence);
    this.#lastRead = this.#lastDone = 0;
  }

  #damaged(damage: Damage): void {
    this.outcome.damaged++;
    expect(damage.endSequence).toBeGreaterThanOrEqual(damage.firstSequence);
    // A process that ends leaves no holes.
    if (!this.#powerFailed) throw new Error(`damage without a power failure: ${JSON.stringify(damage)}`);
  }

  async #checkSurvivors(): Promise<void> {
    const reader = this.#log.read(this.#log.firstSequence);
    const found = new Set<Appended>();
    let sequence = 0;
    let id = 0;
    for (let records = await reader.next(); records !== null; records = await reader.next(this.#random.between(1, 2000))) {
      for (const record of records) {
        const entry = this.#checkRecord(record);
        if (record.sequence < sequence || found.has(entry)) throw new Error(`comes twice: ${JSON.stringify(entry)}`);
        sequence = record.sequence + record.count;
        found.add(entry);
        if (entry.state === 'failed') entry.outOfPlace = entry.forgotten = true;
        if (entry.outOfPlace) continue;
        if (entry.id <= id) throw new Error(`out of order: ${JSON.stringify(entry)} behind ${id}`);
        id = entry.id;
      }
    }
    reader.close();
    expect(this.#log.nextSequence).toBeGreaterThanOrEqual(sequence);
    expect(this.#log.writtenSequence).toBe(this.#log.nextSequence);
    for (const entry of this.#model) {
      if (found.has(entry)) {
        if (entry.isGone) throw new Error(`deleted by a reset, and back: ${JSON.stringify(entry)}`);
        if (entry.state === 'pending' || entry.state === 'failed') entry.state = 'written';
        continue;
      }
      const mayBeLost = entry.mayBeGone || entry.unwanted || entry.state === 'pending' || entry.state === 'failed';
      if (!mayBeLost) throw new Error(`lost: ${JSON.stringify(entry)} of life ${entry.life}, now ${this.#life}`);
    }
    // A later power failure can bring back what was removed.
    for (const entry of this.#model) {
      entry.mayBeGone = !found.has(entry);
      if (entry.mayBeGone) entry.state = 'failed';
    }
  }

  #checkRecord(record: LogRecord): Appended {
    const id = record.payload.length < 4 ? 0 : record.payload.readUInt32BE(0);
    const entry = this.#byId.get(id);
    this.#trace?.(
      `  read ${id}, sequence ${record.sequence} + ${record.count}, at ${record.segment}:${record.offset}, ${entry?.state ?? ''}`,
    );
    if (entry === undefined) throw new Error(`a record that was never appended: ${JSON.stringify(record)}`);
    if (record.sequence !== entry.sequence || record.count !== entry.count || !record.payload.equals(payloadOf(id, entry.bytes))) {
      throw new Error(`not what was appended: ${JSON.stringify(record)} for ${JSON.stringify(entry)}`);
    }
    return entry;
  }

  async #step(): Promise<void> {
    const random = this.#random;
    const what = random.below(100);
    if (what < 50) this.#append();
    else if (what < 65) await this.#read();
    else if (what < 72) this.#sync();
    else if (what < 78) this.#drop();
    else if (what < 80) this.#reset();
    else if (what < 90) await this.#wait(random.between(1, 6));
    else if (what < 95) await this.#settled();
    else if (this.#failing) this.#upset();
  }

  #append(): void {
    for (let left = this.#random.between(1, 6); left > 0; left--) {
      const id = this.#nextId++;
      const bytes = this.#random.chance(0.1) ? this.#random.between(4, 9000) : this.#random.between(4, 300);
      const count = this.#random.chance(0.15) ? 0 : this.#random.between(1, 5);
      const until = this.#random.chance(0.3) ? 'synced' : 'written';
      const life = this.#life;
      const entry: Appended = {
        id,
        sequence: this.#log.nextSequence,
        count,
        bytes,
        life,
        state: 'pending',
        mayBeGone: false,
        isGone: false,
        unwanted: false,
        forgotten: false,
        outOfPlace: false,
      };
      this.#model.push(entry);
      this.#byId.set(id, entry);
      this.outcome.appended++;
      const payload = payloadOf(id, bytes);
      const cut = this.#random.below(bytes + 1);
      const done = new Promise<void>((resolve) => {
        this.#log.append(count, [payload.subarray(0, cut), payload.subarray(cut)], until, (error) => {
          if (id <= this.#lastDone) throw new Error(`callback ${id} after ${this.#lastDone}`);
          this.#lastDone = id;
          if (error !== null) {
            expect(error).toMatchObject({ code: 'E_WRITE' });
            entry.state = 'failed';
            this.outcome.failed++;
          } else if (until === 'written') entry.state = 'written';
          else this.#syncedUpTo(id);
          resolve();
        });
      });
      this.#track(done);
    }
  }

  /** What is in front of something synced is synced too. */
  #syncedUpTo(id: number): void {
    for (const entry of this.#model) {
      if (entry.id === id || (entry.id < id && entry.state === 'written' && isKept(entry))) entry.state = 'synced';
    }
  }

  #sync(): void {
    const last = this.#model.at(-1)?.id ?? 0;
    this.#track(
      this.#log.sync().then(() => {
        for (const entry of this.#model) if (entry.id <= last && entry.state === 'written' && isKept(entry)) entry.state = 'synced';
      }, expectWriteError),
    );
  }

  #drop(): void {
    const segments = this.#log.segments;
    if (segments.length < 2) return;
    const segment = this.#random.pick(segments);
    const gone = this.#model.filter(
      (entry) => entry.sequence < segment.firstSequence || (entry.count === 0 && entry.sequence === segment.firstSequence),
    );
    for (const entry of gone) entry.mayBeGone = true;
    this.#trace?.(`  drop before ${segment.number}`);
    this.#track(this.#log.dropBefore(segment.number).catch(expectWriteError));
  }

  #reset(): void {
    const gone = [...this.#model];
    this.#trace?.('  reset');
    for (const entry of gone) entry.mayBeGone = entry.unwanted = true;
    this.#track(
      this.#log.reset(this.#log.nextSequence + this.#random.below(10)).then(() => {
        this.#trace?.('  reset done');
        for (const entry of gone) entry.isGone = true;
      }, expectWriteError),
    );
  }

  async #read(): Promise<void> {
    try {
      const records = await this.#reader.next(this.#random.between(1, 5000));
      for (const record of records ?? []) {
        const entry = this.#checkRecord(record);
        if (entry.outOfPlace) continue;
        if (entry.state === 'pending' || entry.state === 'failed' || entry.id <= this.#lastRead) {
          throw new Error(`read after ${this.#lastRead}: ${JSON.stringify(entry)}`);
        }
        // Nothing between two records that are read was left out.
        for (let id = this.#lastRead + 1; id < entry.id && this.#lastRead > 0; id++) {
          const each = this.#byId.get(id);
          if (each !== undefined && each.state !== 'failed' && !each.mayBeGone && !each.outOfPlace)
            throw new Error(`not read: ${JSON.stringify(each)}`);
        }
        this.#lastRead = entry.id;
      }
    } catch (error) {
      if (!(error instanceof LogError)) throw error;
      expect(['E_DROPPED', 'E_READ']).toContain(error.code);
      if (error.code === 'E_READ') return;
      this.#reader = this.#log.read(this.#log.firstSequence);
      this.#lastRead = 0;
    }
  }

  #upset(): void {
    const random = this.#random;
    const kind = random.below(6);
    if (kind === 0) this.#fs.heal();
    else if (kind === 1) this.#fs.errorRate = { write: 0.3, datasync: 0.2, truncate: 0.3, syncFolder: 0.2 };
    else if (kind === 2) this.#fs.errorRate = { open: 0.2, read: 0.2, remove: 0.3, rename: 0.3, makeFolder: 0.2 };
    else if (kind === 3) this.#fs.fail({ operation: 'datasync', after: random.below(3), times: random.between(1, 3) });
    else if (kind === 4) this.#fs.capacity = this.#fs.usedBytes + random.below(2000);
    else this.#fs.capacity = Infinity;
  }

  #track(promise: Promise<void>): void {
    const tracked = promise.finally(() => this.#underWay.delete(tracked));
    this.#underWay.add(tracked);
  }

  async #wait(turns: number): Promise<void> {
    for (let left = turns; left > 0; left--) await new Promise((resolve) => setImmediate(resolve));
  }

  async #settled(): Promise<void> {
    await Promise.all([...this.#underWay]);
    expect(this.#log.unwrittenBytes).toBe(0);
    expect(this.#log.writtenSequence).toBe(this.#log.nextSequence);
    expect(this.#model.filter((entry) => entry.state === 'pending')).toEqual([]);
  }

  async #end(): Promise<void> {
    const random = this.#random;
    if (random.chance(0.3)) await this.#settled();
    if (random.chance(0.2)) {
      this.#fs.heal();
      this.#fs.capacity = Infinity;
      await this.#settled();
      await this.#log.close();
      for (const entry of this.#model) if (entry.state === 'written' && isKept(entry)) entry.state = 'synced';
      if (random.chance(0.5)) return;
    }
    const kind = random.pick(['process', 'power'] as const);
    this.outcome.crashes++;
    this.#fs = this.#fs.crash(kind);
    this.#underWay = new Set();
    if (kind === 'process') {
      if (this.#failing) for (const entry of this.#model) entry.forgotten ||= entry.state !== 'synced';
      return;
    }
    this.#powerFailed = true;
    for (const entry of this.#model) {
      if (entry.state === 'synced') this.outcome.survivedPowerLoss++;
      else if (entry.state === 'written') entry.state = 'pending'; // may be lost
      entry.forgotten = false;
    }
  }
}

/** What is dropped is not synced any more; its file may still be there for a while. */
function isKept(entry: Appended): boolean {
  return !entry.forgotten && !entry.mayBeGone;
}

function expectWriteError(error: unknown): void {
  expect(error).toMatchObject({ code: 'E_WRITE' });
}

function payloadOf(id: number, bytes: number): Buffer {
  const payload = Buffer.alloc(bytes, id % 251);
  payload.writeUInt32BE(id, 0);
  if (bytes >= 8) payload.writeUInt32BE(id, bytes - 4);
  return payload;
}

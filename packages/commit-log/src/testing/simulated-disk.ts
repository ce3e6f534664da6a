import type { SeededRandom } from './seeded-random.js';

const SECTOR_BYTES = 512;

type Change = { readonly at: number } & (
  { readonly kind: 'write'; readonly position: number; readonly bytes: Buffer } | { readonly kind: 'truncate'; readonly length: number }
);

/** A file's content twice: what the kernel shows, and what is on the disk, with the changes between them. */
export class Inode {
  #shown = Buffer.alloc(0);
  #stored = Buffer.alloc(0);
  /** What is shown and not stored, in order. */
  #changes: Change[] = [];
  #time = 0;

  constructor(content?: Buffer<ArrayBuffer>) {
    if (content === undefined) return;
    this.#shown = content;
    this.#stored = resized(Buffer.alloc(0), content.length);
    content.copy(this.#stored);
  }

  get content(): Buffer {
    return this.#shown;
  }

  get length(): number {
    return this.#shown.length;
  }

  /** How many changes there were. */
  get time(): number {
    return this.#time;
  }

  write(bytes: Buffer, position: number): void {
    if (bytes.length === 0) return;
    const change: Change = { at: ++this.#time, kind: 'write', position, bytes };
    this.#shown = apply(this.#shown, change);
    this.#changes.push(change);
  }

  truncate(length: number): void {
    const change: Change = { at: ++this.#time, kind: 'truncate', length };
    this.#shown = apply(this.#shown, change);
    this.#changes.push(change);
  }

  /** Stores the changes up to a time. */
  sync(time: number): void {
    for (const change of this.#take(time)) this.#stored = apply(this.#stored, change);
  }

  /** As a kernel does after an error: some of the changes up to a time are taken for stored and are not. */
  forget(time: number, random: SeededRandom): void {
    const kept = this.#take(time).filter(() => random.chance(0.5));
    this.#changes.unshift(...kept);
  }

  #take(time: number): Change[] {
    const later = this.#changes.findIndex((change) => change.at > time);
    return this.#changes.splice(0, later === -1 ? this.#changes.length : later);
  }

  /** Changes what is shown and what is stored, as a fault of the disk does. */
  corrupt(position: number, bytes: Buffer): void {
    this.sync(this.#time);
    this.write(bytes, position);
    this.sync(this.#time);
  }

  /** What is there after a power loss: each change that is not stored is kept, lost or torn. */
  afterPowerLoss(random: SeededRandom): Inode {
    let content = resized(Buffer.alloc(0), this.#stored.length);
    this.#stored.copy(content);
    for (const change of this.#changes) for (const part of surviving(change, random)) content = apply(content, part);
    return new Inode(content);
  }

  afterProcessEnd(): Inode {
    const inode = new Inode();
    inode.#shown = this.#shown;
    inode.#stored = this.#stored;
    inode.#changes = this.#changes;
    inode.#time = this.#time;
    return inode;
  }
}

function apply(content: Buffer<ArrayBuffer>, change: Change): Buffer<ArrayBuffer> {
  if (change.kind === 'truncate') return resized(content, change.length);
  const end = change.position + change.bytes.length;
  const whole = end > content.length ? resized(content, end) : content;
  change.bytes.copy(whole, change.position);
  return whole;
}

/** Contents are changed in place and grow in steps: their memory is never that of another buffer. */
function resized(content: Buffer<ArrayBuffer>, length: number): Buffer<ArrayBuffer> {
  const room = content.buffer.byteLength - content.byteOffset;
  if (length <= content.length) return content.subarray(0, length);
  if (length <= room) return Buffer.from(content.buffer, content.byteOffset, length).fill(0, content.length);
  const grown = Buffer.from(new ArrayBuffer(Math.max(length * 2, 4096)), 0, length);
  content.copy(grown);
  return grown;
}

function surviving(change: Change, random: SeededRandom): Change[] {
  const fate = random.below(4);
  if (fate === 0) return [];
  if (fate === 1 || change.kind === 'truncate') return [change];
  const { at: time, position, bytes } = change;
  if (fate === 2) return [{ at: time, kind: 'write', position, bytes: bytes.subarray(0, random.below(bytes.length + 1)) }];
  const parts: Change[] = [];
  for (let at = 0; at < bytes.length;) {
    const sectorEnd = Math.min(bytes.length, at + SECTOR_BYTES - ((position + at) % SECTOR_BYTES));
    if (random.chance(0.5)) parts.push({ at: time, kind: 'write', position: position + at, bytes: bytes.subarray(at, sectorEnd) });
    at = sectorEnd;
  }
  return parts;
}

/** A change of names: each of these stands for a file, or for none from now on. */
type NameChange = ReadonlyMap<string, Inode | 'folder' | null>;

/** The names of files and folders, as they are shown and as they are on the disk. */
export class Names {
  readonly #shown: Map<string, Inode | 'folder'>;
  readonly #stored: Map<string, Inode | 'folder'>;
  #changes: { readonly at: number; readonly folder: string; readonly names: NameChange }[] = [];
  #time = 0;

  constructor(names: ReadonlyMap<string, Inode | 'folder'>) {
    this.#shown = new Map(names);
    this.#stored = new Map(names);
  }

  get(name: string): Inode | 'folder' | undefined {
    return this.#shown.get(name);
  }

  entries(): IterableIterator<[string, Inode | 'folder']> {
    return this.#shown.entries();
  }

  change(folder: string, names: NameChange): void {
    applyNames(this.#shown, names);
    this.#changes.push({ at: ++this.#time, folder, names });
  }

  /** How many changes there were. */
  get time(): number {
    return this.#time;
  }

  /** Stores the changes in a folder up to a time. */
  sync(folder: string, time: number): void {
    this.#changes = this.#changes.filter((change) => {
      if (change.at > time || change.folder !== folder) return true;
      applyNames(this.#stored, change.names);
      return false;
    });
  }

  afterPowerLoss(random: SeededRandom): Names {
    const names = new Map(this.#stored);
    for (const change of this.#changes) if (random.chance(0.5)) applyNames(names, change.names);
    const inodes = new Map<Inode, Inode>();
    const surviving = new Map<string, Inode | 'folder'>();
    for (const [name, entry] of names) {
      if (!hasFolders(name, names)) continue;
      if (entry === 'folder') {
        surviving.set(name, entry);
        continue;
      }
      const inode = inodes.get(entry) ?? entry.afterPowerLoss(random);
      inodes.set(entry, inode);
      surviving.set(name, inode);
    }
    return new Names(surviving);
  }

  /** Everything stays as it is, also what is not on the disk yet. */
  afterProcessEnd(): Names {
    const inodes = new Map<Inode, Inode>();
    const copied = (entry: Inode | 'folder'): Inode | 'folder' => {
      if (entry === 'folder') return entry;
      const inode = inodes.get(entry) ?? entry.afterProcessEnd();
      inodes.set(entry, inode);
      return inode;
    };
    const names = new Names(new Map());
    for (const [name, entry] of this.#shown) names.#shown.set(name, copied(entry));
    for (const [name, entry] of this.#stored) names.#stored.set(name, copied(entry));
    names.#time = this.#time;
    names.#changes = this.#changes.map(({ at, folder, names: changed }) => ({
      at,
      folder,
      names: new Map([...changed].map(([name, entry]) => [name, entry === null ? null : copied(entry)])),
    }));
    return names;
  }
}

function applyNames(to: Map<string, Inode | 'folder'>, change: NameChange): void {
  for (const [name, entry] of change) {
    if (entry === null) to.delete(name);
    else to.set(name, entry);
  }
}

function hasFolders(name: string, names: ReadonlyMap<string, Inode | 'folder'>): boolean {
  for (let at = name.lastIndexOf('/'); at > 0; at = name.lastIndexOf('/', at - 1))
    if (names.get(name.slice(0, at)) !== 'folder') return false;
  return true;
}

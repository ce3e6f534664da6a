/** An open file. Every method may reject with the operating system's error. */
export interface LogFile {
  /** Reads at `position` until `into` is full or the file ends. Resolves with the bytes read. */
  read(into: Buffer, position: number): Promise<number>;
  /** Writes all pieces one after the other from `position` on, or rejects; how much was written then is not known. */
  write(pieces: readonly Buffer[], position: number): Promise<void>;
  /** Resolves when everything written before the call survives a power loss. */
  datasync(): Promise<void>;
  truncate(length: number): Promise<void>;
  size(): Promise<number>;
  close(): Promise<void>;
}

/** What the log needs of a file system. Paths are passed through as they are. */
export interface LogFileSystem {
  /** `create` makes the file or empties the one that is there; `readwrite` needs it to exist. */
  open(path: string, mode: 'create' | 'readwrite'): Promise<LogFile>;
  /** The names in a folder, in no order; none when there is no such folder. */
  list(folder: string): Promise<string[]>;
  remove(path: string): Promise<void>;
  /** Atomic; a file at `to` is replaced. */
  rename(from: string, to: string): Promise<void>;
  /** Makes the folder and those above it that are missing. */
  makeFolder(path: string): Promise<void>;
  /** Removes an empty folder. */
  removeFolder(path: string): Promise<void>;
  /** Resolves when files made, renamed and removed in the folder before the call survive a power loss. */
  syncFolder(path: string): Promise<void>;
}

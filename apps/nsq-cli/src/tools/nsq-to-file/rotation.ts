/** When a file has had enough; 0 for never. */
export interface RotationRules {
  /** Bytes, before compression. */
  readonly size: number;
  /** Milliseconds. */
  readonly interval: number;
}

export interface FileState {
  readonly name: string;
  /** Bytes written to it, before compression. */
  readonly bytes: number;
  /** Milliseconds ago that it was opened. */
  readonly age: number;
}

/** Why another file is needed; null when it is not. The record that passes the size is still in the file. */
export function rotationReason(file: FileState, currentName: string, rules: RotationRules): string | null {
  if (file.name !== currentName) return `new filename for ${file.name}`;
  if (rules.interval > 0 && file.age > rules.interval) return `${Math.round(file.age)}ms since last open, need rotation`;
  if (rules.size > 0 && file.bytes > rules.size) return `${file.name} currently ${file.bytes} bytes (> ${rules.size}), rotating...`;
  return null;
}

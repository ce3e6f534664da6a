/**
 * PUBs to one topic that follow on each other in one chunk. They become one batch: sizes and bodies stay where they are, with the command
 * lines as gaps of one length between them.
 */
export class PubRun {
  topic = '';
  count = 0;
  bytes: Buffer | null = null;
  at = 0;
  end = 0;
  gap = 0;

  /** Adds a message if it continues the run. False when the run has to be published first. */
  add(topic: string, bytes: Buffer, at: number, size: number): boolean {
    if (this.count === 0) {
      this.topic = topic;
      this.bytes = bytes;
      this.at = at;
    } else {
      if (this.bytes !== bytes || this.topic !== topic) return false;
      const gap = at - this.end;
      if (this.count > 1 && gap !== this.gap) return false;
      this.gap = gap;
    }
    this.count++;
    this.end = at + 4 + size;
    return true;
  }

  clear(): void {
    this.count = 0;
    this.gap = 0;
    this.bytes = null;
  }
}

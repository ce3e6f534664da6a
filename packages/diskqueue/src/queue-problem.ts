/** What can be wrong with the files of a queue; README.md says what each means. */
export type QueueProblemCode =
  | 'metadata-missing'
  | 'metadata-unreadable'
  | 'positions-crossed'
  | 'read-position-past-end'
  | 'file-left-over'
  | 'file-set-aside'
  | 'file-missing'
  | 'file-short'
  | 'beyond-metadata'
  | 'torn-record'
  | 'bad-length'
  | 'oversized-record'
  | 'depth';

/** Something that is not as a clean stop leaves it, or that is not handed out. */
export interface QueueProblem {
  readonly code: QueueProblemCode;
  readonly queue: string;
  /** The name of the file concerned. */
  readonly file?: string;
  /** Where in the file it begins, in bytes. */
  readonly offset?: number;
  /** How many bytes it concerns: of what is not read, of what is read although the metadata does not know it. */
  readonly bytes?: number;
  /** Whether messages that nobody has got may be gone because of it. Without it the problem is only worth a note. */
  readonly loss: boolean;
  /** A sentence for the log, with queue and file. */
  readonly message: string;
}

export type OnProblem = (problem: QueueProblem) => void;

/** The problem without its queue, its message without the beginning that names queue and file. */
export interface ProblemDetails extends Omit<QueueProblem, 'queue'> {
  readonly code: QueueProblemCode;
}

export function problemOf(queue: string, details: ProblemDetails): QueueProblem {
  const file = details.file === undefined ? '' : ` ${details.file}`;
  return { ...details, queue, message: `DISKQUEUE(${queue})${file} ${details.message}` };
}

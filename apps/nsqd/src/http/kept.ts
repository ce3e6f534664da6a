import { HttpError } from '@nsq/service';
import type { Channel } from '../queue/channel.js';
import type { Topic } from '../queue/topic.js';
import type { HttpContext } from './context.js';

/** The answer to a creation says that a crash does not undo it. @throws {HttpError} 500 `INTERNAL_ERROR` when that cannot be had; why is in the log */
export async function whenKept(context: HttpContext, made: Topic | Channel): Promise<void> {
  try {
    await context.kept(made);
  } catch (error) {
    throw new HttpError(500, 'INTERNAL_ERROR', { cause: error });
  }
}

/** The answer to a deletion comes when a crash does not undo it. Where that cannot be had, which is in the log, the deletion stands all the same. */
export async function whenGone(context: HttpContext): Promise<void> {
  try {
    await context.kept();
  } catch {
    // Logged by who writes.
  }
}

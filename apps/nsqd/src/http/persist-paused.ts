import type { HttpContext } from './context.js';

/** Writes the metadata file after something was paused or unpaused. A failure is logged, and the change stands. */
export async function persistPaused(context: HttpContext): Promise<void> {
  try {
    await context.persistMetadata();
  } catch (error) {
    context.logger.error(error instanceof Error ? error.message : String(error));
  }
}

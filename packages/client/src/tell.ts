/** Emits an event. What a listener throws is its application's uncaught exception, and not a failure of what is told. */
export function tell(emit: () => unknown): void {
  try {
    emit();
  } catch (error) {
    process.nextTick(() => {
      throw error;
    });
  }
}

// Loaded into each daemon before its own code: when the program that has started it is gone, however that came, the daemon stops cleanly.
process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'));
process.channel?.unref();

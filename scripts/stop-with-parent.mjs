// Preloaded into what run-child.mjs starts: when the starter is gone without a word, stop as if asked to.
process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'));
process.channel?.unref();

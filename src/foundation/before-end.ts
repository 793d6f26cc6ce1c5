/** Whoever is asked to end waits for no answer. @throws the signal's reason. */
export async function beforeEnd<Value>(answer: Promise<Value>, signal: AbortSignal): Promise<Value> {
  const end = Promise.withResolvers<never>();
  const stop = (): void => end.reject(signal.reason);
  signal.addEventListener('abort', stop, { once: true });
  if (signal.aborted) stop();
  try {
    return await Promise.race([answer, end.promise]);
  } finally {
    signal.removeEventListener('abort', stop);
    answer.catch(() => {}); // whoever left is not told
  }
}

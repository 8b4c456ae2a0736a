import type { Emulator } from '../../testing/emulator/emulator.js'

/**
 * Prints what happens in an emulator, one line each. The lines contain no transcripts, audio, or keys.
 * @returns A function that stops printing.
 */
export function logActivity(
  emulator: Emulator,
  detail: 'events' | 'summary',
  print: (line: string) => void,
): () => void {
  const unsubscribe = [
    emulator.on('opened', ({ id, type, model, script, testId }) => {
      const parts = [type, model, `script ${script}`, testId === undefined ? '' : `test ${testId}`]
      print(`${id} opened: ${parts.filter((part) => part !== '').join(', ')}`)
    }),
    emulator.on('closed', ({ id, closed, received, sent }) =>
      print(`${id} closed with ${closed?.code}: received ${received.length} events, sent ${sent.length}`),
    ),
    emulator.on('rejected', ({ refusal, testId }) =>
      print(`rejected a connection: ${refusal.code ?? refusal.type}${testId === undefined ? '' : `, test ${testId}`}`),
    ),
  ]
  if (detail === 'events') {
    unsubscribe.push(
      emulator.on('event', ({ sessionId, ms, from, event }) =>
        print(`${sessionId} ${String(Math.round(ms)).padStart(7)} ms  ${from}  ${event.type.slice(0, 100)}`),
      ),
    )
  }
  return () => {
    for (const off of unsubscribe) off()
  }
}

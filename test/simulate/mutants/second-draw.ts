import type { Mutant } from './mutants.js'

const realtime = ['realtime']

/**
 * Faults at lines that were drawn with seed 20261130 from all statements of the session, the features, and the transports that wrap another
 * one, planted before any check was written for them. Lines without behavior of their own were skipped: signatures, messages of errors, and
 * checks of options. Six of the twenty have been removed, because no session can show them: a timer or the end of the session does the same,
 * or the server would have to send events in an order that a connection rules out.
 */
export const secondDraw: readonly Mutant[] = [
  {
    name: 'usage of a model is not added up',
    file: 'features/usage/run-usage.ts',
    find: '    byModel.set(item.model, tally)\n    tally.add(item)\n',
    replace: '    tally.add(item)\n',
    kinds: realtime,
  },
  {
    name: 'dropped groups of appends count as one',
    file: 'session/connection/audio-queue.ts',
    find: "(entry.kind === 'audio' ? entry.count : 0)",
    replace: "(entry.kind === 'audio' ? 1 : 0)",
    kinds: realtime,
  },
  {
    name: 'follow-up response waits for silent tools',
    file: 'features/tools/function-call-batches.ts',
    find: 'const awaited = entries.filter((entry) => isAwaited(batch, entry))',
    replace: 'const awaited = entries',
    kinds: realtime,
  },
  {
    name: 'options of an iterator are ignored',
    file: 'session/surface.ts',
    find: 'openIterator(connection.iterators, options)',
    replace: 'openIterator(connection.iterators)',
    kinds: realtime,
  },
  {
    name: 'checks of a lost connection continue',
    file: 'features/guardrails/text-checks.ts',
    find: '        stopAll(response)\n        // The server of a session that moves',
    replace: '        // The server of a session that moves',
    kinds: realtime,
  },
  {
    name: 'complete costs count as incomplete',
    file: 'features/usage/run-usage.ts',
    find: 'return reported.isComplete ? cost : { ...cost, isComplete: false }',
    replace: 'return { ...cost, isComplete: false }',
    kinds: realtime,
  },
  {
    name: 'failed registration of tools is not reported',
    file: 'features/tools/tool-service.ts',
    find: '    report: onError,\n',
    replace: '    report: () => {},\n',
    kinds: realtime,
  },
  {
    name: 'committed turns are not pending',
    file: 'session/restore/pending-turns.ts',
    find: '  turns.itemIds = [...turns.itemIds, event.item_id].slice(-maxTurns)\n',
    replace: '',
    kinds: realtime,
  },
  {
    name: 'message in the queue is sent although its response was cancelled',
    file: 'session/send-message.ts',
    find: "{ type: 'conversation.item.create', event_id, item },",
    replace: "{ type: 'conversation.item.create', item },",
    kinds: realtime,
  },
  {
    name: 'call that runs is received again',
    file: 'features/tools/call-state.ts',
    find: "return state.phase === 'receiving' ? { phase: 'received' } : state",
    replace: "return { phase: 'received' }",
    kinds: realtime,
  },
  {
    name: 'interruption guard does not repeat a lost response',
    file: 'features/interruption/run-interruption-guard.ts',
    find: "outcome.reason !== 'connection_lost' || hasStopped) return",
    replace: "outcome.reason === 'connection_lost' || hasStopped) return",
    kinds: realtime,
  },
  {
    name: 'fallback counts a completed response as part of the next turn',
    file: 'features/fallback/run-fallback.ts',
    find: "      case 'completed':\n        startTurn()\n",
    replace: "      case 'completed':\n",
    kinds: realtime,
  },
  {
    name: 'missing response.created is not completed',
    file: 'session/connection/response-starts.ts',
    find: "  if (!event.type.startsWith('response.output_audio.')) return startResponse(starts, responseId)\n",
    replace: '',
    kinds: realtime,
  },
]

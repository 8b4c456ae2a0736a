import type { Mutant } from './mutants.js'

const realtime = ['realtime']

/** Faults at lines that were drawn with seed 20261201, like those of the second draw. */
export const thirdDraw: readonly Mutant[] = [
  {
    name: 'turn of the user does not restart the rounds of tools',
    file: 'features/tools/follow-up.ts',
    find: '    onUserTurn(session, onTurn, isOwnItem),\n',
    replace: '',
    kinds: realtime,
  },
  {
    name: 'percentiles of the latency are empty',
    file: 'features/latency/run-latency.ts',
    find: '    summary: samples.summary,\n',
    replace: '    summary: () => createLatencySamples().summary(),\n',
    kinds: realtime,
  },
  {
    name: 'released audio counts as held',
    file: 'features/guardrails/hold-back.ts',
    find: '      heldBytes -= next.frameLength\n      if (decision',
    replace: '      if (decision',
    kinds: realtime,
  },
  {
    name: 'aborted signal does not cancel a response',
    file: 'session/responses/scheduler.ts',
    find: "  signal?.addEventListener('abort', onAbort, { once: true })\n",
    replace: '',
    kinds: realtime,
  },
  {
    name: 'audio in the queue is written over',
    file: 'session/connection/audio-queue.ts',
    find: '  block.end += audio.length\n',
    replace: '  block.end = audio.length\n',
    kinds: realtime,
  },
  {
    name: 'boundary of a sentence is counted from the last one',
    file: 'features/guardrails/sentence-boundary.ts',
    find: "if (match[0] !== '') last = match.index\n    return from + last\n",
    replace: "if (match[0] !== '') last = match.index\n    return last\n",
    kinds: realtime,
  },
  {
    name: 'delay that a server requests is ignored',
    file: 'transports/reconnect/retry-budget.ts',
    find: 'Math.max(delayMs, requestedDelayMs(cause))',
    replace: 'Math.max(delayMs, 0 * (requestedDelayMs(cause) ?? 0))',
    kinds: realtime,
  },
  {
    name: 'audio that was being cleared continues after a lost connection',
    file: 'session/playback/interruption.ts',
    find: "  else handler.track = { phase: 'silent' }\n}\n\n/** Whether the audio travels",
    replace: '}\n\n/** Whether the audio travels',
    kinds: ['sideband'],
  },
  {
    name: 'update of an agent times out while its connection is lost',
    file: 'features/tools/tool-registration.ts',
    find: "if (wait === 'request_timeout') {",
    replace: 'if (wait) {',
    kinds: realtime,
  },
  {
    name: 'check of a guardrail has no deadline',
    file: 'features/guardrails/guardrail.ts',
    find: '{ clock, signal, timeoutMs, timeoutError: () => tooSlow },',
    replace: '{ clock, signal, timeoutMs: timeoutMs * 1e6, timeoutError: () => tooSlow },',
    kinds: realtime,
  },
]

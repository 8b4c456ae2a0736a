import type { Mutant } from './mutants.js'

const realtime = ['realtime']

/** Faults at lines that were drawn with seed 20261204, like those of the second draw. Lines that no session can reach were skipped. */
export const fourthDraw: readonly Mutant[] = [
  {
    name: 'first connection that fails is reported as lost',
    file: 'transports/reconnecting.ts',
    find: '      if (!lastClose) {\n        finish(opening, error)\n        return\n      }\n',
    replace: '      if (!lastClose) finish(opening, error)\n',
    kinds: realtime,
  },
  {
    name: 'cost of a response is not counted',
    file: 'features/usage/run-usage.ts',
    find: '    const cost = costOf(model, reported)\n    const money',
    replace: '    const cost = reported && unreported\n    const money',
    kinds: realtime,
  },
  {
    name: 'response that a new server lost is not repeated',
    file: 'features/guardrails/lost-responses.ts',
    find: '    const onNewServer = () => {\n      mustRetry = true\n    }\n',
    replace: '    const onNewServer = () => {\n      mustRetry ||= false\n    }\n',
    kinds: realtime,
  },
  {
    name: 'report of an overdue response is not cancelled',
    file: 'features/tools/follow-up.ts',
    find: '  function watchRequest(): void {\n    cancelReport()\n',
    replace: '  function watchRequest(): void {\n',
    kinds: realtime,
  },
  {
    name: 'each response starts a turn of the latency',
    file: 'features/latency/run-latency.ts',
    find: "const turn = isNext && current ? current : startTurn('response')",
    replace: "const turn = isNext && current && false ? current : startTurn('response')",
    kinds: realtime,
  },
  {
    name: 'turn that passed during an outage gets no response',
    file: 'features/guardrails/run-input-guardrails.ts',
    find: "      if (status === 'open') respond()\n    }),\n    session.on('close', release),",
    replace: "      void status\n    }),\n    session.on('close', release),",
    kinds: realtime,
  },
  {
    name: 'complete part gets the audio of the next one',
    file: 'twilio/frame-queue.ts',
    find: 'isSame(entry.part, part) && !entry.isComplete)',
    replace: 'isSame(entry.part, part))',
    kinds: ['twilio'],
  },
  {
    name: 'readers of a response are not notified',
    file: 'session/responses/replay-buffer.ts',
    find: '        removedCount += 1\n      }\n      notifyReaders()\n',
    replace: '        removedCount += 1\n      }\n',
    kinds: realtime,
  },
  {
    name: 'response of an abandoned request counts as that of the server',
    file: 'features/tools/follow-up.ts',
    find: '    if (handle) abandoned.add(handle)\n',
    replace: '',
    kinds: realtime,
  },
  {
    name: 'queue with an empty group is not empty',
    file: 'session/connection/audio-queue.ts',
    find: 'return queue.entries.length === 0 || firstEntry(queue) === undefined',
    replace: 'return queue.entries.length === 0',
    kinds: realtime,
  },
  {
    name: 'turn that the close has ended is not reported',
    file: 'features/latency/run-latency.ts',
    find: "    session.on('close', () => disconnect(false)),\n",
    replace: '',
    kinds: realtime,
  },
  {
    name: 'end of a line forgets its start',
    file: 'features/transcript/run-transcript.ts',
    find: '{ ...(lines.getTiming(itemId) ?? unknownTiming), ...timing }',
    replace: '{ ...unknownTiming, ...timing }',
    kinds: realtime,
  },
  {
    name: 'group without appends is returned',
    file: 'session/connection/audio-queue.ts',
    find: "    if (entry.kind !== 'audio' || entry.count > 0) return entry\n",
    replace: '    return entry\n',
    kinds: realtime,
  },
  {
    name: 'events before a rotation are ignored',
    file: 'session/restore/rotation.ts',
    find: "  if (phase.name !== 'leaving') return false\n  if (event.type",
    replace:
      "  if (phase.name === 'settling') return true\n  if (phase.name !== 'leaving') return false\n  if (event.type",
    kinds: realtime,
  },
  {
    name: 'noise counts as speech',
    file: 'features/latency/speech-end.ts',
    find: '        if (db > noiseDb) loudUntilMs = atMs\n',
    replace: '        loudUntilMs = Math.max(atMs, db - db)\n',
    kinds: realtime,
  },
]

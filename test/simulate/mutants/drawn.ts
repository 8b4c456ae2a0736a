import type { Mutant } from './mutants.js'

/** Faults in places that were drawn at random from the session, the transports, the features, and the telephone bridge. */
export const drawn: readonly Mutant[] = [
  {
    name: 'the last attempt of a failed connect stays in the state',
    file: 'session/connection/connection.ts',
    find: '    const droppedAppends = stopQueue(connection.queue)\n    connection.reconnect = undefined\n',
    replace: '    const droppedAppends = stopQueue(connection.queue)\n',
    kinds: ['realtime'],
  },
  {
    name: 'settled does not wait for audio on a media track',
    file: 'session/responses/settled.ts',
    find: "    listen(connection, 'output_audio_buffer.started', ({ response_id }) => {\n      started.add(response_id)\n",
    replace: "    listen(connection, 'output_audio_buffer.started', () => {\n",
    kinds: ['webrtc'],
  },
  {
    name: 'interruption guard forgets a response that was lost',
    file: 'features/interruption/run-interruption-guard.ts',
    find: '        needsResponse = true\n        respond()\n',
    replace: '',
    kinds: ['realtime'],
  },
  {
    name: 'slow response runs beside its fallback',
    file: 'features/fallback/run-fallback.ts',
    find: '    else if (activeId !== undefined) session.interrupt({ responseId: activeId })\n',
    replace: '    else void activeId\n',
    kinds: ['realtime'],
  },
  {
    name: 'restore has no deadline',
    file: 'session/connection/connection.ts',
    find: '  if (!attempt) startDeadline(deadline, (error)',
    replace: '  if (attempt) startDeadline(deadline, (error)',
    kinds: ['realtime'],
  },
  {
    name: 'attempts to connect have no delay',
    file: 'transports/reconnect/retry-budget.ts',
    find: 'Math.round(random() * bound)',
    replace: 'Math.round(random() * bound * 0)',
    kinds: ['realtime'],
  },
  {
    name: 'failed restore is ignored',
    file: 'session/connection/connection.ts',
    find: '  else if (!attempt) onRestoreFailed(connection, error)\n',
    replace: '  else void onRestoreFailed\n',
    kinds: ['realtime'],
  },
  {
    name: 'pending approvals are not shown',
    file: 'features/tools/approvals.ts',
    find: '    store.setState({ pending: Object.freeze(',
    replace: '    void ({ pending: Object.freeze(',
    kinds: ['realtime'],
  },
  {
    name: 'turns of a lost connection stay pending',
    file: 'session/restore/pending-turns.ts',
    find: '  turns.itemIds = none\n',
    replace: '  void turns\n',
    kinds: ['realtime'],
  },
  {
    name: 'joined session is configured again',
    file: 'session/realtime.ts',
    find: 'isJoined && isConfigured ? {} : readState',
    replace: 'isJoined && !isConfigured ? {} : readState',
    kinds: ['sideband'],
  },
  {
    name: 'keys of the caller are not reported',
    file: 'twilio/bridge.ts',
    find: "        emitter.emit('dtmf', {",
    replace: '        void ((_: object) => {})({',
    kinds: ['twilio'],
  },
  {
    name: 'position of a translation goes back',
    file: 'session/translation.ts',
    find: 'Math.max(state.elapsedMs, heardMs)',
    replace: 'Math.max(heardMs, 0)',
    kinds: ['translation'],
  },
]

import { blind } from './blind.js'
import { drawn } from './drawn.js'
import { fifthDraw } from './fifth-draw.js'
import { fourthDraw } from './fourth-draw.js'
import { secondDraw } from './second-draw.js'
import { thirdDraw } from './third-draw.js'

/** A fault that is planted in a copy of the sources, to check that the simulator finds it. */
export interface Mutant {
  readonly name: string
  /** The file, below `src`. */
  readonly file: string
  /** Text that is in the file exactly once. */
  readonly find: string
  readonly replace: string
  /** Kinds of sessions that can show the fault. All kinds by default. */
  readonly kinds?: readonly string[]
}

const realtime = ['realtime']
const connection = 'session/connection/connection.ts'
const requests = 'session/connection/pending-requests.ts'
const sendQueue = 'session/connection/send-queue.ts'
const audioQueue = 'session/connection/audio-queue.ts'
const receiver = 'session/connection/receiver.ts'
const scheduler = 'session/responses/scheduler.ts'
const responseEvents = 'session/responses/response-events.ts'
const conversation = 'session/state/conversation.ts'
const history = 'session/restore/history.ts'
const batches = 'features/tools/function-call-batches.ts'
const reconnecting = 'transports/reconnecting.ts'

const chosen: readonly Mutant[] = [
  {
    name: 'acknowledgement is dropped',
    file: requests,
    find: '({ resolve }) => resolve(event))',
    replace: '() => {})',
    kinds: realtime,
  },
  {
    name: 'refusal is dropped',
    file: requests,
    find: "  request.caller.reject(new SessionError('SERVER_ERROR'",
    replace: "  void (new SessionError('SERVER_ERROR'",
    kinds: realtime,
  },
  {
    name: 'pending requests survive close',
    file: requests,
    find: '  for (const { caller } of all) caller?.reject(error)',
    replace: '      void error',
    kinds: realtime,
  },
  {
    name: 'lost commit is sent again',
    file: requests,
    find: ': !unrepeatable.has(type)',
    replace: ": type !== 'session.close'",
    kinds: realtime,
  },
  {
    name: 'repeatable requests are not sent again',
    file: requests,
    find: '      if (!isWaiting(queue, id)) unacknowledged.push(event)\n',
    replace: '',
    kinds: realtime,
  },
  {
    name: 'unsettled audio is not replayed',
    file: sendQueue,
    find: '  prependAudio(queue.waiting, queue.unsettled)\n',
    replace: '',
    kinds: realtime,
  },
  {
    name: 'replayed audio follows newer audio',
    file: audioQueue,
    find: '[...groups, ...queue.entries]',
    replace: '[...queue.entries, ...groups]',
    kinds: realtime,
  },
  {
    name: 'queue is off by one',
    file: audioQueue,
    find: '  group.count -= 1\n',
    replace: '  group.count -= group.count > 1 ? 2 : 1\n',
    kinds: realtime,
  },
  {
    name: 'committed audio stays unsettled',
    file: sendQueue,
    find: '  while (!isEmpty(unsettled)) {\n    const oldest',
    replace: '  while (isEmpty(unsettled) && !isEmpty(unsettled)) {\n    const oldest',
    kinds: realtime,
  },
  {
    name: 'commit acknowledges audio that was sent after it',
    file: sendQueue,
    find: '    addOverflow(overflow, oldest.overflow)\n    return\n',
    replace: '    addOverflow(overflow, oldest.overflow)\n',
    kinds: realtime,
  },
  {
    name: 'room is never checked again',
    file: sendQueue,
    find: '  if (isConnected) scheduleRoomCheck(queue)\n',
    replace: '',
    kinds: realtime,
  },
  {
    name: 'room check survives close',
    file: sendQueue,
    find: '  queue.cancelRoomCheck?.()\n  const appends',
    replace: '  const appends',
    kinds: realtime,
  },
  {
    name: 'queue is not flushed after a restore',
    file: connection,
    find: '  flushQueue(queue)\n',
    replace: '',
    kinds: realtime,
  },
  {
    name: 'listeners stay on the transport',
    file: connection,
    find: '  for (const unsubscribe of connection.unsubscribes) unsubscribe()\n',
    replace: '',
    kinds: realtime,
  },
  {
    name: 'audio of a lost connection is forgotten',
    file: connection,
    find: '  if (wasOpen) requeueAudio(queue)\n',
    replace: '',
    kinds: realtime,
  },
  {
    name: 'events of closed sessions are delivered',
    file: connection,
    find: '    removeListeners(listeners)\n',
    replace: '    setImmediate(() => emit(listeners, "close", final))\n',
    kinds: realtime,
  },
  {
    name: 'failed restore is not retried',
    file: connection,
    find: "  const isRetried = !isFatal(error) && transport.reconnect?.(toError(error))\n  if (!isRetried) abortConnection(connection, 'the session could not be restored', error)\n",
    replace: '  void toError\n',
    kinds: realtime,
  },
  {
    name: 'a rotation never reconnects',
    file: connection,
    find: '    if (!leaveRotation(connection)) return\n    await options.transport.open()\n',
    replace: '    leaveRotation(connection)\n',
    kinds: realtime,
  },
  {
    name: 'events are iterated twice',
    file: receiver,
    find: '  pushToIterators(connection.iterators, decoded.event)\n',
    replace:
      "  pushToIterators(connection.iterators, decoded.event)\n  if (decoded.event.type === 'response.done') pushToIterators(connection.iterators, decoded.event)\n",
    kinds: realtime,
  },
  {
    name: 'errors are not iterated',
    file: receiver,
    find: '  pushToIterators(connection.iterators, decoded.event)\n',
    replace: "  if (decoded.event.type !== 'error') pushToIterators(connection.iterators, decoded.event)\n",
    kinds: realtime,
  },
  {
    name: 'response requests are never sent after the active one',
    file: responseEvents,
    find: '  if (finished) settle(responses, finished, outcomeOf(response))\n  else dispatchNext(responses)\n',
    replace: '  if (finished) finished.observer.settle(outcomeOf(response))\n',
    kinds: realtime,
  },
  {
    name: 'a request in the queue forgets its timer',
    file: scheduler,
    find: "    settle(responses, response, { status: 'rejected', error: new SessionError('TIMEOUT', data) })",
    replace: '    void data',
    kinds: realtime,
  },
  {
    name: 'responses of a lost connection stay open',
    file: responseEvents,
    find: "    settle(responses, response, { status: 'cancelled', reason: 'connection_lost', response: undefined })",
    replace: '    void response',
    kinds: realtime,
  },
  {
    name: 'cancelled request runs on',
    file: responseEvents,
    find: '    if (!isWanted) sendCancel(responses, request, response.id)\n',
    replace: '    void isWanted\n',
    kinds: realtime,
  },
  {
    name: 'responses of a closed session stay open',
    file: responseEvents,
    find: "    settle(responses, response, { status: 'cancelled', reason, response: undefined })\n}\n",
    replace: '    void response\n}\n',
    kinds: realtime,
  },
  {
    name: 'conflicts are reported to the app',
    file: responseEvents,
    find: 'if (isConflict && request.conflicts < maxConflicts) {',
    replace: 'if (isConflict && request.conflicts > maxConflicts) {',
    kinds: realtime,
  },
  {
    name: 'signal keeps its listener',
    file: scheduler,
    find: "  if (signal) done.then(() => signal.removeEventListener('abort', onAbort))\n",
    replace: '  void done\n',
    kinds: realtime,
  },
  {
    name: 'silent response blocks the queue',
    file: scheduler,
    find: '  if (Number.isFinite(responseTimeoutMs)) watch(responses, response, id)\n',
    replace: '',
    kinds: realtime,
  },
  {
    name: 'new items are added at the end',
    file: conversation,
    find: "  const where = behind ?? (isFront ? 'front' : 'end')\n",
    replace: "  const where = behind && !isFront ? 'end' : 'end'\n",
    kinds: realtime,
  },
  {
    name: 'restored items stay where they were',
    file: conversation,
    find: '  const there = moveBehind({ ...conversation, absent: removeId(conversation.absent, id) }, id, previousItemId)\n',
    replace:
      '  const there = { ...conversation, absent: removeId(conversation.absent, id) }\n  void [moveBehind, previousItemId]\n',
    kinds: realtime,
  },
  {
    name: 'deleted items stay',
    file: conversation,
    find: '    items: place ? remove(conversation.items, place) : conversation.items,\n',
    replace: '    items: conversation.items,\n',
    kinds: realtime,
  },
  {
    name: 'history is restored in reverse order',
    file: history,
    find: '  const { items, lost: unsendable } = historyOf(known.filter(({ id }) => hasId(absent, id)))\n',
    replace:
      '  const { items, lost: unsendable } = historyOf(known.filter(({ id }) => hasId(absent, id)).toReversed())\n',
    kinds: realtime,
  },
  {
    name: 'temporarily refused items are not sent again',
    file: history,
    find: "return isTemporary(error.data.error) ? 'retry' : 'refused'",
    replace: "return isTemporary(error.data.error) ? 'restored' : 'refused'",
    kinds: realtime,
  },
  {
    name: 'last item is not restored',
    file: history,
    find: '  for (const state of states) {\n',
    replace: '  for (const state of states.slice(0, Math.max(1, states.length - 1))) {\n',
    kinds: realtime,
  },
  {
    name: 'played text is ignored on a restore',
    file: history,
    find: "      if (played.length === 0) return 'no transcript'\n      return { type: 'message', role: 'assistant', content: played.map",
    replace:
      "      if (played.length === 0) return 'no transcript'\n      return { type: 'message', role: 'assistant', content: [...played, 'and more'].map",
    kinds: realtime,
  },
  {
    name: 'configuration change is not merged',
    file: 'session/restore/merge-config.ts',
    find: '    merged[key] = next\n',
    replace: "    if (key !== 'max_output_tokens') merged[key] = next\n",
    kinds: realtime,
  },
  {
    name: 'a call runs twice',
    file: batches,
    find: '    if (hasStopped || !canStart(entry.state)) return\n',
    replace: "    if (hasStopped || entry.state.phase === 'receiving') return\n",
    kinds: realtime,
  },
  {
    name: 'output of a call is sent twice',
    file: batches,
    find: '      if (isSent(entry.state)) continue\n',
    replace: "      if (isSent(entry.state) && entry.state.phase !== 'sent') continue\n",
    kinds: realtime,
  },
  {
    name: 'output of a call is not sent',
    file: batches,
    find: "      if (entry.state.phase === 'finished' || entry.tool?.scheduling === 'background') sendOutput(batch, entry)\n",
    replace:
      "      if (entry.state.phase === 'finished' && entry.tool?.scheduling !== 'silent') sendOutput(batch, entry)\n",
    kinds: realtime,
  },
  {
    name: 'calls do not resume after a lost connection',
    file: batches,
    find: '      for (const batch of batches.all()) flush(batch)\n',
    replace: '',
    kinds: realtime,
  },
  {
    name: 'lost call is not sent with its output',
    file: batches,
    find: 'if (!isAcknowledged(entry.state)) entry.isInConversation = false',
    replace: 'void entry',
    kinds: realtime,
  },
  {
    name: 'connection attempts never stop',
    file: reconnecting,
    find: '      if (connection.isRefused || isFinalClose(close)) {\n',
    replace: '      if (connection.isRefused) {\n',
    kinds: realtime,
  },
  {
    name: 'lost connection is not retried',
    file: reconnecting,
    find: "      emit('reconnecting', { attempt: attempts + 1, delayMs, cause })\n",
    replace: "      emit('reconnecting', { attempt: attempts + 1, delayMs, cause })\n      cancelWait()\n",
    kinds: realtime,
  },
  {
    name: 'retry timer survives close',
    file: reconnecting,
    find: "    if (connection.phase === 'waiting') connection.cancelWait()\n",
    replace: '',
    kinds: realtime,
  },
  {
    name: 'frames of a lost connection are delivered',
    file: reconnecting,
    find: "        if (states[connection.phase] !== 'open') return\n",
    replace: '',
    kinds: realtime,
  },
  {
    name: 'iterators do not end',
    file: connection,
    find: '  endIterators(connection.iterators)\n',
    replace: '',
    kinds: realtime,
  },
  {
    name: 'waits survive close',
    file: connection,
    find: '  rejectWaits(connection.waits, reason)\n  endIterators',
    replace: '  endIterators',
    kinds: realtime,
  },
  {
    name: 'transcript of the user is dropped',
    file: conversation,
    find: "      ...changeText(state, index, 'transcript', 'input_audio', change),\n",
    replace: '      ...state,\n',
    kinds: realtime,
  },
  {
    name: 'a refused change stays in the configuration',
    file: requests,
    find: '  pending.delete(id)\n  if (!request.caller) return false\n',
    replace: '  if (!request.caller) return false\n  pending.delete(id)\n',
    kinds: realtime,
  },
  {
    name: 'a change is merged before the one that was sent first',
    file: requests,
    find: '    add(requests, id, { event, caller: undefined, isSent: false })\n',
    replace: '    add(requests, id, { event, caller: undefined, isSent: true })\n',
    kinds: realtime,
  },
  {
    name: 'progress timer of a tool survives close',
    file: 'features/tools/running-call.ts',
    find: '      cancelProgress()\n',
    replace: '',
    kinds: realtime,
  },
  {
    name: 'tool ignores its timeout',
    file: 'features/tools/tool-deadline.ts',
    find: '    Promise.resolve().then(step).then(resolve, reject)\n',
    replace: '    Promise.resolve().then(step).then(() => {}, reject)\n      void resolve\n',
    kinds: realtime,
  },
  {
    name: 'cancelled responses are not metered',
    file: 'features/usage/run-usage.ts',
    find: '    if (!counted.add(id)) return\n',
    replace: "    if (!counted.add(id) || status === 'cancelled') return\n",
    kinds: realtime,
  },
  {
    name: 'deadlines leave their listener on the signal',
    file: 'internal/deadline.ts',
    find: "      signal?.removeEventListener('abort', onAbort)\n",
    replace: '',
    kinds: realtime,
  },
  {
    name: 'deadlines leave their timer',
    file: 'internal/deadline.ts',
    find: '      cancelTimer()\n',
    replace: '',
    kinds: realtime,
  },
  {
    name: 'request that was given up stays in the queue',
    file: requests,
    find: '  else pending.delete(id)\n  removeWaiting(queue, id)\n',
    replace: '  else pending.delete(id)\n',
    kinds: realtime,
  },
  {
    name: 'deadline of connect() is ignored',
    file: connection,
    find: '  startDeadline(deadline, (error) => attempt.outcome.reject(error))\n',
    replace: '  startDeadline(deadline, () => {})\n',
    kinds: realtime,
  },
  {
    name: 'unequal frames are transcribed again',
    file: 'session/input-progress.ts',
    find: '        bytes += needed * frameBytes\n',
    replace: '        bytes += (needed + 1) * frameBytes\n',
    kinds: ['transcription'],
  },
  {
    name: 'finish() does not wait for transcripts',
    file: 'session/transcription.ts',
    find: '      await transcribed(wait)\n',
    replace: '',
    kinds: ['transcription'],
  },
  {
    name: 'finish() does not commit the rest',
    file: 'session/transcription.ts',
    find: '      if (!hasTurnDetection() || isUndetected) await commitRest(wait)\n',
    replace: '      void [isUndetected, commitRest]\n',
    kinds: ['transcription'],
  },
  {
    name: 'finish() closes without session.close',
    file: 'session/translation.ts',
    find: "      await request(connection, { type: 'session.close' }, wait)\n",
    replace: '      void wait\n',
    kinds: ['translation'],
  },
  {
    name: 'tracks are not stopped',
    file: 'transports/web-rtc/connection.ts',
    find: '...ownTracks.map((track) => () => track.stop()), ',
    replace: '',
    kinds: ['webrtc'],
  },
  {
    name: 'interrupted path is never given up',
    file: 'transports/web-rtc/connection.ts',
    find: "    if (state === 'disconnected' && phase.name === 'open')\n",
    replace: "    if (state === 'new' && phase.name === 'open')\n",
    kinds: ['webrtc'],
  },
  {
    name: 'early frames are dropped',
    file: 'transports/web-rtc/connection.ts',
    find: "    else if (phase.name === 'opening') earlyFrames.push(frame)\n",
    replace: '',
    kinds: ['webrtc'],
  },
  {
    name: 'bridge stops twice',
    file: 'twilio/bridge.ts',
    find: "    emitter.emit('stop', stop)\n",
    replace: "    emitter.emit('stop', stop)\n    emitter.emit('stop', stop)\n",
    kinds: ['twilio'],
  },
  {
    name: 'caller audio before the start is dropped',
    file: 'twilio/bridge.ts',
    find: "        if (message.media.track !== 'outbound') inbound.receive(message, now)\n",
    replace: "        if (state.phase === 'live') inbound.receive(message, now)\n",
    kinds: ['twilio'],
  },
  {
    name: 'inactivity timer survives the call',
    file: 'twilio/bridge.ts',
    find: '    inactivity.stop()\n',
    replace: '',
    kinds: ['twilio'],
  },
  {
    name: 'item that the old server acknowledges late is created twice',
    file: 'session/restore/rotation.ts',
    find: 'new Set(unacknowledged.flatMap(changedItemId))',
    replace: 'new Set<string>(unacknowledged.slice(0, 0).flatMap(changedItemId))',
    kinds: realtime,
  },
  {
    name: 'aborted connect() waits for the transport',
    file: 'session/connection/connect-attempt.ts',
    find: '        for (let turn = 0; turn < sameTickTurns && !hasEnded; turn++) await Promise.resolve()\n',
    replace: '        void [sameTickTurns, hasEnded]\n        await end.catch(() => {})\n',
    kinds: realtime,
  },
  {
    name: 'acknowledgement is overdue before the session is open',
    file: 'features/tools/overdue-acknowledgement.ts',
    find: "    if (session.getState().status !== 'open') return\n",
    replace: '',
    kinds: realtime,
  },
  {
    name: 'response is created before the tools are registered',
    file: responseEvents,
    find: "  if (responses.availability === 'available') responses.availability = 'unavailable'\n",
    replace: '',
    kinds: realtime,
  },
  {
    name: 'tools that the server had before are unknown',
    file: 'features/tools/tool-registration.ts',
    find: '      else if (!acknowledged) acknowledge(next.set)\n',
    replace: '',
    kinds: realtime,
  },
  {
    name: 'connection opens after close()',
    file: 'transports/web-rtc/web-rtc.ts',
    find: '      if (closes !== closesBefore) throw new',
    replace: '      if (closes < closesBefore) throw new',
    kinds: ['webrtc'],
  },
]

export const mutants: readonly Mutant[] = [
  ...chosen,
  ...drawn,
  ...blind,
  ...secondDraw,
  ...thirdDraw,
  ...fourthDraw,
  ...fifthDraw,
]

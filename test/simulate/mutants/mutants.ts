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
const conversation = 'session/state/conversation.ts'
const history = 'session/restore/history.ts'
const batches = 'features/tools/function-call-batches.ts'
const reconnecting = 'transports/reconnecting.ts'

export const mutants: readonly Mutant[] = [
  {
    name: 'acknowledgement is dropped',
    file: requests,
    find: '        request.resolve(event)\n',
    replace: '',
    kinds: realtime,
  },
  {
    name: 'refusal is dropped',
    file: requests,
    find: "      request.reject(new SessionError('SERVER_ERROR'",
    replace: "      void (new SessionError('SERVER_ERROR'",
    kinds: realtime,
  },
  {
    name: 'pending requests survive close',
    file: requests,
    find: '      for (const { reject } of all) reject(error)',
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
    find: '          if (!queue.has(id)) unacknowledged.push(event)\n',
    replace: '',
    kinds: realtime,
  },
  {
    name: 'timed-out request stays in the queue',
    file: requests,
    find: '          pending.delete(id)\n          queue.remove(id)\n',
    replace: '          pending.delete(id)\n',
    kinds: realtime,
  },
  {
    name: 'unsettled audio is not replayed',
    file: sendQueue,
    find: '      waiting.prependAudio(unsettled)\n',
    replace: '',
    kinds: realtime,
  },
  {
    name: 'replayed audio follows newer audio',
    file: audioQueue,
    find: '([...groups, ...entries])',
    replace: '([...entries, ...groups])',
    kinds: realtime,
  },
  {
    name: 'queue is off by one',
    file: audioQueue,
    find: '    group.count -= 1\n',
    replace: '    group.count -= group.count > 1 ? 2 : 1\n',
    kinds: realtime,
  },
  {
    name: 'committed audio stays unsettled',
    file: sendQueue,
    find: "while (!unsettled.isEmpty) if (unsettled.shift()?.kind === 'event' && hasMarker) return",
    replace: 'void hasMarker',
    kinds: realtime,
  },
  {
    name: 'commit acknowledges audio that was sent after it',
    file: sendQueue,
    find: "if (unsettled.shift()?.kind === 'event' && hasMarker) return",
    replace: "if (unsettled.shift()?.kind === 'event' && !hasMarker) return",
    kinds: realtime,
  },
  {
    name: 'room is never checked again',
    file: sendQueue,
    find: '      if (isConnected) scheduleRoomCheck()\n',
    replace: '',
    kinds: realtime,
  },
  {
    name: 'room check survives close',
    file: sendQueue,
    find: '    stop() {\n      cancelRoomCheck()\n',
    replace: '    stop() {\n',
    kinds: realtime,
  },
  {
    name: 'queue is not flushed after a restore',
    file: connection,
    find: '    queue.flush()\n',
    replace: '',
    kinds: realtime,
  },
  {
    name: 'listeners stay on the transport',
    file: connection,
    find: '    for (const unsubscribe of unsubscribes) unsubscribe()\n',
    replace: '',
    kinds: realtime,
  },
  {
    name: 'audio of a lost connection is forgotten',
    file: connection,
    find: '    if (wasOpen) queue.requeueAudio()\n',
    replace: '',
    kinds: realtime,
  },
  {
    name: 'events of closed sessions are delivered',
    file: connection,
    find: '      emitter.clear()\n',
    replace: '      setImmediate(() => emitter.emit("close", final))\n',
    kinds: realtime,
  },
  {
    name: 'handshake deadline is forgotten',
    file: connection,
    find: "    if (active() !== handshaking || attempt?.outcome.settled) return\n    if (phases.current.phase === 'closing') {\n      phases.current.done.catch(() => onHandshakeDone(handshaking, restored))\n      return\n    }\n    deadline.stop()\n",
    replace:
      "    if (active() !== handshaking || attempt?.outcome.settled) return\n    if (phases.current.phase === 'closing') {\n      phases.current.done.catch(() => onHandshakeDone(handshaking, restored))\n      return\n    }\n",
    kinds: realtime,
  },
  {
    name: 'failed restore is not retried',
    file: connection,
    find: "if (isFatal(error) || !transport.reconnect?.(cause)) abort('the session could not be restored', error)",
    replace: 'void cause',
    kinds: realtime,
  },
  {
    name: 'a rotation never reconnects',
    file: connection,
    find: '      if (!leaveRotation()) return\n      await transport.open()\n',
    replace: '      leaveRotation()\n',
    kinds: realtime,
  },
  {
    name: 'events are iterated twice',
    file: receiver,
    find: '    iterators.push(decoded.event)\n',
    replace:
      "    iterators.push(decoded.event)\n    if (decoded.event.type === 'response.done') iterators.push(decoded.event)\n",
    kinds: realtime,
  },
  {
    name: 'unknown events are not iterated',
    file: receiver,
    find: '    iterators.push(decoded.event)\n',
    replace: "    if (decoded.kind !== 'unknown') iterators.push(decoded.event)\n",
    kinds: realtime,
  },
  {
    name: 'response requests are never sent after the active one',
    file: scheduler,
    find: '    if (finished) settle(finished, outcomeOf(response))\n    else dispatchNext()\n',
    replace: '    if (finished) finished.control.settle(outcomeOf(response))\n',
    kinds: realtime,
  },
  {
    name: 'a request in the queue forgets its timer',
    file: scheduler,
    find: "      settle(response, { status: 'rejected', error: new SessionError('TIMEOUT', data) })",
    replace: '      void data',
    kinds: realtime,
  },
  {
    name: 'responses of a lost connection stay open',
    file: scheduler,
    find: "        settle(response, { status: 'cancelled', reason: 'connection_lost', response: undefined })",
    replace: '        void response',
    kinds: realtime,
  },
  {
    name: 'cancelled request runs on',
    file: scheduler,
    find: '      if (!isWanted) sendCancel(request, response.id)\n',
    replace: '      void isWanted\n',
    kinds: realtime,
  },
  {
    name: 'responses of a closed session stay open',
    file: scheduler,
    find: "        settle(response, { status: 'cancelled', reason, response: undefined })\n    },\n  }\n",
    replace: '        void response\n    },\n  }\n',
    kinds: realtime,
  },
  {
    name: 'conflicts are reported to the app',
    file: scheduler,
    find: 'if (isConflict && request.conflicts < maxConflicts) {',
    replace: 'if (isConflict && request.conflicts > maxConflicts) {',
    kinds: realtime,
  },
  {
    name: 'signal keeps its listener',
    file: scheduler,
    find: "    if (signal) done.then(() => signal.removeEventListener('abort', onAbort))\n",
    replace: '    void done\n',
    kinds: realtime,
  },
  {
    name: 'silent response blocks the queue',
    file: scheduler,
    find: '    if (Number.isFinite(responseTimeoutMs)) watch(response, id)\n',
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
    find: '  const outcomes = await Promise.all(items.map((item) => sendItem(link, item)))\n',
    replace:
      '  const outcomes = (await Promise.all([...items].reverse().map((item) => sendItem(link, item)))).reverse()\n',
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
    find: '    if (!known && (seen.has(callId) || hasOutput(session, callId))) return undefined\n',
    replace: '',
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
    find: 'if (!isAcknowledged(entry)) entry.isInConversation = false',
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
  { name: 'iterators do not end', file: connection, find: '    iterators.end()\n', replace: '', kinds: realtime },
  {
    name: 'waits survive close',
    file: connection,
    find: '    waits.rejectAll(reason)\n    iterators',
    replace: '    iterators',
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
    file: 'session/restore/config-changes.ts',
    find: "      if (event.type === 'error') changes.refuse(",
    replace: "      if (event.type === 'error') void (",
    kinds: realtime,
  },
  {
    name: 'a change is merged before the one that was sent first',
    file: 'session/restore/config-changes.ts',
    find: '    noteSent: changes.noteSent,\n',
    replace: '    noteSent: () => {},\n',
    kinds: realtime,
  },
  {
    name: 'progress timer of a tool survives close',
    file: 'features/tools/call.ts',
    find: '      cancelProgress()\n',
    replace: '',
    kinds: realtime,
  },
  {
    name: 'tool ignores its timeout',
    file: 'features/tools/call.ts',
    find: '      Promise.resolve().then(step).then(resolve, reject)\n',
    replace: '      Promise.resolve().then(step).then(() => {}, reject)\n      void resolve\n',
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
]

import {
  createSession,
  type RealtimeSession,
  type ReconnectingOptions,
  reconnecting,
  type Transport,
} from 'realtime-primitives'

/** A session that survives lost connections. Items that could not be restored are reported. */
export async function survivingDrops(
  transport: Transport,
  policy: ReconnectingOptions,
  print: (line: string) => void,
): Promise<RealtimeSession> {
  const lasting = reconnecting(transport, policy)
  lasting.on('reconnecting', ({ attempt }) => print(`no connection, attempt ${attempt} follows`))

  const session = createSession({
    transport: lasting,
    config: { instructions: 'Be brief.', output_modalities: ['text'] },
  })
  session.on('restored', ({ itemIds, lost, droppedAppends }) => {
    print(`${itemIds.length} items restored, ${lost.length} lost, ${droppedAppends} pieces of sound dropped`)
    for (const { itemId, reason } of lost) print(`lost ${itemId}: ${reason}`)
  })
  session.on('close', ({ code, error }) => print(`over (${code}) ${error?.message ?? ''}`.trim()))

  await session.connect()
  return session
}

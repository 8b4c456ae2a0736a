import { type Clock, createSession, type RealtimeSession, type Transport } from 'realtime-primitives'

/** A conversation longer than the time limit: two minutes before the limit, it continues in a new session. */
export async function rotation(
  transport: Transport,
  clock: Clock | undefined,
  print: (line: string) => void,
): Promise<RealtimeSession> {
  const session = createSession({
    transport,
    config: { instructions: 'Be brief.', output_modalities: ['text'] },
    lifetime: { leadMs: 120_000, action: 'rotate' },
    ...(clock && { clock }), // only tests and demonstrations bring their own
  })

  session.on('expiring', ({ leftMs }) => print(`${Math.round(leftMs / 1000)} s left`))
  session.on('restored', ({ itemIds, lost }) =>
    print(`a new session, ${itemIds.length} items restored, ${lost.length} lost`),
  )

  await session.connect()
  return session
}

import { createHmac } from 'node:crypto'
import { ParcelQuery } from '@/voice/parcel'

// A route and not a server action: actions wait for one another, and cannot be aborted when the caller cuts in.
export async function POST(request: Request): Promise<Response> {
  const query = ParcelQuery.safeParse(await request.json().catch(() => undefined))
  if (!query.success) return Response.json({ problem: 'This is no parcel.' }, { status: 400 })
  // Find out here who asks, and whether the parcel is theirs.
  const { parcel } = query.data
  const secret = process.env.PICKUP_SECRET ?? 'for trying it out'
  const code = createHmac('sha256', secret).update(parcel).digest().readUInt32BE() % 10_000
  return Response.json({ parcel, code: String(code).padStart(4, '0') })
}

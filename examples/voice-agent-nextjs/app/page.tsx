import { connection } from 'next/server'
import { getService } from '@/server/service'
import { Conversation } from '@/voice/conversation'

export default async function Page() {
  // Where the service is, is known when the server runs, and not when it is built.
  await connection()
  const { name, baseUrl } = await getService()
  return (
    <>
      <header>
        <h1>Parcel desk</h1>
        <p className="quiet">{name === 'emulator' ? 'The emulator answers.' : 'The service of OpenAI answers.'}</p>
      </header>
      <main>
        <Conversation baseUrl={baseUrl} />
      </main>
    </>
  )
}

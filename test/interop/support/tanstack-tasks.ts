import { call, reply } from 'realtime-primitives/testing'
import { beforeAll, describe, expect, it, vi } from 'vitest'
import { bundleTanstack, type TanstackEvent, type TanstackPage, withTanstack } from './tanstack-site.js'

/** Waits for an event of the client. */
function received(
  { events }: TanstackPage,
  type: string,
  matches: (payload: TanstackEvent['payload']) => boolean = () => true,
): Promise<TanstackEvent['payload']> {
  return vi.waitFor(
    async () => {
      const all = await events()
      const found = all.find((event) => event.type === type && matches(event.payload))
      return found?.payload ?? expect.fail(`${type} is not among ${all.map((event) => event.type)}`)
    },
    { timeout: 30_000, interval: 200 },
  )
}

const story = { script: [reply('A long story.', { audio: new Int16Array(24_000 * 60) })] }
const greeting = { script: [reply('Good day to you.')] }

/**
 * Declares the tests of the client, with the names of the columns of the table, and of an offer with Opus only.
 * @param folder - Folder that npm has installed the client to.
 */
export function declareTanstackTests(folder: string): void {
  let script = ''
  beforeAll(async () => {
    script = await bundleTanstack(folder)
  })

  describe('@tanstack/ai-openai: openaiRealtime in Chromium', { timeout: 120_000 }, () => {
    it('connect', () =>
      withTanstack(script, {}, async ({ call, emulator }) => {
        await call('stopAudioCapture')
        expect(emulator.sessionCount).toBe(1)
        await call('disconnect')
        await vi.waitFor(() => expect(emulator.sessionCount).toBe(0), { timeout: 20_000 })
      }))

    it('text turn', () =>
      withTanstack(script, greeting, async (page) => {
        await page.call('stopAudioCapture')
        await page.call('updateSession', { outputModalities: ['text'] })
        await page.call('sendText', 'Hello')
        const { message } = await received(page, 'message_complete')
        expect(message.parts).toEqual([{ type: 'text', content: 'Good day to you.' }])
      }))

    it('spoken turn', () =>
      withTanstack(script, greeting, async (page) => {
        await received(page, 'mode_change', ({ mode }) => mode === 'thinking')
        const { message } = await received(page, 'message_complete')
        expect(message.parts).toEqual([{ type: 'audio', transcript: 'Good day to you.' }])
      }))

    it('function call', () =>
      withTanstack(script, { script: [call('weather', { city: 'Oslo' }), reply('It rains.')] }, async (page) => {
        await page.call('stopAudioCapture')
        const tool = { name: 'weather', description: 'Returns the weather.', inputSchema: { type: 'object' } }
        await page.call('updateSession', { outputModalities: ['text'], tools: [tool] })
        await page.call('sendText', 'What is the weather?')
        const { toolCallId, toolName, input } = await received(page, 'tool_call')
        expect({ toolName, input }).toEqual({ toolName: 'weather', input: { city: 'Oslo' } })
        await page.call('sendToolResult', toolCallId, 'rain')
        await received(page, 'transcript', ({ transcript, isFinal }) => isFinal && transcript === 'It rains.')
      }))

    it('interruption', () =>
      withTanstack(script, story, async (page) => {
        // The second sentence of the microphone interrupts the response to the first. The service truncates the item itself.
        await received(page, 'interrupted')
        const types = page.emulator.journal().map(({ event }) => event.type)
        expect(types).toContain('output_audio_buffer.cleared')
        expect(types).toContain('conversation.item.truncated')
      }))

    it('cancel', () =>
      withTanstack(script, story, async (page) => {
        await page.call('stopAudioCapture')
        await page.call('sendText', 'Tell me a story.')
        await received(page, 'mode_change', ({ mode }) => mode === 'thinking')
        await page.call('interrupt')
        await vi.waitFor(
          () => {
            const done = page.emulator.journal().find(({ event }) => event.type === 'response.done')?.event
            expect(done).toMatchObject({ response: { status: 'cancelled' } })
          },
          { timeout: 20_000 },
        )
      }))

    it('refused update', () =>
      withTanstack(script, greeting, async (page) => {
        await page.call('stopAudioCapture')
        await page.call('updateSession', { voice: 'nova' })
        const { message } = await received(page, 'error')
        expect(message).toContain("Invalid value: 'nova'")
        await page.call('sendText', 'Hello')
        await received(page, 'message_complete')
      }))

    it('transcripts', () =>
      withTanstack(script, greeting, async (page) => {
        await page.call('updateSession', {})
        await received(page, 'transcript', ({ role, transcript }) => role === 'user' && transcript === 'Good morning.')
        await received(page, 'transcript', ({ role, transcript, isFinal }) => {
          return role === 'assistant' && isFinal && transcript === 'Good day to you.'
        })
      }))
  })

  describe('Chromium', { timeout: 120_000 }, () => {
    it('an offer with Opus only: audio arrives and turns are detected', async () => {
      const offerOpus = () => {
        type CreateOffer = (this: RTCPeerConnection) => Promise<RTCSessionDescriptionInit>
        const prototype = RTCPeerConnection.prototype as unknown as { createOffer: CreateOffer }
        const { createOffer } = prototype
        const opus = RTCRtpReceiver.getCapabilities('audio')?.codecs.filter(({ mimeType }) => mimeType === 'audio/opus')
        prototype.createOffer = async function () {
          for (const transceiver of this.getTransceivers()) transceiver.setCodecPreferences(opus ?? [])
          const offer = await createOffer.call(this)
          if (offer.sdp?.includes('PCMU')) throw new Error('the offer contains G.711')
          return offer
        }
      }
      const tone = Int16Array.from(
        { length: 24_000 * 20 },
        (_, at) => 8_000 * Math.sin((at * 2 * Math.PI * 440) / 24_000),
      )
      const run = async (page: TanstackPage) => {
        await received(page, 'mode_change', ({ mode }) => mode === 'thinking')
        await vi.waitFor(async () => expect(await page.outputLevel()).toBeGreaterThan(0.1), { timeout: 30_000 })
      }
      await withTanstack(script, { script: [reply('A tone.', { audio: tone })] }, run, offerOpus)
    })
  })
}

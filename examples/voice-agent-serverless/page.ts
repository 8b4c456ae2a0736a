import { once } from 'node:events'
import { WebSocket } from 'ws'
import type { PageMessage } from './conversation.js'

/** A finished response. */
export interface Answer {
  readonly status: string
  readonly words: string
  /** Duration of the received audio, in milliseconds. */
  readonly soundMs: number
}

/** What the script of the page does with its socket. */
export interface Page {
  /** Speaks: 24 kHz PCM16, while a key is held down. */
  say(sound: Uint8Array): Promise<Answer>
  write(text: string): Promise<Answer>
  close(): Promise<void>
  /** With which code the socket closed. */
  readonly closed: Promise<number>
}

/** Enters a conversation. `received` gets every message, as it came. */
export async function openPage(url: string, origin: string, received: (message: string) => void): Promise<Page> {
  const socket = new WebSocket(url.replace(/^http/, 'ws'), { origin })
  let words = ''
  let soundMs = 0
  let finish: ((answer: Answer) => void) | undefined
  let fail: ((error: Error) => void) | undefined

  const send = (message: PageMessage) => socket.send(JSON.stringify(message))

  socket.on('message', (data) => {
    received(String(data))
    const event = JSON.parse(String(data))
    if (event.type === 'response.output_audio_transcript.delta') words += event.delta
    if (event.type === 'response.output_audio.delta') {
      const ms = Buffer.byteLength(event.delta, 'base64') / 48
      soundMs += ms
      // A page with a speaker reports when the audio was played. This one has no speaker and reports it at once.
      send({ type: 'played', itemId: event.item_id, contentIndex: event.content_index, ms })
    }
    if (event.type === 'failed') fail?.(new Error('the Worker could not do it'))
    if (event.type === 'answered') finish?.({ status: event.status, words, soundMs: Math.round(soundMs) })
  })
  const closed = once(socket, 'close').then(([code]) => code as number)
  void closed.then((code) => fail?.(new Error(`the socket closed with ${code}`)))

  function answered(): Promise<Answer> {
    words = ''
    soundMs = 0
    return new Promise((resolve, reject) => {
      finish = resolve
      fail = reject
    })
  }

  await once(socket, 'open')
  return {
    closed,
    say(sound) {
      send({ type: 'press' })
      // As a microphone gives it, 20 ms at a time.
      for (let at = 0; at < sound.length; at += 960) socket.send(sound.subarray(at, at + 960))
      send({ type: 'release' })
      return answered()
    },
    write(text) {
      send({ type: 'text', text })
      return answered()
    },
    async close() {
      socket.close()
      await closed
    },
  }
}

import { createSession, isSessionError, type ResponseHandle, type Transport } from 'realtime-primitives'

/** A session in which a button starts and ends the user's turn. */
export async function pushToTalk(transport: Transport, print: (line: string) => void) {
  const session = createSession({ transport, config: { audio: { input: { turn_detection: null } } } })
  await session.connect()
  let isHeld = false

  return {
    session,
    /** The button is pressed. It interrupts a response that is still playing. */
    press() {
      isHeld = true
      session.interrupt()
    },
    /** Sends audio of the microphone while the button is held. */
    append(samples: Int16Array) {
      if (isHeld) session.audio.append(samples)
    },
    /** The button is released. Returns `undefined` if there is no audio to respond to. */
    async release(): Promise<ResponseHandle | undefined> {
      isHeld = false
      try {
        await session.audio.commit()
      } catch (error) {
        if (!isSessionError(error, 'SERVER_ERROR')) throw error
        if (error.data.error.code !== 'input_audio_buffer_commit_empty') throw error
        if (!isHeld) await session.audio.clear()
        print('too short, nothing was sent to the model')
        return undefined
      }
      print('a turn was committed')
      // The button was pressed again: the next release requests one response to both turns.
      if (isHeld) return undefined
      return session.respond()
    },
  }
}

/** What the client needs of a connection: `new WebSocket(…)` had it. */
export interface Socket {
  onopen: ((event: object) => void) | null
  onmessage: ((event: { readonly data: string }) => void) | null
  send(frame: string): void
  close(): void
}

/** A beta client with flat settings and the old event names. Returns the model's text, or throws the server's error. */
export function ask(socket: Socket, question: string): Promise<string> {
  const send = (event: object) => socket.send(JSON.stringify(event))
  let answer = ''

  return new Promise((resolve, reject) => {
    socket.onopen = () => {
      send({
        type: 'session.update',
        session: {
          modalities: ['text', 'audio'],
          voice: 'alloy',
          input_audio_format: 'pcm16',
          output_audio_format: 'pcm16',
          input_audio_transcription: { model: 'whisper-1' },
          turn_detection: null,
          temperature: 0.8,
          max_response_output_tokens: 4096,
        },
      })
      send({
        type: 'conversation.item.create',
        item: { type: 'message', role: 'user', content: [{ type: 'input_text', text: question }] },
      })
      send({ type: 'response.create', response: { modalities: ['text', 'audio'] } })
    }

    socket.onmessage = ({ data }) => {
      const event = JSON.parse(data)
      switch (event.type) {
        case 'response.audio_transcript.delta':
          answer += event.delta
          break
        case 'response.output_item.done':
          if (event.item.content[0]?.type === 'audio') resolve(answer)
          break
        case 'error':
          reject(new Error(event.error.message))
      }
    }
  })
}

import { join } from 'node:path'
import { beforeAll, describe, expect, inject, it } from 'vitest'
import { type FieldDoc, readFieldDocs } from './support/field-docs.js'

const packed = inject('packed')

describe('published declarations of the protocol', () => {
  let fields: readonly FieldDoc[] = []

  beforeAll(() => {
    fields = readFieldDocs(join(packed.installed, 'dist/protocol/index.d.ts').replaceAll('\\', '/'))
  })

  it.each([
    'SessionConfig.instructions',
    'SessionConfig.audio.input',
    'AudioInputConfig.turn_detection',
    'ServerVadInput.silence_duration_ms',
    'RetentionRatioInput.token_limits.post_instructions',
    'McpToolInput.require_approval.always',
    'TranslationAudioConfig.input.transcription.model',
    'ResponseCreateParams.audio.output.voice',
    'UserMessageItemInput.content',
    'ConversationItemTruncateEvent.audio_end_ms',
    'ResponseDoneEvent.response',
    'Response.audio.output.format',
    'ClientSecretExpiry.seconds',
    'RealtimeCallIncomingEvent.data.call_id',
    'SessionOutputAudioDeltaEvent.elapsed_ms',
  ])('contain %s with its documentation', (path) => {
    expect(fields).toContainEqual({ path, isDocumented: true })
  })

  it('document every field of every config, params, item, event, and HTTP body', () => {
    expect(fields.length).toBeGreaterThan(500)
    expect(fields.filter(({ isDocumented }) => !isDocumented).map(({ path }) => path)).toEqual([])
  })
})

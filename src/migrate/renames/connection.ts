import type { Rename } from './rename.js'

/** Names outside events: headers, subprotocols, and URLs. */
export const connectionRenames = [
  {
    kind: 'header',
    side: 'connection',
    from: 'OpenAI-Beta: realtime=v1',
    to: null,
    reason:
      'A connection that requests the beta is refused with `beta_api_shape_disabled` and close code 4000. Omit the header.',
    date: '2026-05-12',
    isReversible: true,
  },
  {
    kind: 'subprotocol',
    side: 'connection',
    from: 'openai-beta.realtime-v1',
    to: null,
    reason:
      'A connection that requests the beta is refused with `beta_api_shape_disabled` and close code 4000. Keep `realtime` and the key.',
    date: '2026-05-12',
    isReversible: true,
  },
  {
    kind: 'url',
    side: 'connection',
    from: 'POST /v1/realtime/sessions',
    to: 'POST /v1/realtime/client_secrets',
    reason: 'One URL creates all client secrets. The configuration is in `session`, with its `type`.',
    date: '2026-05-12',
    isReversible: false,
  },
  {
    kind: 'url',
    side: 'connection',
    from: 'POST /v1/realtime/transcription_sessions',
    to: 'POST /v1/realtime/client_secrets',
    reason: "One URL creates all client secrets. The configuration is in `session`, with `type: 'transcription'`.",
    date: '2026-05-12',
    isReversible: false,
  },
  {
    kind: 'url',
    side: 'connection',
    from: 'POST /v1/realtime',
    to: 'POST /v1/realtime/calls',
    reason: 'WebRTC offers have their own URL. Omit `?model=` with a client secret.',
    date: '2026-05-12',
    isReversible: false,
  },
  {
    kind: 'url',
    side: 'connection',
    from: '/openai/realtime',
    to: '/openai/v1/realtime',
    reason: 'Azure uses `?model=` with the name of the deployment, instead of `api-version` and `deployment`.',
    date: '2026-05-12',
    isReversible: false,
  },
  {
    kind: 'field',
    side: 'connection',
    place: 'client_secret',
    from: 'client_secret.value',
    to: 'value',
    reason: 'The response is the client secret, next to its `session`.',
    date: '2026-05-12',
    isReversible: true,
  },
  {
    kind: 'field',
    side: 'connection',
    place: 'client_secret',
    from: 'client_secret.expires_at',
    to: 'expires_at',
    reason: 'The response is the client secret, next to its `session`.',
    date: '2026-05-12',
    isReversible: true,
  },
] as const satisfies readonly Rename[]

/** Removals after the end of the beta. */
export const laterRemovals = [
  {
    kind: 'field',
    side: 'client',
    place: 'session',
    from: 'prompt',
    to: 'instructions',
    reason: 'Stored prompts will be shut down. Keep the text in your code.',
    date: '2026-11-30',
    isReversible: false,
  },
] as const satisfies readonly Rename[]

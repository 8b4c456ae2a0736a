import type { Rename } from './rename.js'

/** Audio formats by their beta names. */
export const betaFormats = {
  pcm16: { type: 'audio/pcm', rate: 24000 },
  g711_ulaw: { type: 'audio/pcmu' },
  g711_alaw: { type: 'audio/pcma' },
} as const

/** Values of fields. Values that are not strings are written as JSON. `place` is the new name of the field. */
export const valueRenames = [
  {
    kind: 'value',
    side: 'both',
    place: 'format',
    from: 'pcm16',
    to: '{"type":"audio/pcm","rate":24000}',
    reason: 'Formats are objects.',
    date: '2026-05-12',
    isReversible: true,
  },
  {
    kind: 'value',
    side: 'both',
    place: 'format',
    from: 'g711_ulaw',
    to: '{"type":"audio/pcmu"}',
    reason: 'Formats are objects.',
    date: '2026-05-12',
    isReversible: true,
  },
  {
    kind: 'value',
    side: 'both',
    place: 'format',
    from: 'g711_alaw',
    to: '{"type":"audio/pcma"}',
    reason: 'Formats are objects.',
    date: '2026-05-12',
    isReversible: true,
  },
  {
    kind: 'value',
    side: 'both',
    place: 'output_modalities',
    from: '["text","audio"]',
    to: '["audio"]',
    reason: 'Audio output includes its transcript. The order of the two had no meaning.',
    date: '2026-05-12',
    isReversible: false,
  },
  {
    kind: 'value',
    side: 'both',
    place: 'output_modalities',
    from: '["audio","text"]',
    to: '["audio"]',
    reason: 'Audio output includes its transcript. The order of the two had no meaning.',
    date: '2026-05-12',
    isReversible: true,
  },
  {
    kind: 'value',
    side: 'both',
    place: 'turn_detection',
    from: '{"type":"none"}',
    to: 'null',
    reason: '`null` turns off turn detection.',
    date: '2026-05-12',
    isReversible: false,
  },
] as const satisfies readonly Rename[]

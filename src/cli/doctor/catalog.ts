import { eventRenames } from '../../migrate/renames/event-types.js'
import { modelRenames } from '../../migrate/renames/models.js'
import type { Rename } from '../../migrate/renames/rename.js'
import { responseFieldRenames } from '../../migrate/renames/response-fields.js'
import { sessionFieldRenames, transcriptionFieldRenames } from '../../migrate/renames/session-fields.js'
import { renames } from '../../migrate/renames.js'
import type { Edit, Finding, Rule } from './finding.js'

/** The kind of a settings object. `request` is the body that creates a client secret. */
export type Place = 'session' | 'transcription_session' | 'response'

const byName = (table: readonly Rename[]): ReadonlyMap<string, Rename> =>
  new Map(table.map((rename) => [rename.from, rename]))

export const eventsByName = byName(eventRenames)
export const modelsByName = byName(modelRenames)

export const fieldsByPlace: Readonly<Record<Place, ReadonlyMap<string, Rename>>> = {
  session: byName(sessionFieldRenames),
  transcription_session: byName(transcriptionFieldRenames),
  response: byName(responseFieldRenames),
}

/** Fields that exist only in the beta. An object that contains one is a beta settings object. */
export const tellingFields: ReadonlySet<string> = new Set([
  'input_audio_format',
  'output_audio_format',
  'input_audio_transcription',
  'input_audio_noise_reduction',
  'max_response_output_tokens',
])

/** Models that are also used outside of the Realtime API. They are only reported inside its settings. */
export const sharedModels: ReadonlySet<string> = new Set(
  [...modelsByName.keys()].filter((name) => !name.includes('realtime')),
)

/** Matches Realtime model names in a text, with or without a date suffix. */
export const modelPattern =
  /(?<![\w.-])gpt-(?:4o-(?:mini-)?realtime-preview(?:-\d{4}-\d\d-\d\d)?|realtime(?:-mini)?(?:-\d{4}-\d\d-\d\d)?)(?![\w-]|\.\w)/g

/** Returns the rename of a model. An unlisted preview uses the rename of its family. */
export function modelRename(name: string): Rename | undefined {
  const family = /^gpt-4o-(mini-)?realtime-preview/.exec(name)?.[0]
  return modelsByName.get(name) ?? (family === undefined ? undefined : modelsByName.get(family))
}

/** Returns the rename of a connection detail, such as a header or an address. */
export function connectionRename(from: string): Rename {
  const rename = renames.find((each) => each.side === 'connection' && each.from === from)
  if (rename === undefined) throw new TypeError(`The table has no "${from}".`)
  return rename
}

export const requiredType: Rename = renames.find(({ kind }) => kind === 'required') as Rename

/** Returns the new name of a rename as text. */
export function newName({ to }: Rename): string | undefined {
  return typeof to === 'string' ? to : to?.[0]
}

const verbs: Partial<Record<Rule, (what: string, to: string) => string>> = {
  field: (what, to) => `Use \`${to}\` instead of \`${what}\`.`,
}

/** Creates a finding with the text of the rename table. */
export function findingOf(
  rename: Rename,
  at: { readonly start: number; readonly what?: string; readonly fix?: string; readonly edit?: Edit | undefined },
): Finding {
  const { kind, from, to, reason, date } = rename
  const { start, what = from, edit } = at
  const name = Array.isArray(to) ? to.map((each) => `\`${each}\``).join(', then ') : `\`${to}\``
  const advice = to === null ? `Remove \`${what}\`.` : (verbs[kind]?.(what, String(to)) ?? `Use ${name}.`)
  return { rule: kind, start, what, why: reason, date, fix: at.fix ?? advice, ...(edit && { edit }) }
}

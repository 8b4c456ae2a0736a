import { eventRenames } from '../../migrate/renames/event-types.js'
import { modelRenames } from '../../migrate/renames/models.js'
import type { Rename } from '../../migrate/renames/rename.js'
import { responseFieldRenames } from '../../migrate/renames/response-fields.js'
import { sessionFieldRenames, transcriptionFieldRenames } from '../../migrate/renames/session-fields.js'
import { renames } from '../../migrate/renames.js'
import type { Edit, Finding, Rule } from './finding.js'

/** What an object of settings is for. `request` is the body that asks for an ephemeral key. */
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

/** Fields that nothing but the beta has: an object that holds one is settings of the beta. */
export const tellingFields: ReadonlySet<string> = new Set([
  'input_audio_format',
  'output_audio_format',
  'input_audio_transcription',
  'input_audio_noise_reduction',
  'max_response_output_tokens',
])

/** Models that have a life outside of the Realtime API, and are looked for in its settings alone. */
export const sharedModels: ReadonlySet<string> = new Set(
  [...modelsByName.keys()].filter((name) => !name.includes('realtime')),
)

/** Sees models of the API in a text, with or without a date behind them. */
export const modelPattern =
  /(?<![\w.-])gpt-(?:4o-(?:mini-)?realtime-preview(?:-\d{4}-\d\d-\d\d)?|realtime(?:-mini)?(?:-\d{4}-\d\d-\d\d)?)(?![\w-]|\.\w)/g

/** The rename of a model; a preview that nobody noted shares the fate of its family. */
export function modelRename(name: string): Rename | undefined {
  const family = /^gpt-4o-(mini-)?realtime-preview/.exec(name)?.[0]
  return modelsByName.get(name) ?? (family === undefined ? undefined : modelsByName.get(family))
}

/** The rename of what stands outside of events. */
export function connectionRename(from: string): Rename {
  const rename = renames.find((each) => each.side === 'connection' && each.from === from)
  if (rename === undefined) throw new TypeError(`The table has no "${from}".`)
  return rename
}

export const requiredType: Rename = renames.find(({ kind }) => kind === 'required') as Rename

/** The new name of a rename in words. */
export function newName({ to }: Rename): string | undefined {
  return typeof to === 'string' ? to : to?.[0]
}

const verbs: Partial<Record<Rule, (what: string, to: string) => string>> = {
  field: (what, to) => `Say \`${to}\` in place of \`${what}\`.`,
}

/** A finding made of the table's own words. */
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

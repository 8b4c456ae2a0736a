import { connectionRenames, laterRemovals } from './renames/connection.js'
import { contentRenames, eventRenames } from './renames/event-types.js'
import { modelRenames } from './renames/models.js'
import type { Rename } from './renames/rename.js'
import { responseFieldRenames } from './renames/response-fields.js'
import { requiredFields, sessionFieldRenames, transcriptionFieldRenames } from './renames/session-fields.js'
import { valueRenames } from './renames/values.js'

/** All renames and removals between the beta and GA. */
export const renames: readonly Rename[] = [
  ...eventRenames,
  ...contentRenames,
  ...requiredFields,
  ...sessionFieldRenames,
  ...transcriptionFieldRenames,
  ...responseFieldRenames,
  ...valueRenames,
  ...modelRenames,
  ...connectionRenames,
  ...laterRemovals,
]

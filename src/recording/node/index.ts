/**
 * Files for recordings of calls in Node.js.
 *
 * @example
 * ```ts
 * const recorder = recordCall(session, callFiles('recordings', callId))
 * await deleteCall('recordings', callId)
 * ```
 *
 * @module realtime-primitives/recording/node
 */

import { type FileHandle, mkdir, open, readdir, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { RecordingSink } from '../sink.js'

/** The files of one recorded call, for `recordCall`. */
export interface CallFiles {
  /** The stereo WAV file. */
  readonly audio: RecordingSink
  /** The JSON Lines file. */
  readonly events: RecordingSink
}

/**
 * Creates a sink that writes to a file. The file and its folder are created with the first write, and only its owner can read it. A file of
 * the same name is replaced.
 *
 * @example
 * ```ts
 * const recorder = recordCall(session, { audio: fileSink('call.wav') })
 * ```
 */
export function fileSink(path: string): RecordingSink {
  let opening: Promise<FileHandle> | undefined
  async function openFile(): Promise<FileHandle> {
    await mkdir(dirname(path), { recursive: true })
    return open(path, 'w', 0o600)
  }
  return {
    async write(bytes, position) {
      opening ??= openFile()
      const file = await opening
      let written = 0
      while (written < bytes.length) {
        const { bytesWritten } = await file.write(bytes, written, bytes.length - written, position + written)
        written += bytesWritten
      }
    },
    async close() {
      await (await opening)?.close()
    },
    delete: () => rm(path, { force: true }),
  }
}

/**
 * Returns sinks for the files of a call: `<callId>.wav` and `<callId>.jsonl` in a folder.
 * @throws {RangeError} when the id contains characters other than letters, digits, `-`, `_`, and `.`, or starts with a dot.
 */
export function callFiles(folder: string, callId: string): CallFiles {
  assertCallId(callId)
  return { audio: fileSink(join(folder, `${callId}.wav`)), events: fileSink(join(folder, `${callId}.jsonl`)) }
}

/**
 * Deletes all files of a call in a folder: those of {@link callFiles}, and others whose name is the id with an extension, such as a page of
 * `inspect --html`. Returns their names. Stop the recording first, or call `recorder.delete()`.
 * @throws {RangeError} when the id is not valid, see {@link callFiles}.
 *
 * @example
 * ```ts
 * const deleted = await deleteCall('recordings', 'CA123') // ['CA123.jsonl', 'CA123.wav']
 * ```
 */
export async function deleteCall(folder: string, callId: string): Promise<readonly string[]> {
  assertCallId(callId)
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return []
    throw error
  })
  const own = names.filter((name) => name.startsWith(`${callId}.`) && /^\.[a-z0-9]+$/.test(name.slice(callId.length)))
  await Promise.all(own.map((name) => rm(join(folder, name), { force: true })))
  return own.sort()
}

/** An id that came from outside must not lead to another folder. */
function assertCallId(callId: string): void {
  if (!/^[\w-][\w.-]*$/.test(callId))
    throw new RangeError(
      'The call id must contain only letters, digits, "-", "_", and ".", and must not start with a dot.',
    )
}

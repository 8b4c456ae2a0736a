import type { RecordingSink } from './sink.js'

/** A sink that keeps a file in memory. */
export interface BlobSink extends RecordingSink {
  /** Returns what was stored so far. It is empty after `delete()`. */
  blob(): Blob
}

/**
 * Creates a sink that keeps a file in memory, for pages that upload or offer it when the call has ended. A stereo recording at 24 kHz takes
 * 5.8 MB a minute.
 *
 * @example
 * ```ts
 * const audio = blobSink('audio/wav')
 * const recorder = recordCall(session, { audio })
 * recorder.start()
 * await recorder.stop()
 * link.href = URL.createObjectURL(audio.blob())
 * ```
 */
export function blobSink(type: string): BlobSink {
  let start: Uint8Array<ArrayBuffer> | undefined
  let parts: Uint8Array<ArrayBuffer>[] = []
  return {
    write(bytes, position) {
      // The writer may reuse its buffer.
      if (position === 0) start = bytes.slice()
      else parts.push(bytes.slice())
    },
    delete() {
      start = undefined
      parts = []
    },
    blob: () => new Blob(start ? [start, ...parts] : [], { type }),
  }
}

/** The part of a `FileSystemFileHandle` that {@link fileHandleSink} uses. */
export interface WritableFileHandle {
  createWritable(): Promise<{
    write(chunk: { type: 'write'; position: number; data: Uint8Array<ArrayBuffer> }): Promise<void>
    close(): Promise<void>
  }>
  /** Browsers whose handles lack it cannot delete the file. */
  remove?(): Promise<void>
}

/**
 * Creates a sink that writes to a file of the browser: in the origin private file system, or one that the user has chosen. The browser stores
 * the file when the recorder stops.
 *
 * @example
 * ```ts
 * const folder = await navigator.storage.getDirectory()
 * const audio = fileHandleSink(await folder.getFileHandle('call.wav', { create: true }))
 * ```
 */
export function fileHandleSink(handle: WritableFileHandle): RecordingSink {
  let opening: ReturnType<WritableFileHandle['createWritable']> | undefined
  return {
    async write(data, position) {
      opening ??= handle.createWritable()
      await (await opening).write({ type: 'write', position, data })
    },
    close: async () => (await opening)?.close(),
    delete: () => handle.remove?.(),
  }
}

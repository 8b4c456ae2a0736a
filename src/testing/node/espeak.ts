import { execFile } from 'node:child_process'
import { downmix } from '../../audio/downmix.js'
import { toInt16 } from '../../audio/int16.js'
import { readWav } from '../../audio/read-wav.js'
import type { PcmAudio } from '../emulator/pcm-audio.js'
import { TestingError } from '../error.js'
import { vocabulary } from '../speech/vocabulary.js'

/** Options of {@link espeak}. */
export interface EspeakOptions {
  /** @defaultValue 'en-us' */
  readonly voice?: string
  /**
   * Words per minute.
   * @defaultValue 160
   */
  readonly wordsPerMinute?: number
  /**
   * Path of the program.
   * @defaultValue 'espeak-ng'
   */
  readonly program?: string
}

const maxBytes = 50 * 2 ** 20

/**
 * Returns a synthesizer for `createCaller` that runs espeak-ng, which has to be installed (`apt-get install espeak-ng`, `brew install espeak-ng`).
 * @example
 * ```ts
 * const caller = createCaller({ says: ['Can I bring my dog?'], synthesize: espeak() })
 * ```
 */
export function espeak({
  voice = 'en-us',
  wordsPerMinute = 160,
  program = 'espeak-ng',
}: EspeakOptions = {}): (text: string) => Promise<PcmAudio> {
  return async (text) => {
    const args = ['-v', voice, '-s', String(wordsPerMinute), '--stdout', '--', text]
    const bytes = await run(program, args)
    // The size in the header is unknown when the file is written to a pipe.
    const { channels, sampleRate } = readWav(bytes, { onTruncated: 'read' })
    return { pcm: toInt16(downmix(channels)), rate: sampleRate }
  }
}

function run(program: string, args: readonly string[]): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    execFile(program, args, { encoding: 'buffer', maxBuffer: maxBytes, timeout: 30_000 }, (error, stdout) => {
      if (!error) return resolve(new Uint8Array(stdout))
      // The message of the error contains the sentence.
      const reason = error.code === 'ENOENT' ? 'it is not installed' : `it ended with ${error.code ?? error.signal}`
      reject(new TestingError('SYNTHESIS_FAILED', { program, reason, vocabulary }))
    })
  })
}

import type { TestingErrorCode } from '../../../src/testing/error.js'
import type { ErrorClassEntry } from './entry.js'

export const testingErrors: ErrorClassEntry<TestingErrorCode> = {
  module: 'realtime-primitives/testing',
  codes: {
    INVALID_RECORDING: {
      when: '`replaying()` or the `replay` command received a text without a frame, such as an empty file or a log in another format.',
      fix: 'Pass the output of `recording()` or of the `record` command. `npx realtime-primitives inspect` shows what a file contains.',
    },
    UNKNOWN_SENTENCE: {
      when: 'A caller has to say a sentence that is not in the vocabulary, and `createCaller()` has no option `synthesize`.',
      fix: 'Use a sentence of `vocabulary`, pass the audio of the sentence, or pass a synthesizer.',
      example: `import { createCaller } from 'realtime-primitives/testing'
import { espeak } from 'realtime-primitives/testing/node'

const caller = createCaller({ says: ['Can I bring my dog?'], synthesize: espeak() })`,
    },
    SYNTHESIS_FAILED: {
      when: '`espeak()` could not start the program, or the program failed. `error.data.reason` contains which one.',
      fix: 'Install espeak-ng (`apt-get install espeak-ng`, `brew install espeak-ng`), or use a sentence of `vocabulary`, which needs no program.',
    },
    INVALID_OPTION: {
      when: 'An option of `createCaller()`, `createWebRtcPhone()`, or `replaying()` is invalid.',
      fix: 'Correct the option that the message names.',
    },
  },
}

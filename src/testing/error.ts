import { defineErrors, isErrorOf, type MessageTable } from '../errors.js'

/** Data of a {@link TestingError} by code. */
export interface TestingErrorData {
  /** A text is not a recording of `recording()`. */
  INVALID_RECORDING: {
    /** What is wrong, such as `contains no frames`. */
    reason: string
  }
  /** A caller has to speak a sentence without a recorded voice, and has no synthesizer. */
  UNKNOWN_SENTENCE: {
    /** Position of the sentence in `says`, from 0. */
    index: number
    /** The sentences with a recorded voice. */
    vocabulary: readonly string[]
  }
  /** The program that synthesizes speech is missing, or it failed. */
  SYNTHESIS_FAILED: {
    /** Name of the program. */
    program: string
    /** Why it failed. */
    reason: string
    /** The sentences with a recorded voice, which need no synthesizer. */
    vocabulary: readonly string[]
  }
  /** An option is invalid. */
  INVALID_OPTION: {
    /** Name of the option. */
    option: string
    /** What is wrong, such as `must be a positive number`. */
    problem: string
  }
}

/** Codes of {@link TestingError}. */
export type TestingErrorCode = keyof TestingErrorData

const listed = (vocabulary: readonly string[]) => vocabulary.map((sentence) => `"${sentence}"`).join(', ')

const messages: MessageTable<TestingErrorData> = {
  INVALID_RECORDING: ({ reason }) =>
    `The recording ${reason}. Pass the text that recording() or the "record" command has written.`,
  UNKNOWN_SENTENCE: ({ index, vocabulary }) =>
    `says[${index}] has no recorded voice. Pass its audio, or \`synthesize: espeak()\` of realtime-primitives/testing/node, or use a sentence of the vocabulary: ${listed(vocabulary)}.`,
  SYNTHESIS_FAILED: ({ program, reason, vocabulary }) =>
    `${program} could not synthesize the sentence: ${reason}. Install ${program}, or use a sentence of the vocabulary: ${listed(vocabulary)}.`,
  INVALID_OPTION: ({ option, problem }) => `The option "${option}" ${problem}.`,
}

/** Error of a caller or of a replayed recording: an input or an option is invalid. */
export class TestingError<
  Code extends TestingErrorCode = TestingErrorCode,
> extends /* @__PURE__ */ defineErrors<TestingErrorData>('TestingError', messages)<Code> {}

/** Returns whether a value is a {@link TestingError}, optionally with a specific code. Narrows `data`. */
export function isTestingError<Code extends TestingErrorCode = TestingErrorCode>(
  value: unknown,
  code?: Code,
): value is { [C in Code]: TestingError<C> }[Code] {
  return isErrorOf(value, 'TestingError', code)
}

/** The sentences that a caller can speak with a recorded voice, and that the emulator recognizes. */
export const vocabulary = [
  'Hello.',
  'Yes, please.',
  'No, thank you.',
  'Stop.',
  'Wait a moment.',
  'What is the weather in Oslo?',
  'And tomorrow?',
  'What time is it?',
  'Where is my order?',
  'My order number is four seven one one.',
  'I would like to book a table for two.',
  'Tomorrow at seven in the evening.',
  'Please cancel my appointment.',
  'How much does it cost?',
  'Can you repeat that?',
  'I want to speak to a person.',
  'My name is Anna Berg.',
  'That is not what I asked.',
  'Tell me a story.',
  'Thank you, goodbye.',
] as const

/** A sentence of the {@link vocabulary}. */
export type VocabularySentence = (typeof vocabulary)[number]

/** Names of the recorded voices. */
export type VoiceName = 'anna' | 'ben'

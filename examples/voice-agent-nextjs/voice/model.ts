export const model = 'gpt-realtime-2.1'

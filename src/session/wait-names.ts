/** What an attempt to connect waits for once the transport is open, as an error names it. */
export const theStart = 'the start of the session'

/** What it waits for before. */
export const aConnection = 'a connection'
